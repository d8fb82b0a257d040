namespace Nearfar.Training.Optimization;

/// <summary>Linear warm-up, then the schedule.</summary>
/// <param name="Peak">The highest rate, above 0.</param>
/// <param name="Steps">Updates in all.</param>
/// <param name="WarmupShare">Share of the steps that climb, 0 to 1.</param>
/// <param name="Schedule">What follows the climb. Default: linear decay to 0.</param>
public readonly record struct LearningRate(double Peak, long Steps, double WarmupShare, RateSchedule Schedule = RateSchedule.Linear)
{
    /// <summary>The rate of an update.</summary>
    /// <param name="step">1 to <see cref="Steps"/>; the last still moves (1 / decaying steps of the peak when linear).</param>
    public double At(long step)
    {
        long warm = Math.Max(1, (long)(WarmupShare * Steps));
        double climb = (double)step / warm;
        double left = Math.Clamp((double)(Steps - step + 1) / Math.Max(1, Steps - warm), 0, 1);
        double fall = Schedule switch { RateSchedule.Constant => 1, RateSchedule.Cosine => SineSquared(left), _ => left };
        return Peak * Math.Min(1, Math.Min(climb, fall));
    }

    // (1 + cos(pi (1 - x))) / 2 = sin^2(pi x / 2), by its series: the system's cosine differs in its last bit from machine to machine.
    private static double SineSquared(double x)
    {
        double y = x * (Math.PI / 2), term = y, sine = y;
        for (int n = 2; n <= 24; n += 2)
        {
            term *= -y * y / (n * (n + 1));
            sine += term;
        }

        return sine * sine;
    }
}
