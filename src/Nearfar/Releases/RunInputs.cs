using System.Collections.ObjectModel;
using System.Globalization;
using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Streaming;

namespace Nearfar.Releases;

/// <summary>What a run is made of, by name and as one hash: equal inputs, equal run.</summary>
/// <param name="startOptions">What to start from.</param>
/// <param name="options">How to train.</param>
/// <param name="guide">Whose vectors the loss reads; null: none.</param>
/// <param name="negatives">Mines inside the run; null: none.</param>
/// <param name="recipes">Among which dev chooses; empty: none.</param>
internal sealed class RunInputs(StartOptions startOptions, TrainingOptions options, IEncoder? guide, INegativeSource? negatives, IReadOnlyList<TrainingRecipe> recipes)
{
    /// <summary>All options, by name.</summary>
    public IEnumerable<KeyValuePair<string, string>> Options => startOptions.Deciding().Concat(options.Deciding()).Concat(negatives?.Identity ?? []);

    /// <summary>SHA-256 over all that decides the result, of pairs in memory.</summary>
    public string HashOf(TrainingSet set, DevSet dev, IEncoder start)
    {
        ArgumentNullException.ThrowIfNull(set);
        KeyValuePair<string, string>[] mining = negatives is null ? [] : [new("mining.given", TrainingRows.HashOfGiven(set.Pairs))];
        return HashOf(DataOf(set, dev, start).Concat(mining), sha => AppendCohorts(sha, set), start);
    }

    /// <summary>The same of pairs that stream.</summary>
    public string HashOf(StreamedPairs stream, DevSet dev, IEncoder start) => HashOf(DataOf(stream, dev, start), sha => AppendCohorts(sha, stream), start);

    /// <summary>Hashes of the data, by name.</summary>
    public static IEnumerable<KeyValuePair<string, string>> DataOf(TrainingSet set, DevSet dev, IEncoder start) => DataOf(set.Corpus.Hash, HashOf(set.Pairs), dev, start);

    /// <summary>The same of pairs that stream.</summary>
    public static IEnumerable<KeyValuePair<string, string>> DataOf(StreamedPairs stream, DevSet dev, IEncoder start) => DataOf(stream.Corpus.Hash, "stream " + stream.Hash, dev, start);

    /// <summary>SHA-256 of what training reads of pairs; provenance is not part of it. Grades and sets are, where a row has them.</summary>
    public static string HashOf(IReadOnlyList<Pair> pairs)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var pair in pairs)
        {
            ContentHash.Append(sha, pair.Id);
            ContentHash.Append(sha, pair.FoldKey);
            ContentHash.Append(sha, pair.Query);
            ContentHash.Append(sha, pair.PositiveIds.Count.ToString(CultureInfo.InvariantCulture));
            foreach (string id in pair.PositiveIds.Concat(pair.HardNegatives.Select(n => n.DocumentId)))
            {
                ContentHash.Append(sha, id);
            }

            if (pair.DataSet is { } dataSet)
            {
                ContentHash.Append(sha, "set " + dataSet);
            }

            foreach (var (id, grade) in (pair.Relevance ?? ReadOnlyDictionary<string, int>.Empty).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                ContentHash.Append(sha, string.Create(CultureInfo.InvariantCulture, $"grade {id} {grade}"));
            }
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static IEnumerable<KeyValuePair<string, string>> DataOf(string corpus, string train, DevSet dev, IEncoder start)
    {
        ArgumentNullException.ThrowIfNull(dev);
        ArgumentNullException.ThrowIfNull(start);
        KeyValuePair<string, string>[] tokenizer = start is StaticEncoder own ? [new("tokenizer", Convert.ToHexStringLower(SHA256.HashData(own.Tokenizer.ToJson().Span)))] : [];
        return [new("corpus", corpus), new("train", train), new("dev", dev.Hash), .. tokenizer];
    }

    private string HashOf(IEnumerable<KeyValuePair<string, string>> data, Action<IncrementalHash> appendCohorts, IEncoder start)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        KeyValuePair<string, string>[] guideSpace = guide is null ? [] : [new("guide", guide.Space.Id)];
        Append(sha, [.. Options, new("start.space", start.Space.Id), .. guideSpace, .. data]);
        appendCohorts(sha);
        foreach (var recipe in recipes)
        {
            ContentHash.Append(sha, "recipe " + recipe.Name);
            Append(sha, recipe.Start.Deciding().Concat(recipe.Training.Deciding()));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static void Append(IncrementalHash sha, IEnumerable<KeyValuePair<string, string>> values)
    {
        foreach (var (name, value) in values)
        {
            ContentHash.Append(sha, name);
            ContentHash.Append(sha, value);
        }
    }

    // The cohorts that labels or draws are made of; the rules that derive them are part of the dev set's hash.
    private void AppendCohorts(IncrementalHash sha, TrainingSet set)
    {
        foreach (string attribute in options.Attributes)
        {
            foreach (var pair in set.Pairs)
            {
                ContentHash.Append(sha, pair.Cohorts.GetValueOrDefault(attribute) ?? "");
                foreach (var (name, value) in set.Corpus[pair.PositiveIds[0]].Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
                {
                    ContentHash.Append(sha, $"{name}={value}");
                }
            }
        }
    }

    // What pairs say themselves is part of the stream's hash; what documents say is not part of the corpus's.
    private void AppendCohorts(IncrementalHash sha, StreamedPairs stream)
    {
        if (options.Attributes.Any())
        {
            StreamCohorts.AppendAttributes(sha, stream.Corpus);
        }
    }
}
