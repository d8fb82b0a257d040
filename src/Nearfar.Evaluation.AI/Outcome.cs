using Microsoft.Extensions.AI.Evaluation;

namespace Nearfar.Evaluation.AI;

/// <summary>Metrics as the pipeline shows them: a value with its interpretation, or an error without a value.</summary>
internal static class Outcome
{
    /// <summary>The context of a type; null when the caller gave none.</summary>
    public static T? Find<T>(IEnumerable<EvaluationContext>? contexts)
        where T : EvaluationContext => contexts?.OfType<T>().LastOrDefault();

    public static NumericMetric Value(string name, double value, EvaluationContext context, EvaluationRating rating, bool failed, string reason)
    {
        var metric = new NumericMetric(name, value, reason) { Interpretation = new EvaluationMetricInterpretation(rating, failed, reason) };
        metric.AddOrUpdateContext(context);
        return metric;
    }

    /// <summary>No value, failed, and why: what is not known is never a score.</summary>
    public static NumericMetric Error(string name, EvaluationContext? context, string reason)
    {
        var metric = new NumericMetric(name, null, reason) { Interpretation = new EvaluationMetricInterpretation(EvaluationRating.Inconclusive, failed: true, reason) };
        metric.AddDiagnostics(EvaluationDiagnostic.Error(reason));
        if (context is not null)
        {
            metric.AddOrUpdateContext(context);
        }

        return metric;
    }

    public static NumericMetric Missing<T>(string name) => Error(name, null, $"no {typeof(T).Name} was given. Add one to additionalContext.");
}
