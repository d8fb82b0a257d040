using System.Runtime.CompilerServices;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>The tokens that a batch holds, each with its entries: the gradient of its row is their weighted sum.</summary>
/// <param name="vocabulary">Tokens that training texts hold.</param>
internal sealed unsafe class TouchedTokens(int vocabulary)
{
    private readonly int[] _places = new int[vocabulary];       // by token: entries in the batch, then where its next entry goes

    /// <summary>The first <see cref="Count"/> are the batch's tokens, ascending.</summary>
    public int[] Tokens { get; } = new int[vocabulary];

    /// <summary>Token i of <see cref="Tokens"/> owns entries [Starts[i], Starts[i + 1]).</summary>
    public int[] Starts { get; } = new int[vocabulary + 1];

    /// <summary>A text by its position in the batch, ascending for each token, and the token's weight in its mean.</summary>
    public WeightedRow[] Entries { get; private set; } = [];

    /// <summary>Tokens of the batch.</summary>
    public int Count { get; private set; }

    /// <summary>Takes a batch in place of the last one.</summary>
    /// <remarks>A counting sort: the entries of each token in the order of the batch, tokens ascending, so that rows are walked in the order of memory.</remarks>
    /// <param name="bags">All texts.</param>
    /// <param name="texts">Those of the batch.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sort(TokenBags bags, ReadOnlySpan<int> texts)
    {
        int entryCount = 0;
        fixed (WeightedRow* entries = bags.Entries)
        fixed (int* places = _places)
        {
            foreach (int text in texts)
            {
                int end = bags.Offsets[text + 1];
                for (int e = bags.Offsets[text]; e < end; e++)
                {
                    places[entries[e].Row]++;
                }

                entryCount += end - bags.Offsets[text];
            }

            if (Entries.Length < entryCount)
            {
                Entries = new WeightedRow[Math.Max(entryCount, 2 * Entries.Length)];
            }

            CountsToPlaces();
            fixed (WeightedRow* sorted = Entries)
            {
                for (int i = 0; i < texts.Length; i++)
                {
                    int text = texts[i], end = bags.Offsets[text + 1];
                    float inverse = bags.InverseLengths[text];
                    for (int e = bags.Offsets[text]; e < end; e++)
                    {
                        sorted[places[entries[e].Row]++] = new WeightedRow(i, entries[e].Weight * inverse);
                    }
                }
            }
        }

        Array.Clear(_places);
    }

    private void CountsToPlaces()
    {
        int[] tokens = Tokens, starts = Starts;
        int touched = 0, at = 0;
        for (int token = 0; token < _places.Length; token++)
        {
            int count = _places[token];
            if (count > 0)
            {
                tokens[touched] = token;
                starts[touched++] = at;
                _places[token] = at;
                at += count;
            }
        }

        starts[touched] = at;
        Count = touched;
    }
}
