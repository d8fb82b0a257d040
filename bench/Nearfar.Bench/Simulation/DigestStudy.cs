using System.Security.Cryptography;
using Nearfar.Gating;

namespace Nearfar.Bench.Simulation;

/// <summary>One hash over whole decisions of many small and large worlds: what makes a decision faster must not move a byte of it.</summary>
internal static class DigestStudy
{
    public static void Run(Study study)
    {
        var power = PlantedSet.Create(PlantedSet.PowerLaw, study.Seed);
        var alone = PlantedSet.Create(PlantedSet.PowerLaw, study.Seed, single: true, families: false);
        var tenth = PlantedSet.Create([.. PlantedSet.PowerLaw.Select(n => Math.Max(2, n / 10))], study.Seed);
        var few = PlantedSet.Create([40, 25, 12, 7, 3, 2], study.Seed);
        var cohort = PlantedSet.IntentKey(3);
        study.Head("### Decisions, SHA-256 of their JSON one after another", "world", "repetitions", "digest", "passed, inconclusive, blocked");
        foreach (var (name, set, truth, policy, repetitions) in new (string, PlantedSet, PlantedTruth, GatePolicy, int)[]
        {
            ("whole policy, power law, 10 %", power, new PlantedTruth(), Study.Whole, 20),
            ("whole policy, power law, 3 %, tail", power, new PlantedTruth { Discordant = 0.03, Shape = MarginShape.Tail }, Study.Whole, 20),
            ("joint test, a fall", power, new PlantedTruth { Falls = [(cohort, 0.1)] }, Study.Joint, 20),
            ("joint test, 9,999 flips", power, new PlantedTruth { ChangeSpread = 0.02 }, Study.Joint with { Flips = 9999 }, 10),
            ("floors of a family", alone, new PlantedTruth { Discordant = 0.03, DocumentSpread = 0, LeastMargin = 0.18, Margins = new Dictionary<int, double> { [11] = 0.14 } }, Study.Joint with { Floors = [Study.Floor] }, 20),
            ("whole policy, a tenth", tenth, new PlantedTruth { Falls = [(cohort, 0.3)] }, Study.Whole, 100),
            ("a tenth, attempt 3", tenth, new PlantedTruth { Fall = 0.02 }, Study.Joint, 100),
            ("few questions", few, new PlantedTruth { Discordant = 0.3, Fall = 0.1 }, Study.Joint with { Protected = [PlantedSet.IntentKey(1), PlantedSet.IntentKey(3)] }, 200),
        })
        {
            int attempt = name.EndsWith('3') ? 3 : 1;
            var seen = study.Run(repetitions, i =>
            {
                var decision = Trial.Run(set, truth, policy, study.Seed, i, attempt).Decision;
                return (Bytes: GateDecisionJson.ToUtf8(decision), decision.Verdict);
            });
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var (bytes, _) in seen)
            {
                hash.AppendData(bytes);
            }

            study.Row(name, seen.Length, Convert.ToHexStringLower(hash.GetHashAndReset())[..16],
                $"{seen.Count(s => s.Verdict == Verdict.Passed)}, {seen.Count(s => s.Verdict == Verdict.Inconclusive)}, {seen.Count(s => s.Verdict == Verdict.Blocked)}");
        }
    }
}
