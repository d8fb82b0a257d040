using Nearfar.Pairs;

namespace Nearfar.Training.Streaming;

/// <summary>A pair of a file that is being read, with the texts it names.</summary>
/// <param name="Pair">As its row says.</param>
/// <param name="Set">Its data set, by place among the stream's.</param>
/// <param name="Line">1-based, in the set's file.</param>
/// <param name="Positives">In the order of its ids.</param>
/// <param name="HardNegatives">In the order of its ids.</param>
internal sealed record PairTexts(Pair Pair, int Set, long Line, string[] Positives, string[] HardNegatives);
