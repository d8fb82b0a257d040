using System.Globalization;
using System.Runtime.CompilerServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Rows, columns or side data of a batch do not fit each other.</summary>
public sealed class ShapeException : ArgumentException
{
    /// <summary>Without a message; prefer the others.</summary>
    public ShapeException() { }

    /// <param name="message">What was wanted and what came.</param>
    public ShapeException(string message) : base(message) { }

    /// <param name="message">What was wanted and what came.</param>
    /// <param name="innerException">The cause.</param>
    public ShapeException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Refuses a batch unless it has at least two columns, all [B, D], gradients in the same shapes, and side data in range.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="batch">Anchors, positives, hard negatives.</param>
    /// <param name="gradients">One for each column.</param>
    /// <exception cref="ShapeException">Something does not fit.</exception>
    public static void ThrowUnlessPaired<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients) where T : unmanaged => ThrowUnlessColumns(batch, gradients, 2, int.MaxValue);

    /// <summary>As <see cref="ThrowUnlessPaired"/>, for a loss that reads another number of columns.</summary>
    internal static void ThrowUnlessColumns<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, int min, int max) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(gradients);
        var columns = batch.Columns;
        if (columns.Count < min || columns.Count > max)
        {
            throw new ShapeException(min == 2 && max == int.MaxValue
                ? $"Wanted anchors and positives; got {columns.Count} column(s)."
                : $"Wanted {(max == int.MaxValue ? $"at least {min}" : $"{min} to {max}")} columns (anchors, positives, hard negatives); got {columns.Count}.");
        }

        Require(gradients.Count == columns.Count - batch.Frozen, $"Wanted {columns.Count - batch.Frozen} gradient columns; got {gradients.Count}.");
        for (int c = 0; c < columns.Count; c++)
        {
            Require(columns[c].Count == columns[0].Count && columns[c].Dimensions == columns[0].Dimensions,
                $"Column {c} is [{columns[c].Count}, {columns[c].Dimensions}]; the anchors are [{columns[0].Count}, {columns[0].Dimensions}].");
            Require(c >= gradients.Count || gradients[c].Count == columns[c].Count && gradients[c].Dimensions == columns[c].Dimensions,
                $"Gradient {c} is [{gradients[c].Count}, {gradients[c].Dimensions}]; its column is [{columns[c].Count}, {columns[c].Dimensions}].");
        }

        ThrowUnlessInRange(batch);
    }

    /// <summary>Refuses a batch whose guide does not have a row for each row.</summary>
    internal static void ThrowUnlessGuided<T>(LossBatch<T> batch) where T : unmanaged
    {
        Require(batch.Guide.Count == batch.Columns.Count, $"Wanted a guide's vectors for {batch.Columns.Count} columns; got {batch.Guide.Count}. Name a guide encoder.");
        foreach (var column in batch.Guide)
        {
            Require(column.Count == batch.Pairs && column.Dimensions == batch.Guide[0].Dimensions,
                $"A guide's column is [{column.Count}, {column.Dimensions}]; wanted [{batch.Pairs}, {batch.Guide[0].Dimensions}].");
        }
    }

    /// <summary>Refuses side data without a finite grade of at least 0 for each listed document, and a pair without any.</summary>
    internal static void ThrowUnlessGraded(RowSide side, int pairs, int documents)
    {
        var offsets = side.GradeOffsets.Span;
        Require(offsets.Length == pairs + 1 && offsets[0] == 0 && offsets[^1] == side.GradedDocuments.Length && side.Grades.Length == side.GradedDocuments.Length,
            $"Wanted grades: {pairs + 1} offsets from 0 to {side.GradedDocuments.Length}, and as many grades as documents; got {offsets.Length} offsets, {side.Grades.Length} grades.");
        for (int i = 0; i < pairs; i++)
        {
            Require(offsets[i + 1] > offsets[i], $"Pair {i} has no graded document.");
        }

        for (int g = 0; g < side.GradedDocuments.Length; g++)
        {
            int document = side.GradedDocuments.Span[g];
            Require((uint)document < (uint)documents, $"Graded document {document} is not among the {documents} of the batch.");
            Require(double.IsFinite(side.Grades.Span[g]) && side.Grades.Span[g] >= 0, $"The grade of document {document} is {side.Grades.Span[g]}; wanted a finite number, at least 0.");
        }
    }

    /// <summary>Refuses side data without an identity for each document, and answers for each anchor.</summary>
    internal static void ThrowUnlessIdentified(RowSide side, int pairs, int documents)
    {
        var offsets = side.AnswerOffsets.Span;
        Require(side.DocumentIds.Length == documents, $"Wanted the identity of {documents} documents; got {side.DocumentIds.Length}.");
        Require(offsets.Length == pairs + 1 && offsets[0] == 0 && offsets[^1] == side.AnswerIds.Length, $"The answers want {pairs + 1} offsets from 0 to {side.AnswerIds.Length}.");
        for (int i = 0; i < pairs; i++)
        {
            Require(offsets[i + 1] >= offsets[i], "The answers' offsets must not fall.");
        }
    }

    private static void ThrowUnlessInRange<T>(LossBatch<T> batch) where T : unmanaged
    {
        var side = batch.Side;
        var offsets = side.MaskOffsets.Span;
        Require(offsets.IsEmpty ? side.MaskedDocuments.IsEmpty : offsets.Length == batch.Pairs + 1 && offsets[0] == 0 && offsets[^1] == side.MaskedDocuments.Length,
            $"The mask wants {batch.Pairs + 1} offsets from 0 to {side.MaskedDocuments.Length}.");
        for (int i = 1; i < offsets.Length; i++)
        {
            Require(offsets[i] >= offsets[i - 1], $"The mask's offsets must not fall.");
        }

        foreach (int d in side.MaskedDocuments.Span)
        {
            Require((uint)d < (uint)batch.Documents, $"Masked document {d} is not among the {batch.Documents} of the batch.");
        }

        foreach (int d in side.AbsentDocuments.Span)
        {
            Require(d >= batch.Pairs && d < batch.Documents, $"Absent document {d} must be a hard negative: {batch.Pairs} to {batch.Documents - 1}.");
        }
    }

    internal static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new ShapeException(problem);
        }
    }

    internal static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Problem problem)
    {
        if (!holds)
        {
            throw new ShapeException(problem.ToString());
        }
    }

    // The message is put together when it is thrown only: these checks run at every step, one for each masked document.
    [InterpolatedStringHandler]
    internal ref struct Problem
    {
        private DefaultInterpolatedStringHandler _text;

        public Problem(int literalLength, int formattedCount, bool holds, out bool wanted)
        {
            wanted = !holds;
            _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture);
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public override string ToString() => _text.ToStringAndClear();
    }
}
