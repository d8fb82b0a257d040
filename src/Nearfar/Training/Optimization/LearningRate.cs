namespace Nearfar.Training.Optimization;

/// <summary>Linear warm-up, then linear decay to 0.</summary>
/// <param name="Peak">The highest rate, above 0.</param>
/// <param name="Steps">Updates in all.</param>
/// <param name="WarmupShare">Share of the steps that climb, 0 to 1.</param>
public readonly record struct LearningRate(double Peak, long Steps, double WarmupShare)
{
    /// <summary>The rate of an update.</summary>
    /// <param name="step">1 to <see cref="Steps"/>; the last still moves (1 / decaying steps of the peak).</param>
    public double At(long step)
    {
        long warm = Math.Max(1, (long)(WarmupShare * Steps));
        double climb = (double)step / warm;
        double fall = (double)(Steps - step + 1) / Math.Max(1, Steps - warm);
        return Peak * Math.Min(1, Math.Min(climb, Math.Max(0, fall)));
    }
}
