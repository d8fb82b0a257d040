using System.Globalization;

namespace Nearfar.Pairs;

/// <summary>How pairs are split by document cluster.</summary>
public sealed record PairSplitOptions
{
    /// <summary>Share of the clusters whose questions go to dev, 0 to 0.5. Default 0.1.</summary>
    public double DevShare { get; init; } = 0.1;

    /// <summary>Share of the clusters whose questions go to the gate, 0 to 0.5. Default 0.2.</summary>
    public double GateShare { get; init; } = 0.2;

    internal void ThrowIfInvalid()
    {
        var problems = new List<string>();
        foreach (var (name, share) in new[] { ("dev", DevShare), ("gate", GateShare) })
        {
            if (!(share is >= 0 and <= 0.5))
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"the {name} share is {share}; wanted 0 to 0.5"));
            }
        }

        if (DevShare + GateShare == 0)
        {
            problems.Add("both shares are 0, so nothing would be split");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems) + ".");
        }
    }
}
