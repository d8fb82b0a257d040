namespace Nearfar.Pairs;

/// <summary>Pairs to learn from and the corpus their ids point into: the only rows that a trainer or a miner takes.</summary>
public sealed class TrainingSet
{
    /// <param name="corpus">Holds every positive and negative of the pairs.</param>
    /// <param name="pairs">Unique ids.</param>
    /// <exception cref="NearfarException">A pair names a document that the corpus lacks, or has no positive; all such pairs in one message.</exception>
    public TrainingSet(Corpus corpus, IReadOnlyList<Pair> pairs)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(pairs);
        var problems = new List<string>();
        foreach (var pair in pairs)
        {
            if (pair.PositiveIds.Count == 0)
            {
                problems.Add($"pair \"{pair.Id}\" has no positive");
            }

            foreach (string id in pair.PositiveIds.Concat(pair.HardNegatives.Select(n => n.DocumentId)).Where(id => !corpus.TryGetIndex(id, out _)))
            {
                problems.Add($"pair \"{pair.Id}\" names document \"{id}\", which the corpus lacks");
            }
        }

        if (problems.Count > 0)
        {
            throw new NearfarException($"Training pairs do not fit the corpus: {string.Join("; ", problems.Take(20))}{(problems.Count > 20 ? $"; and {problems.Count - 20} more" : "")}.");
        }

        Corpus = corpus;
        Pairs = pairs;
    }

    /// <summary>Where the ids point.</summary>
    public Corpus Corpus { get; }

    /// <summary>In file order.</summary>
    public IReadOnlyList<Pair> Pairs { get; }

    /// <summary>The same corpus with further pairs behind these.</summary>
    /// <param name="more">For example mined pairs.</param>
    public TrainingSet With(IEnumerable<Pair> more) => new(Corpus, [.. Pairs, .. more]);
}
