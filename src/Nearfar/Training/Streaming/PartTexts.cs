using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Training.Streaming;

/// <summary>The pairs of a part, and the tokens of each of their texts once.</summary>
/// <param name="stream">Names the pairs and their data sets.</param>
/// <param name="attributes">Of the cohorts that the spool keeps.</param>
/// <param name="place">By token id: its position among those that occur.</param>
/// <param name="frequency">What a token counts that stands n times in a text.</param>
/// <param name="most">Entries to make room for; more are taken too.</param>
internal sealed class PartTexts(StreamedPairs stream, string[] attributes, int[] place, TermFrequency frequency, int most = 0)
{
    private static readonly IReadOnlyDictionary<string, string> s_none = new Dictionary<string, string>();
    private readonly Dictionary<(ulong Words, TextRole Role), (int Start, int Count)> _bags = [];
    private readonly List<WeightedRow> _entries = new(most);       // weight: how often the token stands there

    public List<RowNumbers<ulong>.Source> Pairs { get; } = [];

    /// <summary>Adds the pairs of a block.</summary>
    /// <param name="bytes">Behind its marks.</param>
    /// <param name="pairs">How many.</param>
    /// <param name="set">Their data set, by place.</param>
    public void Add(byte[] bytes, int pairs, int set)
    {
        var reader = new SpoolReader(bytes);
        var cohorts = Cohorts(ref reader);
        long line = 0;
        for (int i = 0; i < pairs; i++)
        {
            line += reader.Number();
            ulong fold = reader.Hash();
            var own = cohorts.Length == 0 ? s_none : cohorts[reader.Number()];
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

            Pairs.Add(new(new Pair { Id = stream.NameOf(set, line), Query = "", PositiveIds = [], DataSet = stream.Sets[set].Name, Cohorts = own }, fold, query, positives, negatives));
        }
    }

    // Pairs of equal values share them.
    private IReadOnlyDictionary<string, string>[] Cohorts(ref SpoolReader reader)
    {
        var cohorts = new IReadOnlyDictionary<string, string>[attributes.Length == 0 ? 0 : reader.Number()];
        for (int i = 0; i < cohorts.Length; i++)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (string attribute in attributes)
            {
                values.Add(attribute, reader.Text());
            }

            cohorts[i] = values;
        }

        return cohorts;
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
