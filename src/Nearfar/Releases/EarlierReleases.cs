using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Pairs;

namespace Nearfar.Releases;

/// <summary>What was released before, scored on today's gate set: the line against which slow decline shows (G4), whichever door a candidate comes by.</summary>
/// <param name="ledger">Names the releases, and the served rankings that passed.</param>
/// <param name="output">Holds <c>reports/</c> and <c>runs/</c>.</param>
/// <param name="gate">The set that everything is scored on.</param>
/// <param name="baseEncoder">The frozen encoder of adapters whose folders hold no copy of it; may give null.</param>
internal sealed class EarlierReleases(ReleaseLedger ledger, string output, GateSet gate, Func<IEncoder?> baseEncoder)
{
    /// <summary>Releases that stand, newest first, at most the policy's number, without the current one where that is the reference. One that was taken back is no standard.</summary>
    /// <param name="policy">How far to look back.</param>
    /// <param name="entries">The ledger.</param>
    /// <param name="candidate">Its space is nobody's earlier release.</param>
    /// <param name="referenceSpace">Space of the reference that plays the current release; null: there is none.</param>
    /// <param name="notes">Told of releases that cannot be scored any more.</param>
    /// <param name="cancellationToken">Stops between releases.</param>
    public async Task<IReadOnlyList<EarlierRelease>> OfModelsAsync(
        GatePolicy policy, IReadOnlyList<LedgerEntry> entries, string candidate, string? referenceSpace, List<string> notes, CancellationToken cancellationToken)
    {
        var earlier = new List<EarlierRelease>();
        var standing = ReleaseLedger.Standing(entries);
        bool isCurrent = policy.Reference == ReferenceKind.Current && standing.Count > 0 && standing[^1].Space == referenceSpace;
        foreach (var release in standing.SkipLast(isCurrent ? 1 : 0).Reverse().Where(r => r.Space != candidate).Take(policy.History))
        {
            string folder = ledger.ModelFolder(release.Space);
            if (!Directory.Exists(folder))
            {
                notes.Add($"release {release.Run} ({release.Space}) cannot be scored any more, its folder is gone: the candidate was not held against it (G4)");
                continue;
            }

            var report = await CachedAsync(ReportPath(release.Space), release.Space, gate,
                () => new Evaluator().EvaluateAsync(ModelFolder.Load(folder, baseEncoder()), gate, cancellationToken)).ConfigureAwait(false);
            earlier.Add(new EarlierRelease(earlier.Exists(e => e.Name == release.Run) ? $"{release.Run} {release.Space}" : release.Run, report));
        }

        return earlier;
    }

    /// <summary>Served rankings that passed on this gate set before the reference did, and what they were compared with, newest first.</summary>
    /// <param name="policy">How far to look back.</param>
    /// <param name="entries">The ledger.</param>
    /// <param name="candidate">The report that is judged.</param>
    /// <param name="reference">What is served now; null: there is none.</param>
    public IReadOnlyList<EarlierRelease> OfServed(GatePolicy policy, IReadOnlyList<LedgerEntry> entries, EvalReport candidate, EvalReport? reference)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { ServedName(candidate) };
        string? now = reference is null ? null : ServedName(reference);
        var passed = entries.Where(e => e is { Event: LedgerEvent.Gate, Verdict: "passed" } && e.GateSet == gate.Hash && e.Run.StartsWith("served-", StringComparison.Ordinal)).ToList();
        int last = passed.FindLastIndex(e => e.Run == now);
        var earlier = new List<EarlierRelease>();
        foreach (var entry in passed.Take(last < 0 ? passed.Count : last + 1).Reverse())
        {
            foreach (string file in (string[])["report.json", "reference.json"])
            {
                string path = Path.Combine(output, "runs", entry.Run, file);
                if (earlier.Count < policy.History && File.Exists(path) && EvalReportJson.Load(path) is { } report && report.SetHash == gate.Hash
                    && ServedName(report) is var name && name != now && seen.Add(name))
                {
                    earlier.Add(new EarlierRelease(name, report));
                }
            }
        }

        return earlier;
    }

    /// <summary>How a report that no run made is called in the ledger and under <c>runs/</c>.</summary>
    public static string ServedName(EvalReport report) => $"served-{report.ComputeHash()[..12]}";

    /// <summary>Where a reference's report on this set is kept.</summary>
    public string ReportPath(string? space) => Path.Combine(output, "reports", $"{space ?? "bm25"}.{gate.Hash[..12]}.json");

    /// <summary>A report is a function of model and set: one that was written of both is read back, any other is made again.</summary>
    public static async Task<EvalReport> CachedAsync(string path, string? space, GateSet gate, Func<Task<EvalReport>> evaluate)
    {
        if (File.Exists(path) && EvalReportJson.Load(path) is { } known && known.SetHash == gate.Hash && known.Space?.Id == space)
        {
            return known;
        }

        var report = await evaluate().ConfigureAwait(false);
        EvalReportJson.Save(path, report);
        return report;
    }
}
