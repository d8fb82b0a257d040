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

    /// <summary>Group of each pair, B values, any numbers: equal numbers belong together. Empty unless the loss needs <see cref="LossNeeds.Labels"/>.</summary>
    public ReadOnlyMemory<int> Labels { get; init; }

    /// <summary>How near the texts of each row ought to be, B finite values, usually 0 to 1. Empty unless the loss needs <see cref="LossNeeds.Targets"/>.</summary>
    public ReadOnlyMemory<double> Targets { get; init; }

    /// <summary>Anchor i's graded documents are <see cref="GradedDocuments"/>[GradeOffsets[i] .. GradeOffsets[i + 1]]; empty, or B + 1 values from 0 upward.</summary>
    public ReadOnlyMemory<int> GradeOffsets { get; init; }

    /// <summary>Document numbers with a grade, ascending for each anchor; a document without one has grade 0.</summary>
    public ReadOnlyMemory<int> GradedDocuments { get; init; }

    /// <summary>Grade of each of <see cref="GradedDocuments"/>, finite, at least 0.</summary>
    public ReadOnlyMemory<double> Grades { get; init; }

    /// <summary>
    /// [B, C - 1] row by row, C the columns of the batch: the teacher's score of the anchor with its own positive, then with each of its hard
    /// negatives; NaN where the document is absent. Empty unless the loss needs <see cref="LossNeeds.TeacherScores"/>.
    /// </summary>
    public ReadOnlyMemory<double> TeacherScores { get; init; }

    /// <summary>
    /// Which text each document is, N values: equal numbers are equal texts, in one batch and from batch to batch. Empty unless the loss needs
    /// <see cref="LossNeeds.Identity"/>.
    /// </summary>
    public ReadOnlyMemory<int> DocumentIds { get; init; }

    /// <summary>Every text that answers anchor i, in this batch or not, is among <see cref="AnswerIds"/>[AnswerOffsets[i] .. AnswerOffsets[i + 1]]; empty, or B + 1 values from 0 upward.</summary>
    public ReadOnlyMemory<int> AnswerOffsets { get; init; }

    /// <summary>Numbers of the kind of <see cref="DocumentIds"/>.</summary>
    public ReadOnlyMemory<int> AnswerIds { get; init; }

    /// <summary>The documents masked for one anchor.</summary>
    /// <param name="anchor">0 to B - 1.</param>
    public ReadOnlySpan<int> MaskOf(int anchor) =>
        MaskOffsets.IsEmpty ? default : MaskedDocuments.Span[MaskOffsets.Span[anchor]..MaskOffsets.Span[anchor + 1]];

    /// <summary>The same facts with more documents masked.</summary>
    /// <param name="pairs">B.</param>
    /// <param name="more">For each anchor, or null where it has none.</param>
    internal RowSide WithMasked(int pairs, IReadOnlyList<int>?[] more)
    {
        int[] offsets = new int[pairs + 1];
        var masked = new List<int>(MaskedDocuments.Length);
        for (int i = 0; i < pairs; i++)
        {
            masked.AddRange(MaskOf(i));
            masked.AddRange(more[i] ?? []);
            offsets[i + 1] = masked.Count;
        }

        return this with { MaskOffsets = offsets, MaskedDocuments = masked.ToArray() };
    }
}
