using System.Security.Cryptography;
using Nearfar.Pairs;

namespace Nearfar.Training.Streaming;

/// <summary>The cohorts of a stream's pairs: those that rules declare, for the history, and those that balance or labels ask for. Thread-safe.</summary>
internal sealed class StreamCohorts
{
    private readonly StreamedPairs _stream;
    private readonly CohortResolver? _resolver;

    /// <param name="stream">Whose pairs are asked; their documents may have attributes.</param>
    /// <param name="resolver">The rules; null: none.</param>
    /// <param name="wanted">Attributes that decide which rows are drawn or meet.</param>
    public StreamCohorts(StreamedPairs stream, CohortResolver? resolver, IReadOnlyList<string> wanted)
    {
        (_stream, _resolver, Wanted) = (stream, resolver, wanted);
        Attributes = [.. (resolver?.Attributes ?? []).Concat(wanted).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Places = [.. wanted.Select(a => Array.IndexOf(Attributes, a))];
        Key = Attributes.Length == 0 ? "none" : ComputeKey();
    }

    /// <summary>All attributes, ordinal.</summary>
    public string[] Attributes { get; }

    /// <summary>Those that are asked for by name.</summary>
    public IReadOnlyList<string> Wanted { get; }

    /// <summary>Place of an attribute among <see cref="Wanted"/>.</summary>
    public int WantedPlaceOf(string attribute) => Wanted.ToList().IndexOf(attribute);

    /// <summary>Places of <see cref="Wanted"/> among <see cref="Attributes"/>.</summary>
    public int[] Places { get; }

    /// <summary>What the values depend on beside the stream's own hash: rules, and the attributes of documents.</summary>
    public string Key { get; }

    /// <summary>A pair's value of each attribute.</summary>
    /// <exception cref="NearfarException">A value that edges are declared for is neither a number nor a date: with file and line.</exception>
    public string[] Of(PairTexts pair)
    {
        if (Attributes.Length == 0)
        {
            return [];
        }

        try
        {
            var values = TrainingCohorts.Resolve(pair.Pair, _stream.Corpus, _resolver, Wanted);
            return Array.ConvertAll(Attributes, a => values[a]);
        }
        catch (NearfarException e)
        {
            throw new NearfarException(_stream.Sets[pair.Set].Path, pair.Line, e.Message, e);
        }
    }

    /// <summary>The attributes of all documents, for a hash: the corpus's own leaves them out.</summary>
    public static void AppendAttributes(IncrementalHash sha, Corpus corpus)
    {
        foreach (var document in corpus.Documents.Where(d => d.Attributes.Count > 0).OrderBy(d => d.Id, StringComparer.Ordinal))
        {
            ContentHash.Append(sha, document.Id);
            foreach (var (name, value) in document.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
            {
                ContentHash.Append(sha, $"{name}={value}");
            }
        }
    }

    private string ComputeKey()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in (_resolver?.Describe() ?? []).Append("wanted").Concat(Wanted))
        {
            ContentHash.Append(sha, part);
        }

        AppendAttributes(sha, _stream.Corpus);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
