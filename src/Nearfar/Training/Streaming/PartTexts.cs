using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Training.Streaming;

/// <summary>The pairs of a part, and the tokens of each of their texts once.</summary>
/// <param name="place">By token id: its position among those that occur.</param>
/// <param name="frequency">What a token counts that stands n times in a text.</param>
/// <param name="most">Entries to make room for; more are taken too.</param>
internal sealed class PartTexts(int[] place, TermFrequency frequency, int most = 0)
{
    private readonly Dictionary<(ulong Words, TextRole Role), (int Start, int Count)> _bags = [];
    private readonly List<WeightedRow> _entries = new(most);       // weight: how often the token stands there

    public List<RowNumbers<ulong>.Source> Pairs { get; } = [];

    public void Add(byte[] bytes, int pairs)
    {
        var reader = new SpoolReader(bytes);
        long line = 0;
        for (int i = 0; i < pairs; i++)
        {
            line += reader.Number();
            ulong fold = reader.Hash();
            ulong[] positives = new ulong[reader.Number()], negatives = new ulong[reader.Number()];
            ulong query = Text(ref reader, TextRole.Query);
            for (int p = 0; p < positives.Length; p++)
            {
                positives[p] = Text(ref reader, TextRole.Document);
            }

            for (int n = 0; n < negatives.Length; n++)
            {
                negatives[n] = Text(ref reader, TextRole.Document);
            }

            Pairs.Add(new(new Pair { Id = FormattableString.Invariant($"line {line}"), Query = "", PositiveIds = [] }, fold, query, positives, negatives));
        }
    }

    /// <summary>The bags of the numbered texts. Hard negatives that have no number are dropped.</summary>
    public TokenBags BagsOf(RowNumbers<ulong> numbers, int[] vocabulary)
    {
        var texts = numbers.Texts;
        int[] offsets = new int[texts.Count + 1];
        float[] inverse = new float[texts.Count];
        for (int i = 0; i < texts.Count; i++)
        {
            offsets[i + 1] = offsets[i] + _bags[texts[i]].Count;
        }

        var entries = new WeightedRow[offsets[^1]];
        var held = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_entries);
        for (int i = 0; i < texts.Count; i++)
        {
            var (start, count) = _bags[texts[i]];
            int length = 0;
            for (int e = 0; e < count; e++)
            {
                int times = (int)held[start + e].Weight;
                entries[offsets[i] + e] = new WeightedRow(held[start + e].Row, frequency.Weight(times));
                length += times;
            }

            inverse[i] = length == 0 ? 0 : 1f / length;
        }

        return new TokenBags(entries, offsets, inverse, vocabulary);
    }

    private ulong Text(ref SpoolReader reader, TextRole role)
    {
        ulong words = reader.Hash();
        long distinct = reader.Number();
        bool known = !_bags.TryAdd((words, role), (_entries.Count, (int)distinct));
        for (long i = 0, id = 0; i < distinct; i++)
        {
            id += reader.Number();
            long count = reader.Number();
            if (!known)
            {
                _entries.Add(new WeightedRow(place[id], count));
            }
        }

        return words;
    }
}
