using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Gating.Sets;

/// <summary>Says which rows may not stand in a gate set, all of them at once, each with file and line.</summary>
/// <remarks>
/// Refused are questions that training or dev knows (query id, folded text) or that are near-duplicates of training's, pages that are declared new
/// and are not, negatives that one model mined, forbidden documents that are answers, and documents that the corpus lacks. Thread-safe.
/// </remarks>
public sealed class GateSetAdmission
{
    private readonly Corpus _corpus;
    private readonly DocumentClusters _clusters;
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly List<string> _places = [];
    private readonly NearDuplicateIndex _near = new();
    private readonly Dictionary<string, string> _trained = new(StringComparer.Ordinal);

    /// <param name="corpus">What the set searches.</param>
    /// <param name="clusters">Of the same corpus.</param>
    /// <param name="training">Everything that is or was trained on: the training pairs, and files of mined pairs.</param>
    /// <param name="dev">Held-out questions for model selection, if any: a gate question must not be one of them.</param>
    public GateSetAdmission(Corpus corpus, DocumentClusters clusters, IReadOnlyList<RowSet<Pair>> training, RowSet<Pair>? dev = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(clusters);
        ArgumentNullException.ThrowIfNull(training);
        _corpus = corpus;
        _clusters = clusters;
        foreach (var set in training)
        {
            for (int i = 0; i < set.Rows.Count; i++)
            {
                Learn(set, i);
            }
        }

        for (int i = 0; i < (dev?.Rows.Count ?? 0); i++)
        {
            Know(dev!.Rows[i], $"{dev.Path}:{dev.Lines[i]}");
        }
    }

    /// <summary>The set promises that no positive lies in a cluster that training saw. Default false.</summary>
    public bool NewPagesOnly { get; init; }

    /// <summary>Spaces of models that are no releases: a negative that one of them found is refused even when it was pooled. Default none.</summary>
    public IReadOnlySet<string> CandidateSpaces { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Rows that may not stand in the set.</summary>
    /// <param name="rows">A whole set, or rows to be added to one.</param>
    /// <param name="present">The rows that the set holds already; null when <paramref name="rows"/> are all of it. Questions of both are duplicates.</param>
    public IReadOnlyList<RowRefusal> Refusals(RowSet<Pair> rows, RowSet<Pair>? present = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var refusals = new List<RowRefusal>();
        var ids = (present?.Rows ?? []).Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        var questions = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < (present?.Rows.Count ?? 0); i++)
        {
            Note(questions, present!.Rows[i], $"{present.Path}:{present.Lines[i]}");
        }

        for (int i = 0; i < rows.Rows.Count; i++)
        {
            var row = rows.Rows[i];
            void Refuse(string rule, string message) => refusals.Add(new RowRefusal(rule, row.Id, new DataProblem(rows.Path, rows.Lines[i], message)));
            Documents(row, Refuse);
            Question(row, Refuse);
            Pages(row, Refuse);
            Negatives(row, Refuse);
            if (present is null)
            {
                continue;
            }

            if (KeysOf(row).Select(questions.GetValueOrDefault).FirstOrDefault(p => p is not null) is { } place)
            {
                Refuse("duplicate-question", $"question \"{row.Query}\" stands in the gate set already ({place}). Remove the row.");
            }
            else if (!ids.Add(row.Id))
            {
                Refuse("duplicate-id", $"id \"{row.Id}\" is taken by another question of the gate set. Rename it.");
            }

            Note(questions, row, $"{rows.Path}:{rows.Lines[i]}");
        }

        if (present is null)
        {
            OneRanker(rows, refusals);
        }

        return refusals;
    }

    private static void Note(Dictionary<string, string> questions, Pair row, string place)
    {
        foreach (string key in KeysOf(row))
        {
            questions.TryAdd(key, place);
        }
    }

    // A row without query_id that repeats the text of a row with one is the same question.
    private static IEnumerable<string> KeysOf(Pair row) => row.QueryId is null ? [FoldKeys.Of(row.Query)] : [row.FoldKey, FoldKeys.Of(row.Query)];

    private void Learn(RowSet<Pair> set, int i)
    {
        var row = set.Rows[i];
        string place = $"{set.Path}:{set.Lines[i]}";
        Know(row, place);
        _near.Add(Shingles.Of(row.Query));
        _places.Add($"\"{row.Query}\" ({place})");
        foreach (string id in row.PositiveIds.Where(id => _corpus.TryGetIndex(id, out _)))
        {
            _trained.TryAdd(_clusters.ClusterOf(id), place);
        }
    }

    private void Know(Pair row, string place) => Note(_known, row, place);

    private void Documents(Pair row, Action<string, string> refuse)
    {
        foreach (string id in QuestionFold.Named(row).Where(id => !_corpus.TryGetIndex(id, out _)))
        {
            refuse("unknown-document", $"row \"{row.Id}\" names document \"{id}\", which the corpus lacks. Add the document to the corpus first, or mend the id.");
        }

        var right = row.PositiveIds.Concat((row.Relevance ?? new Dictionary<string, int>()).Where(g => g.Value > 0).Select(g => g.Key)).ToHashSet(StringComparer.Ordinal);
        foreach (string id in row.ForbiddenIds.Where(right.Contains))
        {
            refuse("forbidden-positive", $"row \"{row.Id}\": document \"{id}\" is an answer and forbidden. Keep one of the two judgements.");
        }

        foreach (string id in row.HardNegatives.Select(n => n.DocumentId).Where(right.Contains))
        {
            refuse("negative-positive", $"row \"{row.Id}\": document \"{id}\" is an answer and a hard negative. Keep one of the two judgements.");
        }
    }

    private void Question(Pair row, Action<string, string> refuse)
    {
        if (KeysOf(row).Select(_known.GetValueOrDefault).FirstOrDefault(p => p is not null) is { } place)
        {
            refuse("shared-question", $"question \"{row.Query}\" is asked in training or dev ({place}). What the gate asks must be new: remove one of the two.");
        }
        else if (_near.Find(Shingles.Of(row.Query)) is [var near, ..])
        {
            refuse("near-duplicate-question", $"question \"{row.Query}\" is a near-duplicate of {_places[near]} in training. What the gate asks must be new: remove one of the two.");
        }
    }

    private void Pages(Pair row, Action<string, string> refuse)
    {
        bool declared = row.Cohorts.GetValueOrDefault(PageCohort.Attribute) == PageCohort.New;
        if (!declared && !NewPagesOnly)
        {
            return;
        }

        foreach (string id in row.PositiveIds.Where(id => _corpus.TryGetIndex(id, out _) && _trained.ContainsKey(_clusters.ClusterOf(id))).Take(1))
        {
            refuse("shared-cluster", $"row \"{row.Id}\" is {(declared ? "declared page: new" : "in a set of new pages only")}, but training saw the cluster of \"{id}\" ({_trained[_clusters.ClusterOf(id)]}). Remove the row, or the declaration.");
        }
    }

    private void Negatives(Pair row, Action<string, string> refuse)
    {
        foreach (var negative in row.HardNegatives)
        {
            var provenance = negative.Provenance;
            bool pooled = provenance?.Rule?.StartsWith(GateSetRules.PooledFrom, StringComparison.Ordinal) == true;
            if (provenance?.Space is { } space && CandidateSpaces.Contains(space))
            {
                refuse("one-sided-negative", $"row \"{row.Id}\": negative \"{negative.DocumentId}\" was found by {space}, a model that is no release. What a candidate finds near would decide its own gate: remove the negative, freeze pools from all sides.");
            }
            else if (!pooled && (provenance?.Space is not null || provenance?.Source is "mined" or "log"))
            {
                refuse("one-sided-negative", $"row \"{row.Id}\": negative \"{negative.DocumentId}\" was mined{(provenance.Space is { } by ? $" by {by} alone" : "")}{(provenance.Rule is { } rule ? $" ({rule})" : "")}. One side's negatives decide the gate: remove the negative, freeze pools from all sides.");
            }
        }
    }

    // "Pooled" by one ranker is one side again.
    private static void OneRanker(RowSet<Pair> rows, List<RowRefusal> refusals)
    {
        var pooled = rows.Rows.Select((r, i) => (Row: r, Line: rows.Lines[i])).Where(r => r.Row.HardNegatives.Any(n => PartsOf(n).Any())).ToList();
        string[] parts = [.. pooled.SelectMany(r => r.Row.HardNegatives.SelectMany(PartsOf)).Distinct(StringComparer.Ordinal)];
        if (parts.Length == 1)
        {
            var (row, line) = pooled[0];
            refusals.Add(new RowRefusal("one-sided-negative", row.Id, new DataProblem(rows.Path, line, $"every pooled negative of the set comes from {parts[0]} alone. One side's negatives decide the gate: remove them, freeze pools from all sides.")));
        }
    }

    private static IEnumerable<string> PartsOf(HardNegative negative) =>
        negative.Provenance?.Rule is { } rule && rule.StartsWith(GateSetRules.PooledFrom, StringComparison.Ordinal)
            ? rule[GateSetRules.PooledFrom.Length..].Split(", ", StringSplitOptions.RemoveEmptyEntries)
            : [];
}
