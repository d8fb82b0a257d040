using Nearfar.Evaluation.Statistics;
using Nearfar.Pairs;
using Nearfar.Text;

namespace Nearfar.Gating.Sets;

/// <summary>A traffic question that no gate question resembles.</summary>
/// <param name="TrafficId">Its (first) row.</param>
/// <param name="Query">The question.</param>
/// <param name="Asked">Rows that ask it.</param>
/// <param name="Similarity">To the nearest gate question, 0 to 1.</param>
/// <param name="NearestId">That gate question; null when they share nothing.</param>
/// <param name="NearestQuery">Its text.</param>
public sealed record UnlikeQuestion(string TrafficId, string Query, int Asked, double Similarity, string? NearestId, string? NearestQuery);

/// <summary>Which traffic questions resemble no gate question. What production asks and the gate does not is decided by nobody.</summary>
/// <remarks>
/// Unlike is a question whose nearest gate question is farther than all but 5 % of the gate's own questions are from their nearest neighbour, by
/// rarity-weighted character grams: traffic that the gate was drawn from is unlike in about 5 %.
/// </remarks>
public sealed record TrafficCoverage
{
    /// <summary>Share of the gate's own questions that stand alone by the same measure.</summary>
    public const double Expected = 0.05;

    private const int FewestQuestions = 20;      // below, no 5 % quantile

    private TrafficCoverage() { }

    /// <summary>Distinct traffic questions.</summary>
    public required int Questions { get; init; }

    /// <summary>How many of them resemble no gate question.</summary>
    public required int Unlike { get; init; }

    /// <summary>Lower end of the 95 % interval of their share, of independent questions.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end.</summary>
    public required double High { get; init; }

    /// <summary>Similarity below which a question is unlike, 0 to 1.</summary>
    public required double Threshold { get; init; }

    /// <summary>The unlike questions: those asked most first, then the farthest.</summary>
    public required IReadOnlyList<UnlikeQuestion> Examples { get; init; }

    /// <summary>Compares traffic with a gate set.</summary>
    /// <param name="gate">The gate set.</param>
    /// <param name="traffic">Questions of production.</param>
    /// <returns>Null without traffic, or with fewer than 20 gate questions.</returns>
    public static TrafficCoverage? Of(JudgedSet gate, IReadOnlyList<TrafficRow> traffic)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(traffic);
        if (traffic.Count == 0 || gate.Queries.Count < FewestQuestions)
        {
            return null;
        }

        var resemblance = new QuestionResemblance([.. gate.Queries.Select(q => q.Query)]);
        double[] own = new double[gate.Queries.Count];
        Parallel.For(0, own.Length, i => own[i] = resemblance.Nearest(gate.Queries[i].Query, except: i).Similarity);
        Array.Sort(own);
        double threshold = own[(int)(own.Length * Expected)];
        var questions = traffic.GroupBy(t => FoldKeys.Of(t.Query), StringComparer.Ordinal).Select(g => (Row: g.First(), Asked: g.Count())).ToArray();
        var nearest = new (int Question, double Similarity)[questions.Length];
        Parallel.For(0, questions.Length, i => nearest[i] = resemblance.Nearest(questions[i].Row.Query));
        UnlikeQuestion[] unlike =
        [
            .. questions.Zip(nearest).Where(p => p.Second.Similarity < threshold).Select(p =>
            {
                var near = p.Second.Question < 0 ? null : gate.Queries[p.Second.Question];
                return new UnlikeQuestion(p.First.Row.Id, p.First.Row.Query, p.First.Asked, p.Second.Similarity, near?.Id, near?.Query);
            }).OrderByDescending(u => u.Asked).ThenBy(u => u.Similarity).ThenBy(u => u.TrafficId, StringComparer.Ordinal),
        ];
        var (low, high) = ShareInterval.Of(unlike.Length, questions.Length);
        return new TrafficCoverage { Questions = questions.Length, Unlike = unlike.Length, Low = low, High = high, Threshold = threshold, Examples = unlike };
    }
}
