using System.Globalization;

namespace Nearfar.Training;

/// <summary>Watches for a loss that falls while held-out quality falls too. It keeps nothing that the history does not hold.</summary>
/// <remarks>
/// A fall counts when the loss's mean since the last evaluation is below the mean before it, and recall@5 is below its highest value so far by
/// more than its own standard error and by more than .01. It is told once, and again when recall falls as much further, or falls anew after it
/// had come back. A hint to look, no verdict: the gate tests.
/// </remarks>
internal sealed class TrainingWatch
{
    private const double Least = 0.01;
    private readonly SortedDictionary<string, (double Recall, long Step)> _highest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _told = new(StringComparer.Ordinal);        // recall of the last warning, while it has not come back
    private double _sum;
    private long _count;
    private double? _before;

    /// <summary>Evaluations since the last that was better; the patience of a run.</summary>
    public int Stale { get; private set; }

    /// <summary>A watch that has seen what a history holds.</summary>
    public static TrainingWatch After(TrainingHistory history)
    {
        var watch = new TrainingWatch();
        int next = 0;
        foreach (var evaluation in history.Evaluations)
        {
            for (; next < history.Steps.Count && history.Steps[next].Step <= evaluation.Step; next++)
            {
                watch.Saw(history.Steps[next].Loss);
            }

            watch.Judge(evaluation.Step, evaluation.Score, evaluation.Best);
        }

        for (; next < history.Steps.Count; next++)
        {
            watch.Saw(history.Steps[next].Loss);
        }

        return watch;
    }

    /// <summary>A step's loss.</summary>
    public void Saw(double loss) => (_sum, _count) = (_sum + loss, _count + 1);

    /// <summary>An evaluation; what it warns of, one sentence each.</summary>
    public IReadOnlyList<string> Judge(long step, HeldOutScore score, bool better)
    {
        Stale = better ? 0 : Stale + 1;
        double? mean = _count == 0 ? null : _sum / _count;
        bool falls = mean < _before;
        (_before, _sum, _count) = (mean ?? _before, 0, 0);
        var warnings = new List<string>();
        if (score.Detail is { } detail)
        {
            Look("all questions", detail.Questions, detail.Recall5);
            foreach (var cohort in detail.Cohorts.Where(c => c.Protected))
            {
                Look($"protected cohort {cohort.Name}", cohort.Questions, cohort.Recall5);
            }
        }

        return warnings;

        void Look(string what, int questions, double recall)
        {
            if (!_highest.TryGetValue(what, out var highest) || recall > highest.Recall)
            {
                _highest[what] = (recall, step);
                _told.Remove(what);
                return;
            }

            double error = Math.Max(Least, Math.Sqrt(recall * (1 - recall) / questions));
            if (highest.Recall - recall <= error)
            {
                _told.Remove(what);
            }
            else if (falls && (!_told.TryGetValue(what, out double told) || told - recall > error))
            {
                _told[what] = recall;
                warnings.Add(string.Create(CultureInfo.InvariantCulture,
                    $"The loss falls, and held-out recall@5 of {what} (n {questions}) fell to {recall:0.000} from {highest.Recall:0.000} at step {highest.Step}."));
            }
        }
    }
}
