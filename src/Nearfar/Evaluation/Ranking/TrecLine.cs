using System.Runtime.CompilerServices;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Where the cells of one line lie in its block.</summary>
internal struct TrecLine
{
    /// <summary>Cells of a run line: query, Q0, document, rank, score, tag. A line of judgements has four.</summary>
    public const int MostCells = 6;

    public Cells Starts;

    public Cells Lengths;

    /// <summary>Cells found; one more than <see cref="MostCells"/> stands for any number above.</summary>
    public int Count;

    /// <summary>0-based number of the line in its block.</summary>
    public int Number;

    public readonly ReadOnlySpan<byte> Cell(ReadOnlySpan<byte> block, int index) => block.Slice(Starts[index], Lengths[index]);

    [InlineArray(MostCells + 1)]
    internal struct Cells
    {
        private int _first;
    }
}
