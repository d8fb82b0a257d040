using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>
/// What is no negative of a pair. Absent documents; documents that answer its question (the mask); of two questions that share an answer, neither
/// the other question nor the other's document; a text with itself. The pair's own two texts stay together.
/// </summary>
/// <remarks>The mask lists documents by anchor; losses that start from documents need it by document too: made once for each batch.</remarks>
internal sealed class Exclusions
{
    private readonly RowSide _side;
    private readonly int[] _offsets;
    private readonly int[] _anchors;        // anchors that positive i answers: _anchors[_offsets[i] .. _offsets[i + 1]]

    public Exclusions(RowSide side, int pairs)
    {
        _side = side;
        _offsets = new int[pairs + 1];
        for (int i = 0; i < pairs; i++)
        {
            foreach (int d in side.MaskOf(i))
            {
                _offsets[d < pairs ? d + 1 : 0] += d < pairs ? 1 : 0;
            }
        }

        for (int i = 0; i < pairs; i++)
        {
            _offsets[i + 1] += _offsets[i];
        }

        _anchors = new int[_offsets[^1]];
        int[] next = [.. _offsets];
        for (int i = 0; i < pairs; i++)
        {
            foreach (int d in side.MaskOf(i))
            {
                if (d < pairs)
                {
                    _anchors[next[d]++] = i;
                }
            }
        }
    }

    /// <summary>Makes the similarities that do not count negative infinity.</summary>
    public void Apply<T>(in PairRow<T> row) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = row.Pair;
        foreach (int d in _side.AbsentDocuments.Span)
        {
            Document(row, 0, d);
            Document(row, 1, d);
        }

        foreach (int d in _side.MaskOf(i))
        {
            Document(row, 0, d);
            Document(row, 1, d);
            if (d < row.Pairs)
            {
                Query(row, 0, d);
            }
        }

        foreach (int j in _anchors.AsSpan(_offsets[i].._offsets[i + 1]))
        {
            Query(row, 0, j);
            Query(row, 1, j);
            Document(row, 1, j);
        }

        Self(row, 0);
        Self(row, 1);
    }

    private static void Document<T>(in PairRow<T> row, int left, int number) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int column = 1 + (number / row.Pairs);
        if (row.Has(left, column) && number != row.Pair)
        {
            row.Block(left, column)[number % row.Pairs] = T.NegativeInfinity;
        }
    }

    private static void Query<T>(in PairRow<T> row, int left, int number) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (row.Has(left, 0) && number != row.Pair)
        {
            row.Block(left, 0)[number] = T.NegativeInfinity;
        }
    }

    private static void Self<T>(in PairRow<T> row, int column) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (column < row.Columns && row.Has(column, column))
        {
            row.Block(column, column)[row.Pair] = T.NegativeInfinity;
        }
    }
}
