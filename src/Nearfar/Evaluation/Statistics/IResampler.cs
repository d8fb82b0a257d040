namespace Nearfar.Evaluation.Statistics;

/// <summary>Draws resamples of many sums at once, <see cref="StepDown.Lanes"/> at a time. Each thread has its own.</summary>
internal interface IResampler
{
    /// <param name="block">Which resamples: <paramref name="block"/> x <see cref="StepDown.Lanes"/> and those after. What is drawn depends on it alone.</param>
    /// <param name="lanes">How many of them are wanted; the other lanes may hold anything.</param>
    /// <param name="sums">Receives the sums [tests, Lanes].</param>
    void Draw(int block, int lanes, Span<int> sums);
}
