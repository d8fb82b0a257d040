namespace Nearfar.Training.Losses;

/// <summary>Facts about the rows of a batch. Documents are numbered c * B + j: positives first, then the hard-negative columns.</summary>
public sealed record RowSide
{
    /// <summary>Nothing to tell.</summary>
    public static RowSide Empty { get; } = new();

    /// <summary>Anchor i's masked documents are <see cref="MaskedDocuments"/>[MaskOffsets[i] .. MaskOffsets[i + 1]]; empty, or B + 1 values from 0 upward.</summary>
    public ReadOnlyMemory<int> MaskOffsets { get; init; }

    /// <summary>Document numbers that are no negatives of their anchor. Its own positive may stand here and stays the positive.</summary>
    public ReadOnlyMemory<int> MaskedDocuments { get; init; }

    /// <summary>Document numbers that take no part at all (a pair with fewer hard negatives than columns, a text that stands in the batch already); never a positive.</summary>
    public ReadOnlyMemory<int> AbsentDocuments { get; init; }

    /// <summary>The documents masked for one anchor.</summary>
    /// <param name="anchor">0 to B - 1.</param>
    public ReadOnlySpan<int> MaskOf(int anchor) =>
        MaskOffsets.IsEmpty ? default : MaskedDocuments.Span[MaskOffsets.Span[anchor]..MaskOffsets.Span[anchor + 1]];
}
