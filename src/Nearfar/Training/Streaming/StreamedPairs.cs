using System.Security.Cryptography;
using Nearfar.Pairs;
using Nearfar.Training.Sampling;

namespace Nearfar.Training.Streaming;

/// <summary>A file of pairs that is read as it is needed and never held: what a trainer takes instead of a <see cref="TrainingSet"/>. Thread-safe.</summary>
/// <remarks>Ids need not be unique: to know that would take all of them in memory. A bad row refuses the file, as it does there.</remarks>
public sealed class StreamedPairs
{
    private readonly RowReading _reading;
    private readonly Lazy<string> _hash;

    /// <param name="path">JSONL as <see cref="PairFile"/> reads it; gzip is known by its first bytes.</param>
    /// <param name="corpus">Documents that pairs name by id; texts that stand inline need none of it.</param>
    /// <param name="reading">Limits of lines; bad rows are never skipped. Null: the defaults.</param>
    public StreamedPairs(string path, Corpus corpus, RowReading? reading = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(corpus);
        (Path, Corpus, _reading) = (path, corpus, reading ?? new RowReading());
        _hash = new(ComputeHash);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Where the ids point.</summary>
    public Corpus Corpus { get; }

    /// <summary>SHA-256 (64 hex) over the file's bytes, as packed, and the corpus: one pass over the file, once.</summary>
    public string Hash => _hash.Value;

    /// <summary>The pairs in file order, each with its texts, in bounded memory.</summary>
    /// <param name="into">Receives what is wrong with rows; null: they are thrown.</param>
    /// <exception cref="NearfarException">No such file, a damaged or empty one, or bad rows: up to 100 of them in one message, behind the last row.</exception>
    internal IEnumerable<PairTexts> Read(ProblemList? into = null)
    {
        var format = new PairFormat();
        var problems = into ?? new ProblemList(_reading.MaxProblems);
        foreach (var (pair, line) in format.Rows(Path, _reading, problems, remembersIds: false))
        {
            var inline = format.InlineDocuments;
            string?[] texts = [.. pair.PositiveIds.Concat(pair.HardNegatives.Select(n => n.DocumentId)).Select(Text)];
            format.ForgetInline();
            if (Array.TrueForAll(texts, t => t is not null))
            {
                yield return new PairTexts(pair, line, texts[..pair.PositiveIds.Count]!, texts[pair.PositiveIds.Count..]!);
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

                problems.Add(Path, line, $"row \"{pair.Id}\" names document \"{id}\", which the corpus lacks. Add the document, or mend the id.");
                return null;
            }
        }

        if (into is null)
        {
            problems.ThrowIfAny();
        }
    }

    /// <summary>Texts of a random sample of pairs, drawn evenly from the whole file (Vitter 1985, algorithm R): the corpus's documents, then the sample's, then its questions, each once.</summary>
    /// <param name="pairs">Most of the sample; a file that has no more gives all.</param>
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

        sample.Sort((a, b) => a.Line.CompareTo(b.Line));
        return [.. Corpus.Documents.Select(d => d.Content).Concat(sample.SelectMany(p => p.Positives.Concat(p.HardNegatives))).Concat(sample.Select(p => p.Pair.Query)).Distinct(StringComparer.Ordinal)];
    }

    private string ComputeHash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
            byte[] bytes = new byte[1 << 20];
            for (int n = file.Read(bytes); n > 0; n = file.Read(bytes))
            {
                sha.AppendData(bytes, 0, n);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NearfarException(Path, 0, $"cannot be read: {e.Message}", e);
        }

        ContentHash.Append(sha, Corpus.Hash);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
