using Nearfar.Vectors;

namespace Nearfar.Training.Sampling;

/// <summary>Cuts the rows of an epoch into batches; deterministic in the seed, the epoch and, where it reads them, the vectors.</summary>
internal interface IBatchSampler
{
    /// <summary>Whether <see cref="Epoch"/> wants the documents' vectors as they are when the epoch begins.</summary>
    bool ReadsVectors { get; }

    /// <summary>Batches of an epoch, exact, whatever the vectors will be.</summary>
    int CountOf(int epoch);

    /// <summary>The batches, each a list of row numbers.</summary>
    /// <param name="epoch">0-based.</param>
    /// <param name="documents">Unit or zero rows by document slot, the stride a multiple of 16; null unless <see cref="ReadsVectors"/>.</param>
    IReadOnlyList<int[]> Epoch(int epoch, Rows<float>? documents);
}
