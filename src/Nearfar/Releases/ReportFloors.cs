using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Pairs;

namespace Nearfar.Releases;

/// <summary>Floors on raw margins at the door where reports come: finds the space that a policy names by its part, and carries floors over on dev.</summary>
/// <remarks>
/// A report says what a model did on one set, and nothing may be tuned on the gate: to carry a floor over, the candidate's report on dev is
/// needed too. Where it is missing and the policy counts on the floor, no decision is made.
/// </remarks>
/// <param name="policy">As stated.</param>
/// <param name="ledger">Knows the current release.</param>
/// <param name="dev">Where floors are carried over; null: the workspace has none.</param>
/// <param name="start">Makes the untrained encoder; null: there is none.</param>
/// <param name="baseEncoder">The frozen encoder of adapters whose folders hold no copy of it; may give null.</param>
/// <param name="devReports">Reports on dev that the caller brings.</param>
internal sealed class ReportFloors(GatePolicy policy, ReleaseLedger ledger, DevSet? dev, Func<IEncoder>? start, Func<IEncoder?> baseEncoder, IReadOnlyList<EvalReport> devReports)
{
    /// <summary>What to do where the space of a floor is not at hand.</summary>
    public const string Otherwise = "name the space id, or put the floor on z_margin_mean or z_margin_hard, which need no space";

    private readonly Lazy<IEncoder?> _start = new(() => start?.Invoke());

    /// <summary>The policy with every space as an id.</summary>
    /// <param name="candidate">The report that is judged.</param>
    /// <param name="reference">What is served now; null: there is none.</param>
    /// <param name="problems">Told of a space that cannot be found.</param>
    public GatePolicy Resolved(EvalReport candidate, EvalReport? reference, List<string> problems)
    {
        // A ranking without vectors has no margins, and is refused for that.
        if (candidate.Space is null)
        {
            return policy;
        }

        var floors = new List<GateFloor>();
        foreach (var floor in policy.Floors)
        {
            floors.Add(floor.Space switch
            {
                "untrained" => floor with { Space = _start.Value?.Space.Id ?? Missing(floor, "this workspace makes no untrained encoder: " + Otherwise, problems) },
                "current" when reference is not null => floor with { Space = reference.Space?.Id ?? Missing(floor, $"the reference \"{reference.Label}\" is a ranking without vectors: {Otherwise}", problems) },
                "current" => floor with { Space = ledger.Current()?.Space ?? Missing(floor, "nothing was released yet: " + Otherwise, problems) },
                _ => floor,
            });
        }

        return policy with { Floors = [.. floors] };
    }

    /// <summary>Carries over every floor of another space that both a source and the candidate were scored for on dev.</summary>
    /// <param name="resolved">Every space as an id.</param>
    /// <param name="candidate">The report that is judged.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <returns>A floor of a space that the policy names by its id stays advice where no report on dev was brought, as at the other door.</returns>
    /// <exception cref="NearfarException">A report on dev is missing or does not belong here; all problems in one message.</exception>
    public async Task<IReadOnlyList<FloorCalibration>> CarryAsync(GatePolicy resolved, EvalReport candidate, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        CheckReports(resolved, candidate, problems);
        var to = devReports.FirstOrDefault(r => r.Space is not null && r.Space.Id == candidate.Space?.Id);
        var calibrations = new List<FloorCalibration>();
        var sources = new Dictionary<string, EvalReport?>(StringComparer.Ordinal);
        foreach (var (stated, floor) in policy.Floors.Zip(resolved.Floors).Where(f => f.Second.Space is not null && f.Second.Space != candidate.Space?.Id))
        {
            bool counted = stated.Space != floor.Space;        // named by the part a model plays: meant to block whatever comes
            if (to is null)
            {
                if (counted)
                {
                    Missing(stated, $"that is {floor.Space}, the candidate is of {candidate.Space}, and carrying it over needs the candidate's scores on dev. Run: nearfar eval --set dev for the same model, and give its report with --dev FILE", problems);
                }

                continue;
            }

            if (!sources.TryGetValue(floor.Space!, out var from))
            {
                sources[floor.Space!] = from = await SourceAsync(floor.Space!, cancellationToken).ConfigureAwait(false);
            }

            if (from is not null && problems.Count == 0)
            {
                calibrations.Add(FloorCalibration.Transfer(floor, from, to, policy.FloorTransfer));
            }
            else if (from is null && counted)
            {
                Missing(stated, $"nobody scored space {floor.Space} on dev. Run: nearfar eval --set dev for that model, and give its report with --dev FILE too", problems);
            }
        }

        ThrowIfAny(problems);
        return calibrations;
    }

    /// <exception cref="NearfarException">There are problems.</exception>
    public static void ThrowIfAny(IReadOnlyCollection<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new NearfarException($"No decision can be made: {string.Join("; ", problems.Distinct())}.");
        }
    }

    private static string? Missing(GateFloor floor, string why, List<string> problems)
    {
        problems.Add($"the floor on {floor.Metric}{(floor.Cohort is { } cohort ? $" of cohort '{cohort}'" : "")} was found in space {floor.Space}; {why}");
        return null;
    }

    // A file that nothing is read from was given by mistake, and what it was meant for would be left undone.
    private void CheckReports(GatePolicy resolved, EvalReport candidate, List<string> problems)
    {
        var spaces = resolved.Floors.Select(f => f.Space).Where(s => s is not null).Append(candidate.Space?.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var report in devReports)
        {
            if (report.IsGateSet)
            {
                problems.Add($"report \"{report.Label}\" given as --dev was made on the gate, on which nothing may be tuned: run nearfar eval --set dev");
            }
            else if (dev is not null && report.SetHash != dev.Hash)
            {
                problems.Add($"report \"{report.Label}\" was made on set {report.SetHash}, dev is {dev.Hash}: score the model anew with nearfar eval --set dev");
            }
            else if (report.Space is null || !spaces.Contains(report.Space.Id))
            {
                problems.Add($"report \"{report.Label}\" given as --dev is of space {report.Space?.ToString() ?? "none"}, which is neither the candidate's nor a floor's: leave it out");
            }
        }

        if (devReports.Count > 0 && resolved.Floors.All(f => f.Space is null || f.Space == candidate.Space?.Id))
        {
            problems.Add("--dev is for floors that were found in another space, and the policy has none: leave it out");
        }
    }

    private async Task<EvalReport?> SourceAsync(string space, CancellationToken cancellationToken)
    {
        if (devReports.FirstOrDefault(r => r.Space?.Id == space) is { } known)
        {
            return known;
        }

        var encoder = dev is null ? null
            : _start.Value is { } untrained && untrained.Space.Id == space ? untrained
            : ledger.Current()?.Space == space && ledger.CurrentModelFolder() is { } folder && Directory.Exists(folder) ? ModelFolder.Load(folder, baseEncoder() ?? _start.Value) : null;
        return encoder is null ? null : await new Evaluator().EvaluateAsync(encoder, dev!, cancellationToken).ConfigureAwait(false);
    }
}
