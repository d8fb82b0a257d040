namespace Nearfar.Training;

/// <summary>Chooses the step of a run by held-out quality and keeps its parameters; the start is a candidate too.</summary>
/// <param name="encoder">Being trained.</param>
/// <param name="heldOut">Scores it.</param>
/// <param name="average">Of its parameters; null: none is kept.</param>
internal sealed class StepChoice<TEncoder>(TEncoder encoder, IHeldOutScorer<TEncoder> heldOut, ParameterAverage? average) where TEncoder : ITrainableEncoder<int>
{
    /// <summary>The chosen step; 0: the start.</summary>
    public long Step { get; private set; }

    /// <summary>Its score.</summary>
    public HeldOutScore Best { get; private set; }

    /// <summary>Its parameters, as <see cref="ITrainableEncoder{TInput}.LoadParameters"/> reads them.</summary>
    public byte[] Parameters { get; private set; } = [];

    /// <summary>The score of the last candidate.</summary>
    public HeldOutScore Last { get; private set; }

    /// <summary>Scores the start.</summary>
    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        Best = Last = await ScoreAsync(cancellationToken);
        using var parameters = new MemoryStream();
        encoder.SaveParameters(parameters);
        Parameters = parameters.ToArray();
    }

    /// <summary>Stands where a checkpoint stood.</summary>
    public void Resume(Checkpoint checkpoint) =>
        (Step, Best, Last, Parameters) = (checkpoint.BestStep, checkpoint.Best, checkpoint.HeldOut, checkpoint.BestParameters.ToArray());

    /// <summary>Scores the encoder after a step, as it is and with the average of its parameters: the better one stands for the step, ties go to the parameters.</summary>
    /// <returns>Whether the step is chosen from now on, and whether the average stands for it.</returns>
    public async ValueTask<(bool Better, bool Averaged)> JudgeAsync(long step)
    {
        Last = await ScoreAsync(CancellationToken.None);
        bool averaged = false;
        if (average is { HasValue: true })
        {
            var mean = await average.WithAsync(encoder, () => ScoreAsync(CancellationToken.None));
            averaged = mean.IsBetterThan(Last);
            Last = averaged ? mean : Last;
        }

        bool better = Last.IsBetterThan(Best);
        if (better)
        {
            (Best, Step) = (Last, step);
            Keep(averaged);
        }

        return (better, averaged);
    }

    private void Keep(bool averaged)
    {
        if (averaged)
        {
            average!.Bytes.CopyTo(Parameters, 0);
        }
        else
        {
            encoder.SaveParameters(new MemoryStream(Parameters));       // the same length every time
        }
    }

    private async ValueTask<HeldOutScore> ScoreAsync(CancellationToken cancellationToken)
    {
        var score = await heldOut.ScoreAsync(encoder, cancellationToken);
        return double.IsFinite(score.Ndcg10) && double.IsFinite(score.Margin ?? 0)
            ? score
            : throw new NearfarException($"The held-out score is nDCG@10 {score.Ndcg10}, margin {score.Margin}; wanted finite numbers. Check the dev set.");
    }
}
