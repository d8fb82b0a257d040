using System.Globalization;
using Microsoft.Extensions.AI.Evaluation;
using Nearfar.Evaluation.Ranking;

namespace Nearfar.Evaluation.AI;

/// <summary>What the ranking evaluators share: the floor and the errors.</summary>
/// <param name="name">Of the metric.</param>
/// <param name="floor">Lowest value that passes, 0 to 1; null: nothing passes or fails.</param>
/// <param name="measure">The measure of a judged ranking.</param>
internal sealed class RankingEvaluation(string name, double? floor, Func<JudgedRanking, double> measure)
{
    public string Name => name;

    public static void ThrowUnlessValid(int k, double? floor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (floor is not (null or (>= 0 and <= 1)))
        {
            throw new ArgumentOutOfRangeException(nameof(floor), floor, "A floor lies from 0 to 1.");
        }
    }

    public EvaluationResult Evaluate(IEnumerable<EvaluationContext>? contexts)
    {
        if (Outcome.Find<RankingContext>(contexts) is not { } context)
        {
            return new EvaluationResult(Outcome.Missing<RankingContext>(name));
        }

        if (!context.Relevance.Any(r => r.Value >= 1))
        {
            return new EvaluationResult(Outcome.Error(name, context, "no document is judged relevant: the measure is not defined."));
        }

        try
        {
            double value = measure(new JudgedRanking(context.Ranking, context.Relevance));
            bool failed = value < floor;
            var rating = floor is null ? EvaluationRating.Unknown : failed ? EvaluationRating.Unacceptable : EvaluationRating.Good;
            string reason = string.Create(CultureInfo.InvariantCulture, $"{name} {value:0.000}{(floor is { } least ? $", floor {least:0.000}" : "; no floor was set")}");
            return new EvaluationResult(Outcome.Value(name, value, context, rating, failed, reason));
        }
        catch (ArgumentException e)      // a document ranked twice
        {
            return new EvaluationResult(Outcome.Error(name, context, e.Message));
        }
    }
}
