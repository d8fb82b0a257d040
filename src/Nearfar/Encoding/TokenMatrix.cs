using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Nearfar.Text;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>One row for each token [V, D], and their sums: the same bits on any processor. Thread-safe.</summary>
internal sealed class TokenMatrix
{
    private const float Largest = 1e30f;        // sums of a million tokens stay finite

    private readonly float[] _rows;

    /// <param name="rows">[V, D]: finite, -1e30 to 1e30; neither copied nor looked at.</param>
    /// <param name="dimensions">D.</param>
    public TokenMatrix(float[] rows, int dimensions) => (_rows, Dimensions) = (rows, dimensions);

    /// <summary>D.</summary>
    public int Dimensions { get; }

    /// <summary>The rows [V, D], shared.</summary>
    public Rows<float> Rows => new(_rows, _rows.Length / Dimensions, Dimensions, Dimensions);

    /// <summary>Copies rows that may be anything.</summary>
    /// <exception cref="NearfarException">Not one for each token, or a value is not finite or too large.</exception>
    public static TokenMatrix Checked(ITokenizer tokenizer, Rows<float> rows)
    {
        if (rows.Count != tokenizer.VocabularySize || rows.Dimensions < 1)
        {
            throw new NearfarException($"The tokenizer has {tokenizer.VocabularySize} tokens and the matrix {rows.Count} rows of {rows.Dimensions}; wanted one row for each token. Load both from one model folder.");
        }

        float[] copy = new float[checked(rows.Count * rows.Dimensions)];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            float most = TensorPrimitives.MaxMagnitude<float>(row);       // NaN when one is
            if (!(Math.Abs(most) <= Largest))
            {
                throw new NearfarException($"Row {i} (token \"{tokenizer.TokenOf(i)}\") holds {most}; every value must be finite and at most {Largest} in size.");
            }

            row.CopyTo(copy.AsSpan(i * rows.Dimensions));
        }

        return new TokenMatrix(copy, rows.Dimensions);
    }

    /// <summary>The sum of the tokens' rows, scaled to length 1.</summary>
    /// <param name="ids">Tokens of a text.</param>
    /// <param name="frequency">What a token counts that stands several times.</param>
    /// <param name="into">D values.</param>
    /// <returns>False, and a zero row, when the sum is zero.</returns>
    public bool UnitSum(ReadOnlySpan<int> ids, TermFrequency frequency, Span<float> into)
    {
        double square = Sum(ids, frequency, into);
        if (square == 0)
        {
            into.Clear();
            return false;
        }

        Scale(into, 1 / Math.Sqrt(square));
        return true;
    }

    /// <summary>The sum of the tokens' rows.</summary>
    /// <param name="ids">Tokens of a text.</param>
    /// <param name="frequency">What a token counts that stands several times.</param>
    /// <param name="into">D values.</param>
    /// <returns>Its squared length.</returns>
    public double Sum(ReadOnlySpan<int> ids, TermFrequency frequency, Span<float> into)
    {
        if (frequency == TermFrequency.Count)
        {
            SumRows(ids, into);
        }
        else
        {
            SumDistinctRows(ids, frequency, into);
        }

        return SumOfSquares(into);
    }

    // Columns in blocks of 64 stay in four registers while the ids pass; each element is a plain sum in token order, so its bits do not depend on the width.
    private void SumRows(ReadOnlySpan<int> ids, Span<float> into)
    {
        ref float rows = ref MemoryMarshal.GetArrayDataReference(_rows);
        ref float target = ref MemoryMarshal.GetReference(into);
        int column = 0;
        for (; column + 64 <= Dimensions; column += 64)
        {
            Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
            foreach (int id in ids)
            {
                nuint offset = ((nuint)(uint)id * (uint)Dimensions) + (uint)column;
                a += Vector512.LoadUnsafe(ref rows, offset);
                b += Vector512.LoadUnsafe(ref rows, offset + 16);
                c += Vector512.LoadUnsafe(ref rows, offset + 32);
                d += Vector512.LoadUnsafe(ref rows, offset + 48);
            }

            a.StoreUnsafe(ref target, (uint)column);
            b.StoreUnsafe(ref target, (uint)column + 16);
            c.StoreUnsafe(ref target, (uint)column + 32);
            d.StoreUnsafe(ref target, (uint)column + 48);
        }

        for (; column < Dimensions; column++)
        {
            float sum = 0;
            foreach (int id in ids)
            {
                sum += _rows[((long)id * Dimensions) + column];
            }

            into[column] = sum;
        }
    }

    // Ascending ids, product and sum rounded apart: the bits depend neither on the order of the words nor on the processor.
    private void SumDistinctRows(ReadOnlySpan<int> ids, TermFrequency frequency, Span<float> into)
    {
        int[] sorted = ArrayPool<int>.Shared.Rent(ids.Length);
        ids.CopyTo(sorted);
        Array.Sort(sorted, 0, ids.Length);
        into.Clear();
        for (int first = 0; first < ids.Length;)
        {
            int next = first + 1;
            for (; next < ids.Length && sorted[next] == sorted[first]; next++)
            {
            }

            float weight = frequency.Weight(next - first);
            var row = _rows.AsSpan(checked(sorted[first] * Dimensions), Dimensions);
            int column = 0;
            for (; column + 16 <= Dimensions; column += 16)
            {
                (Vector512.Create(into[column..]) + (Vector512.Create<float>(row[column..]) * weight)).CopyTo(into[column..]);
            }

            for (; column < Dimensions; column++)
            {
                float product = row[column] * weight;
                into[column] += product;
            }

            first = next;
        }

        ArrayPool<int>.Shared.Return(sorted);
    }

    // 16 partial sums in double whatever the processor's width: the same bits everywhere.
    private static double SumOfSquares(ReadOnlySpan<float> row)
    {
        Vector512<double> low = Vector512<double>.Zero, high = low;
        int i = 0;
        for (; i + 16 <= row.Length; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Create(row[i..]));
            low += a * a;
            high += b * b;
        }

        double sum = 0;
        for (int lane = 0; lane < 16; lane++)
        {
            double partial = lane < 8 ? low[lane] : high[lane - 8];
            sum += i + lane < row.Length ? partial + ((double)row[i + lane] * row[i + lane]) : partial;
        }

        return sum;
    }

    // In double: the inverse of a tiny length is no float.
    private static void Scale(Span<float> row, double factor)
    {
        int i = 0;
        for (; i + 16 <= row.Length; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Create<float>(row[i..]));
            Vector512.Narrow(a * factor, b * factor).CopyTo(row[i..]);
        }

        for (; i < row.Length; i++)
        {
            row[i] = (float)(row[i] * factor);
        }
    }
}
