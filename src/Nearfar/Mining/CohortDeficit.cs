using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>Which values of a cohort attribute are weak on the dev set, and so get more negatives. Never measured on the gate. Immutable, thread-safe.</summary>
/// <remarks>
/// With m the mean nDCG@10 of dev and m_v that of value v, drawn towards m as if by ten average questions, the factor of v is (1 - m_v) / (1 - m),
/// held between 1/2 and 2. A question gets per_query times the factor of its value, rounded, at least 1.
/// </remarks>
public sealed class CohortDeficit
{
    private const string Metric = "ndcg@10";
    private const double AverageQuestions = 10;
    private readonly CohortResolver _resolver;

    private CohortDeficit(string attribute, IReadOnlyDictionary<string, double> factors, CohortResolver resolver)
    {
        Attribute = attribute;
        Factors = factors;
        _resolver = resolver;
    }

    /// <summary>The cohort attribute.</summary>
    public string Attribute { get; }

    /// <summary>Factor of each value seen in dev, 1/2 to 2; any other value has 1.</summary>
    public IReadOnlyDictionary<string, double> Factors { get; }

    /// <summary>Evaluates an encoder on dev.</summary>
    /// <param name="encoder">The model that is mined.</param>
    /// <param name="dev">Held-out questions for such choices.</param>
    /// <param name="attribute">A declared cohort attribute.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="NearfarException">Dev has no such attribute.</exception>
    public static async Task<CohortDeficit> MeasureAsync(IEncoder encoder, DevSet dev, string attribute, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dev);
        ThrowUnlessDeclared(dev, attribute);
        return FromReport(await new Evaluator().EvaluateAsync(encoder, dev, cancellationToken).ConfigureAwait(false), dev, attribute);
    }

    /// <summary>Reads a report on dev.</summary>
    /// <param name="report">Of the model that is mined, or of any other; not on a gate set.</param>
    /// <param name="dev">The set that was scored.</param>
    /// <param name="attribute">A declared cohort attribute.</param>
    /// <exception cref="NearfarException">A report on another set, or without that attribute or nDCG@10.</exception>
    public static CohortDeficit FromReport(EvalReport report, DevSet dev, string attribute)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(dev);
        ThrowUnlessDeclared(dev, attribute);
        if (report.IsGateSet || report.SetHash != dev.Hash)
        {
            throw new NearfarException($"The report {report.Label} is on {(report.IsGateSet ? "the gate, which nothing is tuned on" : $"another set ({report.SetName})")}; weak cohorts are read from dev. Run: nearfar eval --set dev");
        }

        if (!report.Metrics.TryGetValue(Metric, out var all) || !report.Cohorts.TryGetValue(attribute, out var values))
        {
            throw new NearfarException($"The report {report.Label} has no {Metric} by \"{attribute}\". Run: nearfar eval --set dev");
        }

        var factors = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (value, score) in values.Where(v => v.Value.Metrics.ContainsKey(Metric)))
        {
            double mean = ((score.N * score.Metrics[Metric].Mean) + (AverageQuestions * all.Mean)) / (score.N + AverageQuestions);
            factors[value] = all.Mean < 1 ? Math.Clamp((1 - mean) / (1 - all.Mean), 0.5, 2) : 1;
        }

        return new CohortDeficit(attribute, factors, new CohortResolver(dev.Rules, dev.AsOf));
    }

    /// <summary>Negatives wanted for a training pair.</summary>
    internal int QuotaOf(Pair pair, Document positive, int perQuery)
    {
        double factor = Factors.GetValueOrDefault(_resolver.Resolve(pair, positive)[Attribute], 1);
        return Math.Max(1, (int)Math.Round(perQuery * factor, MidpointRounding.AwayFromZero));
    }

    private static void ThrowUnlessDeclared(DevSet dev, string attribute)
    {
        string[] declared = [.. dev.Rules.Select(r => r.Attribute).Where(a => a != PageCohort.Attribute)];        // a training page is known by definition
        if (!declared.Contains(attribute, StringComparer.Ordinal))
        {
            throw new NearfarException($"mining.by_cohort: {NearestName.Unknown("cohort", attribute, declared)}");
        }
    }
}
