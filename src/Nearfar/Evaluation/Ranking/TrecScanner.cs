using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Cuts a block of whole lines into cells at white space, as C's isspace sees it; empty lines are passed over.</summary>
/// <param name="block">Lines, each with its newline, and behind them one more newline that is not part of the content.</param>
internal ref struct TrecScanner(ReadOnlySpan<byte> block)
{
    private readonly ReadOnlySpan<byte> _block = block;
    private int _position;

    /// <summary>Lines passed so far, empty ones too.</summary>
    public int Lines { get; private set; }

    public bool Next(ref TrecLine line)
    {
        ref byte start = ref MemoryMarshal.GetReference(_block);
        int end = _block.Length - 1;
        int i = _position;
        while (i < end)
        {
            int cells = 0;
            while (true)
            {
                byte c = Unsafe.Add(ref start, i);
                while (c != '\n' && IsSpace(c))
                {
                    c = Unsafe.Add(ref start, ++i);
                }

                if (c == '\n')
                {
                    break;
                }

                // The newline behind the block ends the last cell at the latest.
                int from = i;
                do
                {
                    c = Unsafe.Add(ref start, ++i);
                }
                while (c > ' ' || !IsSpace(c));
                if (cells <= TrecLine.MostCells)
                {
                    line.Starts[cells] = from;
                    line.Lengths[cells++] = i - from;
                }
            }

            i++;
            line.Number = Lines++;
            if (cells > 0)
            {
                line.Count = cells;
                _position = i;
                return true;
            }
        }

        _position = i;
        return false;
    }

    private static bool IsSpace(byte c) => c == ' ' || (uint)(c - '\t') <= '\r' - '\t';
}
