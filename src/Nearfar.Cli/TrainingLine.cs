using System.Globalization;
using Nearfar.Training;

namespace Nearfar.Cli;

/// <summary>One line of progress: pairs a second, loss, dev quality, time left.</summary>
internal sealed class TrainingLine(Action<string> say) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => say(string.Create(CultureInfo.InvariantCulture,
        $"{(value.Recipe is { } recipe ? recipe + ": " : "")}step {value.Step}/{value.Steps}, {value.PairsPerSecond:N0} pairs/s, loss {value.Loss:0.0000}, dev nDCG@10 {value.HeldOut?.Ndcg10:0.000} (best {value.Best?.Ndcg10:0.000} at {value.BestStep}), {Left(value.TimeLeft)} left"));

    private static string Left(TimeSpan? time) => time is { } t ? t.TotalMinutes >= 1 ? $"{(int)t.TotalMinutes} min {t.Seconds} s" : $"{Math.Ceiling(t.TotalSeconds)} s" : "?";
}
