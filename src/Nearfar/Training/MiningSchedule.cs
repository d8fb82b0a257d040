using System.Globalization;

namespace Nearfar.Training;

/// <summary>When hard negatives are mined anew inside a run, by the model as it is then.</summary>
/// <remarks>Xiong et al. 2020 (ANCE), arXiv:2007.00808. Differs: new negatives come into force at a fixed step, not when they happen to be ready, so that speed decides nothing.</remarks>
public sealed record MiningSchedule
{
    /// <summary>Steps from one mining to the next, at least 1; the first comes after as many steps.</summary>
    public required int Every { get; init; }

    /// <summary>Mine on another thread while training goes on. Default false: training waits.</summary>
    public bool Asynchronous { get; init; }

    /// <summary>Intervals from the model that mined to the step its negatives come into force at, 0 or 1. Default null: 1 when asynchronous, else 0.</summary>
    /// <remarks>Waiting with a lag of 1 gives the bytes of mining beside the training.</remarks>
    public int? Lag { get; init; }

    internal int Intervals => Lag ?? (Asynchronous ? 1 : 0);

    /// <summary>What is wrong with these values, one sentence each; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Every < 1)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"Mining.Every is {Every}; wanted at least 1."));
        }

        if (Lag is < 0 or > 1)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"Mining.Lag is {Lag}; wanted 0 or 1."));
        }

        if (Asynchronous && Lag == 0)
        {
            problems.Add("Mining.Lag is 0, and what is mined beside the training comes into force an interval later: leave it out, or do not mine asynchronously.");
        }

        return problems;
    }

    // Whether training waits decides no byte; the lag does.
    internal string Word() => string.Create(CultureInfo.InvariantCulture, $"every {Every}, lag {Intervals}");
}
