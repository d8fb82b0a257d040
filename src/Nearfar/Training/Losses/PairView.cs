namespace Nearfar.Training.Losses;

/// <summary>Which similarities of a pair a loss reads: those of one of its rows with every row of a range of columns.</summary>
/// <param name="Left">Column of the row: 0 its anchor, 1 its positive. A loss has at most one view of each.</param>
/// <param name="First">First column it is compared with.</param>
/// <param name="End">One past the last column.</param>
internal readonly record struct PairView(int Left, int First, int End);

/// <summary>Where each similarity of a pair stands in its row: view after view, column after column, <see cref="Step"/> places a column of which B count.</summary>
internal sealed class PairLayout
{
    private readonly int[] _at;

    public PairLayout(PairView[] views, int columns, int pairs, int step)
    {
        (Views, Pairs, Step) = (views, pairs, step);
        (_at, Columns) = (new int[2 * columns], columns);
        Array.Fill(_at, -1);
        foreach (var view in views)
        {
            for (int c = view.First; c < view.End; c++, Width += step)
            {
                _at[(view.Left * columns) + c] = Width;
            }
        }
    }

    public PairView[] Views { get; }

    /// <summary>B.</summary>
    public int Pairs { get; }

    /// <summary>Places of a column, at least B.</summary>
    public int Step { get; }

    /// <summary>Places of a row.</summary>
    public int Width { get; }

    public int Columns { get; }

    /// <summary>Place of the first row of a column in a view, or -1 when no view reads it.</summary>
    public int At(int left, int column) => _at[(left * Columns) + column];
}

/// <summary>The similarities of one pair, which a rule turns into the derivative of the loss by each of them.</summary>
internal readonly ref struct PairRow<T>(PairLayout layout, int pair, Span<T> all, ReadOnlySpan<T> guide, Span<T> scratch) where T : unmanaged
{
    private readonly ReadOnlySpan<T> _guide = guide;

    /// <summary>i, 0 to B - 1.</summary>
    public int Pair { get; } = pair;

    public int Columns => layout.Columns;

    public int Pairs => layout.Pairs;

    /// <summary>The whole row; places that hold no row are negative infinity and what is left there does not count.</summary>
    public Span<T> All { get; } = all;

    /// <summary>As long as <see cref="All"/>, for the rule's own use.</summary>
    public Span<T> Scratch { get; } = scratch;

    public bool Has(int left, int column) => layout.At(left, column) >= 0;

    /// <summary>Similarities of the anchor (left 0) or the positive (1) with the B rows of a column.</summary>
    public Span<T> Block(int left, int column) => All.Slice(layout.At(left, column), layout.Pairs);

    /// <summary>The same places of <see cref="Scratch"/>.</summary>
    public Span<T> ScratchBlock(int left, int column) => Scratch.Slice(layout.At(left, column), layout.Pairs);

    /// <summary>The guide's similarities at the same places.</summary>
    public ReadOnlySpan<T> GuideBlock(int left, int column) => _guide.Slice(layout.At(left, column), layout.Pairs);

    /// <summary>All places of a view.</summary>
    public Span<T> View(int left)
    {
        foreach (var view in layout.Views)
        {
            if (view.Left == left)
            {
                return All.Slice(layout.At(left, view.First), (view.End - view.First) * layout.Step);
            }
        }

        return default;
    }
}
