using System.Globalization;
using System.Security.Cryptography;
using Nearfar.Pairs;
using Nearfar.Training.Sampling;

namespace Nearfar.Training.Streaming;

/// <summary>Files of pairs that are read as they are needed and never held: what a trainer takes instead of a <see cref="TrainingSet"/>. Thread-safe.</summary>
/// <remarks>Ids need not be unique: to know that would take all of them in memory. A bad row refuses the stream, as it does there.</remarks>
public sealed class StreamedPairs
{
    private readonly RowReading _reading;
    private readonly Lazy<string> _hash;

    /// <param name="path">JSONL as <see cref="PairFile"/> reads it; gzip and zstd are known by their first bytes.</param>
    /// <param name="corpus">Documents that pairs name by id; texts that stand inline need none of it.</param>
    /// <param name="reading">Limits of lines; bad rows are never skipped. Null: the defaults.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public StreamedPairs(string path, Corpus corpus, RowReading? reading = null) : this([new StreamedSet(path)], corpus, reading) { }

    /// <param name="sets">One data set, or several with names of their own.</param>
    /// <param name="corpus">Documents that pairs name by id; texts that stand inline need none of it.</param>
    /// <param name="reading">Limits of lines; bad rows are never skipped. Null: the defaults.</param>
    /// <exception cref="ArgumentException">No set, an empty path, or sets without names of their own.</exception>
    public StreamedPairs(IReadOnlyList<StreamedSet> sets, Corpus corpus, RowReading? reading = null)
    {
        ArgumentNullException.ThrowIfNull(sets);
        ArgumentNullException.ThrowIfNull(corpus);
        if (sets.Count == 0 || sets.Any(s => string.IsNullOrEmpty(s.Path)) || (sets.Count > 1 && (sets.Any(s => string.IsNullOrEmpty(s.Name)) || sets.DistinctBy(s => s.Name, StringComparer.Ordinal).Count() < sets.Count)))
        {
            throw new ArgumentException("Wanted is a file of pairs, or several of which each has a name of its own.", nameof(sets));
        }

        (Sets, Corpus, _reading) = ([.. sets], corpus, reading ?? new RowReading());
        _hash = new(ComputeHash);
    }

    /// <summary>The data sets, in the order in which they are read.</summary>
    public IReadOnlyList<StreamedSet> Sets { get; }

    /// <summary>Where the ids point.</summary>
    public Corpus Corpus { get; }

    /// <summary>SHA-256 (64 hex) over the files' bytes, as packed, the names of the data sets, and the corpus: one pass over the files, once.</summary>
    public string Hash => _hash.Value;

    /// <summary>What a pair is called where its id is not held.</summary>
    internal string NameOf(int set, long line) => string.Create(CultureInfo.InvariantCulture, $"{(Sets.Count > 1 ? Sets[set].Name + " " : "")}line {line}");

    /// <summary>The pairs, file after file, each with its texts, in bounded memory.</summary>
    /// <param name="into">Receives what is wrong with rows; null: they are thrown.</param>
    /// <exception cref="NearfarException">No such file, a damaged or empty one, or bad rows: up to 100 of them in one message, behind the last row.</exception>
    internal IEnumerable<PairTexts> Read(ProblemList? into = null)
    {
        var problems = into ?? new ProblemList(_reading.MaxProblems);
        foreach (var pair in Enumerable.Range(0, Sets.Count).SelectMany(set => Read(set, problems)))
        {
            yield return pair;
        }

        if (into is null)
        {
            problems.ThrowIfAny();
        }
    }

    private IEnumerable<PairTexts> Read(int set, ProblemList problems)
    {
        var format = new PairFormat();
        string path = Sets[set].Path;
        foreach (var (pair, line) in format.Rows(path, _reading, problems, remembersIds: false))
        {
            var inline = format.InlineDocuments;
            string?[] texts = [.. pair.PositiveIds.Concat(pair.HardNegatives.Select(n => n.DocumentId)).Select(Text)];
            format.ForgetInline();
            if (Array.TrueForAll(texts, t => t is not null))
            {
                yield return new PairTexts(pair, set, line, texts[..pair.PositiveIds.Count]!, texts[pair.PositiveIds.Count..]!);
            }

            string? Text(string id)
            {
                foreach (var document in inline)
                {
                    if (document.Id == id)
                    {
                        return document.Content;
                    }
                }

                if (Corpus.TryGet(id, out var known))
                {
                    return known.Content;
                }

                problems.Add(path, line, $"row \"{pair.Id}\" names document \"{id}\", which the corpus lacks. Add the document, or mend the id.");
                return null;
            }
        }
    }

    /// <summary>Texts of a random sample of pairs, drawn evenly from all files (Vitter 1985, algorithm R): the corpus's documents, then the sample's, then its questions, each once.</summary>
    /// <param name="pairs">Most of the sample; files that have no more give all.</param>
    /// <param name="seed">Of the sample.</param>
    internal string[] SampleTexts(int pairs, ulong seed)
    {
        var random = SeededRandom.For(seed, 0, "sample");
        var sample = new List<PairTexts>();
        int seen = 0;
        foreach (var pair in Read())
        {
            if (seen < pairs)
            {
                sample.Add(pair);
            }
            else if (random.Below(seen + 1) is var place && place < pairs)
            {
                sample[place] = pair;
            }

            seen = checked(seen + 1);
        }

        sample.Sort((a, b) => (a.Set, a.Line).CompareTo((b.Set, b.Line)));
        return [.. Corpus.Documents.Select(d => d.Content).Concat(sample.SelectMany(p => p.Positives.Concat(p.HardNegatives))).Concat(sample.Select(p => p.Pair.Query)).Distinct(StringComparer.Ordinal)];
    }

    private string ComputeHash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, name) in Sets)
        {
            if (name is null)
            {
                Append(sha, path);
                continue;
            }

            using var own = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Append(own, path);
            ContentHash.Append(sha, name);
            sha.AppendData(own.GetHashAndReset());      // by itself, so that no byte can pass from one file to the next
        }

        ContentHash.Append(sha, Corpus.Hash);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static void Append(IncrementalHash sha, string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
            byte[] bytes = new byte[1 << 20];
            for (int n = file.Read(bytes); n > 0; n = file.Read(bytes))
            {
                sha.AppendData(bytes, 0, n);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(path, 0, $"cannot be read: {e.Message}", e);
        }
    }
}
