using Nearfar.Gating;

namespace Nearfar.Releases;

/// <summary>How an opening of the gate enters the ledger, and what the ledger forbids.</summary>
internal static class GateRecord
{
    /// <summary>Writes the ledger's line of a decision.</summary>
    /// <param name="ledger">Where it goes.</param>
    /// <param name="known">What the ledger held when the attempt was counted.</param>
    /// <param name="decision">The decision, saved at <paramref name="path"/>.</param>
    /// <param name="path">Its file.</param>
    /// <param name="space">What identifies the candidate: its space, or the hash of its report.</param>
    /// <param name="run">Its folder under <c>runs/</c>.</param>
    /// <param name="policy">Hash of the policy as the caller stated it.</param>
    /// <exception cref="NearfarException">Another process wrote the ledger meanwhile.</exception>
    public static void Append(ReleaseLedger ledger, IReadOnlyList<LedgerEntry> known, GateDecision decision, string path, string space, string run, string policy) =>
        ledger.Append((sequence, time, previous) => sequence == known.Count + 1
            ? new LedgerEntry
            {
                Sequence = sequence,
                Time = time,
                Previous = previous,
                Event = LedgerEvent.Gate,
                Space = space,
                Run = run,
                GateSet = decision.SetHash,
                Attempt = decision.Attempt,
                Verdict = decision.Verdict.ToString().ToLowerInvariant(),
                Decision = GateOpening.HashOf(path),
                Policy = policy,
            }
            : throw new NearfarException(ledger.Folder, 0, "another process wrote the ledger while this candidate was judged: the number of its attempt is not sure any more. Run it again."));

    /// <summary>A candidate that did not pass is not judged again by a rule that was written after its result was known.</summary>
    /// <exception cref="NearfarException">It was judged on this gate set under another policy and did not pass.</exception>
    public static void ThrowIfPolicyChanged(IEnumerable<LedgerEntry> entries, string space, string gateSet, string policy)
    {
        var other = entries.LastOrDefault(e => e.Event == LedgerEvent.Gate && e.Space == space && e.GateSet == gateSet && e.Policy is not null && e.Policy != policy && e.Verdict != "passed");
        if (other is not null)
        {
            throw new NearfarException($"{space} was {other.Verdict} on this gate set under policy {Short(other.Policy!)} (attempt {other.Attempt}); the policy is {Short(policy)} now. "
                + "A policy is fixed before the gate is opened: restore it, or freeze a new version of the gate set and judge anew.");
        }
    }

    /// <summary>What a reader must know of earlier openings; empty when all were under this policy.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<LedgerEntry> entries, string gateSet, string policy)
    {
        int others = entries.Count(e => e.Event == LedgerEvent.Gate && e.GateSet == gateSet && e.Policy is not null && e.Policy != policy);
        if (others > 0)
        {
            yield return $"the policy was changed after this gate set had been opened: {others} earlier opening{(others == 1 ? " was" : "s were")} judged under another one";
        }
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
