using Nearfar.Training.Losses;

namespace Nearfar.Training;

/// <summary>How pairs become rows for a loss.</summary>
/// <param name="HardNegatives">Most hard negatives of a row.</param>
/// <param name="Shape">Pairs, or two texts and a target.</param>
/// <param name="Least">Fewest hard negatives of a row; above 0 a negative keeps its place though it stands in the batch already.</param>
/// <param name="WholeCorpus">Whether every document's text is numbered: negatives that are mined later may be any of them.</param>
/// <param name="OtherPositives">Whether other positives of a row's question are negatives of it.</param>
internal sealed record RowPlan(int HardNegatives, LossRows Shape = LossRows.Pairs, int Least = 0, bool WholeCorpus = false, OtherPositives OtherPositives = OtherPositives.Masked);
