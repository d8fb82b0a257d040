using System.Numerics;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>In-batch losses in plain loops over any number type: the path that proves.</summary>
internal static class PairLoops
{
    /// <param name="columns">Raw rows [B, D] each.</param>
    /// <param name="guide">Another encoder's rows of the same texts; empty where the rule reads none.</param>
    /// <param name="cosine">Whether rows are made unit rows; else their dot product is the similarity. A guide's similarity is always the cosine.</param>
    /// <param name="views">What the rule reads.</param>
    /// <param name="rule">Turns a pair's similarities into their derivatives.</param>
    /// <param name="gradients">Receives the derivatives by raw rows; null when only the rule's own result is wanted.</param>
    public static PairShare Evaluate<T>(IReadOnlyList<Rows<T>> columns, IReadOnlyList<Rows<T>> guide, bool cosine, PairView[] views, IPairRule rule, IReadOnlyList<Rows<T>>? gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int pairs = columns[0].Count, d = columns[0].Dimensions;
        var layout = new PairLayout(views, columns.Count, pairs, pairs);
        var units = columns.Select(c => cosine ? PlainRows.Unit(c) : (PlainRows.Copy(c), [])).ToArray();
        var guides = guide.Select(PlainRows.Unit).ToArray();
        T[][] sums = [.. columns.Select(_ => new T[pairs * d])];
        T[] row = new T[layout.Width], guideRow = new T[guides.Length == 0 ? 0 : layout.Width], scratch = new T[layout.Width];
        var total = default(PairShare);
        for (int i = 0; i < pairs; i++)
        {
            Compare(units, d, layout, i, row);
            if (guides.Length > 0)
            {
                Compare(guides, guide[0].Dimensions, layout, i, guideRow);
            }

            total += rule.Turn(new PairRow<T>(layout, i, row, guideRow, scratch));
            Spread(units, d, layout, i, row, sums);
        }

        for (int c = 0; gradients is not null && c < gradients.Count; c++)
        {
            Write(units[c], sums[c], gradients[c], cosine);
        }

        return total;
    }

    private static void Compare<T>((T[] Rows, T[] Inverse)[] units, int d, PairLayout layout, int pair, T[] row) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var view in layout.Views)
        {
            for (int c = view.First; c < view.End; c++)
            {
                for (int j = 0; j < layout.Pairs; j++)
                {
                    row[layout.At(view.Left, c) + j] = PlainRows.Dot(units[view.Left].Rows, pair * d, units[c].Rows, j * d, d);
                }
            }
        }
    }

    private static void Spread<T>((T[] Rows, T[] Inverse)[] units, int d, PairLayout layout, int pair, T[] row, T[][] sums) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var view in layout.Views)
        {
            for (int c = view.First; c < view.End; c++)
            {
                for (int j = 0; j < layout.Pairs; j++)
                {
                    T g = row[layout.At(view.Left, c) + j];
                    PlainRows.AddScaled(sums[view.Left], pair * d, units[c].Rows, j * d, g, d);
                    PlainRows.AddScaled(sums[c], j * d, units[view.Left].Rows, pair * d, g, d);
                }
            }
        }
    }

    private static void Write<T>((T[] Rows, T[] Inverse) unit, T[] sum, Rows<T> into, bool cosine) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (cosine)
        {
            PlainRows.ThroughNormalisation(unit, sum, into);
            return;
        }

        for (int i = 0; i < into.Count; i++)
        {
            sum.AsSpan(i * into.Dimensions, into.Dimensions).CopyTo(into[i]);
        }
    }
}
