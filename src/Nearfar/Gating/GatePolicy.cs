using System.Buffers;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Security.Cryptography;
using Nearfar.Evaluation;

namespace Nearfar.Gating;

/// <summary>What a candidate is compared with.</summary>
public enum ReferenceKind
{
    /// <summary>The current release, scored again on the same set; while there is none, BM25 and the untrained encoder, both.</summary>
    Current,

    /// <summary>Keyword search.</summary>
    Bm25,

    /// <summary>The encoder before training.</summary>
    Untrained,

    /// <summary>A release before the current one (G4). No policy is compared with it alone.</summary>
    Earlier,
}

/// <summary>What an inconclusive verdict means for a script.</summary>
public enum InconclusiveAction
{
    /// <summary>Exit 3: collect data.</summary>
    Stop,

    /// <summary>Exit 0, by the policy's explicit word.</summary>
    Pass,

    /// <summary>Exit 2, by the policy's explicit word.</summary>
    Block,
}

/// <summary>A least value that a measure must reach.</summary>
/// <param name="Cohort">
/// Null: all questions. A cohort: it must be proven to reach the floor. A family, <c>attribute=*</c>: every cohort of the attribute is tested,
/// the proven miss of one blocks, and what is open changes no verdict.
/// </param>
/// <param name="Metric">A retrieval measure, or a margin.</param>
/// <param name="Value">The least mean.</param>
/// <param name="Space">For raw margins: id of the space the value was found in. Without it, or in another space without calibration, the floor is advice.</param>
public sealed record GateFloor(CohortKey? Cohort, string Metric, double Value, string? Space = null)
{
    /// <summary>Whether it stands on every cohort of an attribute.</summary>
    public bool IsFamily => Cohort is { Value: "*" };

    internal bool Covers(QueryScore row) => Cohort is not { } cohort
        || (IsFamily ? row.Cohorts.ContainsKey(cohort.Attribute) : PairedReports.CohortOf(row, cohort.Attribute) == cohort.Value);
}

/// <summary>The rule of a gate, fixed before anything is measured.</summary>
public sealed record GatePolicy
{
    /// <summary>The retrieval measure that decides, k as the product uses it. Default <c>recall@5</c>.</summary>
    public string Metric { get; init; } = MetricNames.Recall(5);

    /// <summary>Largest fall of the overall mean that is accepted, above 0 and below 1. Default .02.</summary>
    public double Tolerance { get; init; } = 0.02;

    /// <summary>Cohorts that must be proven fine themselves (G2).</summary>
    public IReadOnlyList<CohortKey> Protected { get; init; } = [];

    /// <summary>Largest accepted fall of a protected cohort. Default .05.</summary>
    public double ProtectedTolerance { get; init; } = 0.05;

    /// <summary>Largest observed fall of any other cohort that does not block although it is proven (G3). Default .05.</summary>
    public double OtherTolerance { get; init; } = 0.05;

    /// <summary>
    /// Measures tested in every cohort beside the main one, under the same budget (G3, G4), each with the observed fall that it takes to block:
    /// retrieval measures, or z-margins. Null: nDCG@10 with <see cref="OtherTolerance"/>, where the reports have it.
    /// </summary>
    public IReadOnlyDictionary<string, double>? JointMetrics { get; init; }

    /// <summary>How many releases before the current one the candidate is held against (G4), 0 to 20. Default 3.</summary>
    public int History { get; init; } = 3;

    /// <summary>Tolerances of single cohorts in the main measure, in place of the two above.</summary>
    public IReadOnlyDictionary<CohortKey, double> Tolerances { get; init; } = ReadOnlyDictionary<CohortKey, double>.Empty;

    /// <summary>Least values.</summary>
    public IReadOnlyList<GateFloor> Floors { get; init; } = [];

    /// <summary>How floors on raw margins come into another space. Default <see cref="FloorTransfer.Spread"/>.</summary>
    public FloorTransfer FloorTransfer { get; init; } = FloorTransfer.Spread;

    /// <summary>Cohorts without which no decision is made; protected ones and those with a floor always are.</summary>
    public IReadOnlyList<CohortKey> Required { get; init; } = [];

    /// <summary>What the candidate is compared with. Default <see cref="ReferenceKind.Current"/>.</summary>
    public ReferenceKind Reference { get; init; } = ReferenceKind.Current;

    /// <summary>Largest accepted share of questions with a forbidden document in the top k; null: reported, not tested.</summary>
    public double? ViolationLimit { get; init; }

    /// <summary>Largest accepted mean share of unjudged documents in the top k; null: not limited.</summary>
    public double? UnjudgedLimit { get; init; }

    /// <summary>Largest accepted tie sensitivity of the measure; null: <see cref="Tolerance"/>.</summary>
    public double? TieLimit { get; init; }

    /// <summary>What an inconclusive verdict means for a script. Default <see cref="InconclusiveAction.Stop"/>.</summary>
    public InconclusiveAction OnInconclusive { get; init; } = InconclusiveAction.Stop;

    /// <summary>Resamples: sign flips of the joint test of the other cohorts, draws of a family of floors; 999 to 99,999. Default 9,999.</summary>
    public int Flips { get; init; } = 9999;

    /// <summary>Seed of the flips. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>All that is wrong with the policy, each as one clause; empty when it can be used.</summary>
    public IReadOnlyList<string> FindProblems()
    {
        var problems = new List<string>();
        void Check(bool fine, string problem)
        {
            if (!fine)
            {
                problems.Add(problem);
            }
        }

        Check(Metric is not null && MetricNames.IsRetrieval(Metric), $"metric \"{Metric}\" is no retrieval measure; wanted is one such as recall@5 or ndcg@10");
        Check(IsShare(Tolerance), Range("tolerance", Tolerance));
        Check(IsShare(ProtectedTolerance), Range("protected tolerance", ProtectedTolerance));
        Check(IsShare(OtherTolerance), Range("tolerance of other cohorts", OtherTolerance));
        Check(ViolationLimit is null || IsShare(ViolationLimit.Value), Range("violation limit", ViolationLimit ?? 0));
        Check(UnjudgedLimit is null or (>= 0 and <= 1), Range("unjudged limit", UnjudgedLimit ?? 0));
        Check(TieLimit is null or (>= 0 and < 1), Range("tie limit", TieLimit ?? 0));
        Check(History is >= 0 and <= 20, $"history must be 0 to 20 releases, not {History}");
        foreach (var (metric, tolerance) in JointMetrics ?? ReadOnlyDictionary<string, double>.Empty)
        {
            Check(MetricNames.IsRetrieval(metric) || MetricNames.IsZMargin(metric), $"jointly tested \"{metric}\" is neither a retrieval measure nor a z-margin");
            Check(MetricNames.IsZMargin(metric) ? tolerance > 0 && double.IsFinite(tolerance) : IsShare(tolerance), Range($"tolerance of {metric}", tolerance));
            Check(metric != Metric, $"{metric} is the main measure already and stands among the jointly tested ones too");
        }

        Check(Flips is >= 999 and <= 99_999, $"flips must be 999 to 99999, not {Flips}");
        Check(Enum.IsDefined(Reference) && Reference != ReferenceKind.Earlier, $"reference {(int)Reference} is not one to compare with: wanted is current, bm25 or untrained");
        Check(Enum.IsDefined(FloorTransfer), $"floor transfer {(int)FloorTransfer} is not known");
        Check(Enum.IsDefined(OnInconclusive), $"action {(int)OnInconclusive} is not known");
        foreach (var (cohort, tolerance) in Tolerances)
        {
            Check(IsCohort(cohort) && IsShare(tolerance), Range($"tolerance of cohort \"{cohort}\"", tolerance));
        }

        foreach (var cohort in Protected.Concat(Required))
        {
            Check(IsCohort(cohort), $"cohort \"{cohort}\" has no attribute or no value");
        }

        foreach (var floor in Floors)
        {
            Check(floor.Cohort is null || IsCohort(floor.Cohort.Value), $"the cohort of a floor, \"{floor.Cohort}\", has no attribute or no value");
            Check(IsFloorMetric(floor.Metric), $"floor on \"{floor.Metric}\": wanted is a retrieval measure or a margin");
            Check(double.IsFinite(floor.Value), $"floor on \"{floor.Metric}\" is not a number");
            Check(!MetricNames.IsUnit(floor.Metric) || floor.Value is > 0 and < 1, $"floor {Show(floor.Value)} on \"{floor.Metric}\" must lie between 0 and 1");
            Check(floor.Space is null || (MetricNames.IsRawMargin(floor.Metric) && !string.IsNullOrWhiteSpace(floor.Space)),
                $"floor on \"{floor.Metric}\" names a space; only raw margins take one");
        }

        Check(Floors.DistinctBy(f => (f.Cohort, f.Metric)).Count() == Floors.Count, "two floors stand on the same cohort and measure");
        return problems;
    }

    /// <summary>SHA-256 (64 hex) of the policy's canonical JSON: equal policies have equal hashes, in whatever order their lists were written.</summary>
    public string ComputeHash() => Convert.ToHexStringLower(SHA256.HashData(ToUtf8()));

    /// <summary>The policy as canonical UTF-8 JSON.</summary>
    public byte[] ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = JsonFiles.Writer(buffer))
        {
            GatePolicyJson.Write(json, this);
        }

        return buffer.WrittenSpan.ToArray();
    }

    internal double ToleranceOf(CohortKey cohort) =>
        Tolerances.TryGetValue(cohort, out double own) ? own : Protected.Contains(cohort) ? ProtectedTolerance : OtherTolerance;

    /// <summary>The observed fall that blocks in a jointly tested measure.</summary>
    internal double ToleranceOf(CohortKey? cohort, string metric) => metric != Metric
        ? JointMetrics?.GetValueOrDefault(metric, OtherTolerance) ?? OtherTolerance
        : cohort is { } key ? ToleranceOf(key) : Tolerance;

    internal void ThrowUnlessValid()
    {
        var problems = FindProblems();
        if (problems.Count > 0)
        {
            throw new ArgumentException($"Gate policy: {string.Join("; ", problems)}.");
        }
    }

    private static bool IsShare(double value) => value is > 0 and < 1;

    private static bool IsCohort(CohortKey cohort) => !string.IsNullOrWhiteSpace(cohort.Attribute) && !string.IsNullOrEmpty(cohort.Value);

    private static bool IsFloorMetric(string metric) =>
        metric is not null && (MetricNames.IsRetrieval(metric) || MetricNames.IsRawMargin(metric) || MetricNames.IsZMargin(metric));

    private static string Range(string what, double value) => $"{what} must lie between 0 and 1, not {Show(value)}";

    private static string Show(double value) => value.ToString(CultureInfo.InvariantCulture);
}
