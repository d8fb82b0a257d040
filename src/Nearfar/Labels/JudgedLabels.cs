using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Labels;

/// <summary>What raters said of each question, over all their sheets. What nobody judged is not here.</summary>
/// <remarks>
/// Where two raters disagree whether a document is right, it counts as not judged, until a sheet in which they agree; where they agree that it is
/// right and differ in the grade, the lower one counts.
/// </remarks>
public sealed class JudgedLabels
{
    private readonly Dictionary<string, JudgedQuestion> _byFold;

    private JudgedLabels(IReadOnlyList<JudgedQuestion> questions, int unjudged, int disputed)
    {
        (Questions, Unjudged, Disputed) = (questions, unjudged, disputed);
        _byFold = questions.ToDictionary(q => FoldKeys.Of(q.Query), StringComparer.Ordinal);
    }

    /// <summary>Questions with at least one judged document, in the order of the sheets.</summary>
    public IReadOnlyList<JudgedQuestion> Questions { get; }

    /// <summary>Rows that nobody judged: they stay unjudged and become no negatives.</summary>
    public int Unjudged { get; }

    /// <summary>Documents left out because raters disagree whether they are right.</summary>
    public int Disputed { get; }

    /// <summary>Joins sheets.</summary>
    /// <param name="sheets">One a rater, of one pool or of several.</param>
    /// <exception cref="NearfarException">Nothing is judged.</exception>
    public static JudgedLabels Of(IReadOnlyList<IReadOnlyList<LabelRow>> sheets)
    {
        ArgumentNullException.ThrowIfNull(sheets);
        var questions = new List<JudgedQuestion>();
        int unjudged = 0, disputed = 0;
        foreach (var question in sheets.SelectMany(s => s).GroupBy(r => FoldKeys.Of(r.Query), StringComparer.Ordinal))
        {
            var grades = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var document in question.GroupBy(r => r.DocumentId, StringComparer.Ordinal))
            {
                int[] given = [.. document.Select(r => r.Grade).OfType<int>()];
                unjudged += given.Length == 0 ? 1 : 0;
                if (given.Length > 0 && given.Any(g => g > 0) != given.All(g => g > 0))
                {
                    disputed++;
                }
                else if (given.Length > 0)
                {
                    grades[document.Key] = given.Min();
                }
            }

            if (grades.Count > 0)
            {
                var judged = question.Where(r => r.Grade is not null).ToList();
                questions.Add(new JudgedQuestion(question.First().QuestionId, question.First().Query, grades, new Provenance
                {
                    Source = "human",
                    TraceId = question.First().QuestionId,
                    Rule = question.First().Pool is { } pool ? $"judged in a pool of {pool}" : "judged",
                    Reviewer = string.Join(", ", judged.Select(r => r.Rater!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)),
                    Time = judged.Max(r => r.Time),
                }));
            }
        }

        return questions.Count > 0 ? new JudgedLabels(questions, unjudged, disputed)
            : throw new NearfarException($"Nothing is judged{(disputed > 0 ? $" that raters agree on ({disputed} documents are disputed)" : "")}. Judge first: nearfar label rate SHEET --rater NAME.");
    }

    /// <summary>Judged questions as pairs: grade 1 and more is a positive, a judged 0 a hard negative; nothing else is a negative.</summary>
    /// <returns>Questions with at least one right document; the others cannot be pairs.</returns>
    public IReadOnlyList<Pair> ToPairs() => [.. Questions.Where(q => q.Grades.Values.Any(g => g > 0)).Select(q => new Pair
    {
        Id = "label:" + q.Id,
        Query = q.Query,
        PositiveIds = [.. q.Grades.Where(g => g.Value > 0).OrderByDescending(g => g.Value).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Key)],
        HardNegatives = [.. q.Grades.Where(g => g.Value == 0).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new HardNegative(g.Key, q.Provenance with { DocumentId = g.Key }))],
        Relevance = q.Grades,
        Provenance = q.Provenance,
    })];

    /// <summary>Traffic rows with the judgements of their question, and the outcome where that follows from them.</summary>
    /// <param name="rows">All traffic; rows whose question nobody judged are returned as they are.</param>
    /// <param name="failsAt">A retrieval that has no right document in its first so many has failed.</param>
    /// <remarks>An outcome that the user told is kept: he may have been served by another page, or not served by the right one.</remarks>
    /// <exception cref="NearfarException">A row was judged otherwise before; all such rows in one message.</exception>
    public IReadOnlyList<TrafficRow> AppliedTo(IReadOnlyList<TrafficRow> rows, int failsAt)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(failsAt, 1);
        var conflicts = new List<string>();
        TrafficRow[] applied = [.. rows.Select(row => _byFold.TryGetValue(FoldKeys.Of(row.Query), out var question) ? Apply(row, question, failsAt, conflicts) : row)];
        return conflicts.Count == 0 ? applied
            : throw new NearfarException($"Traffic is judged otherwise already: {string.Join("; ", conflicts.Take(20))}{(conflicts.Count > 20 ? $"; and {conflicts.Count - 20} more" : "")}. Keep one judgement.");
    }

    private static TrafficRow Apply(TrafficRow row, JudgedQuestion question, int failsAt, List<string> conflicts)
    {
        var judged = new Dictionary<string, int>(row.Judged ?? new Dictionary<string, int>(), StringComparer.Ordinal);
        foreach (var (id, grade) in question.Grades.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            if (!judged.TryAdd(id, grade) && judged[id] != grade)
            {
                conflicts.Add($"row \"{row.Id}\" has \"{id}\" at {judged[id]}, the sheets at {grade}");
            }
        }

        var known = row with { Judged = judged, Provenance = question.Provenance };
        if (row.Outcome != TrafficOutcome.Unknown || known.KnownRightIds.Count == 0 || row.Retrieved.Count == 0)
        {
            return known;
        }

        bool found = row.Retrieved.Any(r => r.Rank <= failsAt && known.KnownRightIds.Contains(r.Id, StringComparer.Ordinal));
        return known with { Outcome = found ? TrafficOutcome.Ok : TrafficOutcome.Failed };
    }
}

/// <summary>A question and what raters agree on.</summary>
/// <param name="Id">The traffic row that asked.</param>
/// <param name="Query">The question.</param>
/// <param name="Grades">0 to 3 by document id; only what was judged.</param>
/// <param name="Provenance">Source <c>human</c>, the raters, the time of the last judgement, the pool.</param>
public sealed record JudgedQuestion(string Id, string Query, IReadOnlyDictionary<string, int> Grades, Provenance Provenance);
