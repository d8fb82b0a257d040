using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Search;
using Nearfar.Tests.Mining;
using Nearfar.Tests.Pairs;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Releases;

public class ReportGateTests
{
    private static readonly FixedClock s_clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private static readonly GateSet Gate = TinyShop.Data().Gate;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What a search service returned: keyword search, from some rank on turned round.</summary>
    private sealed class Served(string name, int spoiled) : IRanker
    {
        public string Name => name;

        public async ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int depth, CancellationToken cancellationToken)
        {
            var hits = await new Bm25Index(Gate.Corpus).RankAsync(queries, depth, cancellationToken);
            return [.. hits.Select((h, q) => q >= spoiled ? h : (IReadOnlyList<Hit>)[.. h.Reverse().Select((hit, i) => new Hit(hit.Document, -i))])];
        }
    }

    private static Task<EvalReport> ReportAsync(string name, int spoiled = 0) => new Evaluator().EvaluateAsync(new Served(name, spoiled), Gate, Token);

    private static GatePolicy Policy(ReferenceKind reference = ReferenceKind.Current) => new() { Reference = reference, Tolerance = 0.3, TieLimit = 0.9, Flips = 999 };

    [Fact]
    public async Task JudgeAsync_ServedRanking_IsDecidedCountedAndReadBack()
    {
        using var folder = new Folder();
        var gate = new ReportGate(Gate, Policy(), folder.Path, s_clock);
        var now = await ReportAsync("now");
        var next = await ReportAsync("next");
        var verdict = await gate.JudgeAsync(next, now, Token);
        Assert.Equal(Verdict.Passed, verdict.Decision.Verdict);
        Assert.Null(verdict.Decision.Candidate.Space);
        Assert.Empty(verdict.Decision.Earlier);                   // nothing passed before
        var again = await gate.JudgeAsync(next, now, Token);
        Assert.Equal(1, again.Decision.Attempt);
        var entry = Assert.Single(new ReleaseLedger(folder["releases"], s_clock).Read());
        Assert.Equal(("passed", 1), (entry.Verdict, entry.Attempt));
        Assert.StartsWith("report-", entry.Space, StringComparison.Ordinal);
        Assert.Equal(Policy().ComputeHash(), entry.Policy);

        var spoiled = await gate.JudgeAsync(await ReportAsync("spoiled", 80), now, Token);
        Assert.Equal((Verdict.Blocked, 2), (spoiled.Decision.Verdict, spoiled.Decision.Attempt));
    }

    [Fact]
    public async Task JudgeAsync_SameModelByBothDoors_SameVerdictAndNumbers()
    {
        using var folder = new Folder();
        var data = TinyShop.Data();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Assert.Equal(LoopEnd.Released, (await new ReleaseLoop(data, options with { Training = options.Training with { Seed = seed } }, s_clock).RunAsync(new LoopProgress(), Token)).End);
        }

        var entries = new ReleaseLedger(folder["releases"], s_clock).Read();
        var byRun = GateDecisionJson.Load(folder["runs/003/decision.json"]);
        Assert.Equal("001", Assert.Single(byRun.Earlier).Label);
        // The folder as it was when run 003 came to the gate, but for the run itself: then its finished report is gated instead.
        var candidate = EvalReportJson.Load(folder["runs/003/report.json"]);
        var reference = EvalReportJson.Load(folder["runs/002/report.json"]);
        using var other = new Folder();
        string third = entries.First(e => e.Run == "003").Space;
        foreach (string file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(f => !f.Contains("003", StringComparison.Ordinal) && !f.Contains(third, StringComparison.Ordinal)))
        {
            string to = Path.Combine(other.Path, Path.GetRelativePath(folder.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        File.Delete(other["releases/ledger.jsonl"]);
        File.Delete(other["releases/ledger.head"]);
        var ledger = new ReleaseLedger(other["releases"], s_clock);
        foreach (var entry in entries.TakeWhile(e => e.Run != "003"))
        {
            ledger.Append((sequence, time, previous) => entry with { Sequence = sequence, Time = time, Previous = previous });
        }

        var byReport = (await new ReportGate(data.Gate, options.Policy, other.Path, s_clock).JudgeAsync(candidate, reference, Token)).Decision;
        Assert.Equal(byRun.Earlier, byReport.Earlier);
        Assert.Equal((byRun.Verdict, byRun.Attempt, byRun.JointTests, byRun.JointLevel), (byReport.Verdict, byReport.Attempt, byReport.JointTests, byReport.JointLevel));
        foreach (var (run, report) in new[] { (byRun.Reasons, byReport.Reasons), (byRun.Unproven, byReport.Unproven), (byRun.Watch, byReport.Watch) })
        {
            Assert.Equal(run.Select(r => r.ToString()), report.Select(r => r.ToString()));
            Assert.Equal(run.Select(r => (r.P, r.AdjustedP, r.Low, r.High)), report.Select(r => (r.P, r.AdjustedP, r.Low, r.High)));
        }
    }

    [Fact]
    public async Task JudgeAsync_ServedRankingThatLosesALittleEachTime_IsHeldAgainstWhatPassedBefore()
    {
        using var folder = new Folder();
        // Each loses 6 of the 40 plain questions to the one before: within what is allowed. The third has lost 12 to the first.
        var policy = Policy() with { OtherTolerance = 0.2 };
        var gate = new ReportGate(Gate, policy, folder.Path, s_clock);
        var (first, second, third) = (await ReportAsync("first"), await ReportAsync("second", 6), await ReportAsync("third", 12));
        var one = await gate.JudgeAsync(second, first, Token);
        Assert.Equal((Verdict.Passed, 0), (one.Decision.Verdict, one.Decision.Earlier.Count));
        var two = await gate.JudgeAsync(third, second, Token);
        Assert.Equal(EarlierReleases.ServedName(first), Assert.Single(two.Decision.Earlier).Label);      // what the second was compared with
        Assert.Equal(Verdict.Blocked, two.Decision.Verdict);
        Assert.Contains(two.Decision.Reasons, r => r is { Rule: "G4", Outcome: TestOutcome.Bad } && r.Cohort?.ToString() == "style=plain");
        // The same two reports where nothing passed before.
        using var bare = new Folder();
        Assert.Equal(Verdict.Passed, (await new ReportGate(Gate, policy, bare.Path, s_clock).JudgeAsync(third, second, Token)).Decision.Verdict);
    }

    [Fact]
    public async Task JudgeAsync_CombinationsWithoutMeaning_AreNamed()
    {
        using var folder = new Folder();
        var (now, next) = (await ReportAsync("now"), await ReportAsync("next"));
        async Task RefusesAsync(string part, GatePolicy policy, EvalReport candidate, EvalReport? reference) => Assert.Contains(part,
            (await Assert.ThrowsAsync<NearfarException>(() => new ReportGate(Gate, policy, folder.Path, s_clock).JudgeAsync(candidate, reference, Token))).Message, StringComparison.Ordinal);
        await RefusesAsync("name it with --reference FILE", Policy(), next, null);
        await RefusesAsync("which a report has none of", Policy(ReferenceKind.Untrained), next, null);
        await RefusesAsync("leave it out", Policy(ReferenceKind.Bm25), next, now);
        await RefusesAsync("candidate and reference are one report", Policy(), now, now);
        await RefusesAsync("a ranking without vectors has no margins", Policy() with { Floors = [new(null, "margin_mean", 0.1)] }, next, now);
        await RefusesAsync("the gate set is", Policy(), next with { SetHash = "yesterday's" }, now);
        await RefusesAsync("no gate set", Policy(), next with { IsGateSet = false, SetName = "dev" }, now);
        await RefusesAsync("looks deeper", Policy() with { Metric = "recall@5" }, next with { Depth = 3 }, now);
        Assert.False(Directory.Exists(folder["releases"]));       // nothing was opened
    }

    // A trained model whose floor was found in the untrained space: the run's door scores both on dev, the report's door has the model's dev report.
    [Fact]
    public async Task JudgeAsync_FloorOfTheUntrainedSpace_DecidesAsAtTheOtherDoor()
    {
        using var folder = new Folder();
        using var other = new Folder();
        var data = TinyShop.Data(negatives: true);
        var policy = TinyShop.Easy with { Reference = ReferenceKind.Bm25, Floors = [new GateFloor(null, "margin_mean", 0.9, "untrained"), new GateFloor(CohortKey.Parse("style=plain"), "margin_mean", 0.001, "untrained")] };
        var options = TinyShop.Options(folder.Path) with { Policy = policy, Attempts = 1 };
        var attempt = (await new ReleaseLoop(data, options, s_clock).RunAsync(new LoopProgress(), Token)).Attempts[0];
        Assert.Equal(Verdict.Blocked, attempt.Decision.Verdict);
        var byRun = attempt.Decision.Reasons.Where(r => r.Rule == "floor").ToArray();
        Assert.Equal(2, byRun.Length);
        Assert.Contains(byRun, r => r.Outcome == TestOutcome.Bad);

        var dev = await new Evaluator().EvaluateAsync(attempt.Model.Encoder, data.Dev, Token);
        ReportGate Door(params EvalReport[] reports) => new(data.Gate, policy, other.Path, s_clock) { Dev = data.Dev, Start = () => options.CreateStart(data.Train), DevReports = reports };
        var byReport = (await Door(dev).JudgeAsync(attempt.Candidate, null, Token)).Decision;
        Assert.Equal(attempt.Decision.Verdict, byReport.Verdict);
        Assert.Equal(byRun.Select(r => (r.ToString(), r.Threshold, r.P, r.Note)), byReport.Reasons.Where(r => r.Rule == "floor").Select(r => (r.ToString(), r.Threshold, r.P, r.Note)));
        Assert.DoesNotContain(byReport.Advice, r => r.Rule == "floor");
    }

    // Before, such a floor was advice at this door, and a policy that counts on it passed without it.
    [Fact]
    public async Task JudgeAsync_FloorsThatCannotBeCarriedOver_AreRefusedAndOpenNothing()
    {
        using var folder = new Folder();
        var data = TinyShop.Data(negatives: true);
        var start = TinyShop.Options(folder.Path).CreateStart(data.Train);
        var again = StartEncoder.Create(new StartOptions { Dimensions = 32, VocabularySize = 300 }, data.Train);
        Assert.NotEqual(start.Space.Id, again.Space.Id);
        async Task<EvalReport> OnAsync(IEncoder encoder, JudgedSet set) => await new Evaluator().EvaluateAsync(encoder, set, Token);
        var (gate, reference, dev, devOfStart) = (await OnAsync(again, data.Gate), await OnAsync(start, data.Gate), await OnAsync(again, data.Dev), await OnAsync(start, data.Dev));
        GatePolicy Floor(string? space, ReferenceKind kind = ReferenceKind.Current) => TinyShop.Easy with { Reference = kind, Tolerance = 0.9, OtherTolerance = 0.9, Floors = [new GateFloor(null, "margin_mean", -0.9, space)] };
        async Task RefusesAsync(string part, GatePolicy policy, EvalReport? against, ReportGate? door = null) => Assert.Contains(part,
            (await Assert.ThrowsAsync<NearfarException>(() => (door ?? new ReportGate(data.Gate, policy, folder.Path, s_clock)).JudgeAsync(gate, against, Token))).Message, StringComparison.Ordinal);
        var served = await ReportAsync("now");
        await RefusesAsync("makes no untrained encoder", Floor("untrained"), reference);
        await RefusesAsync("needs the candidate's scores on dev", Floor("untrained"), reference, new ReportGate(data.Gate, Floor("untrained"), folder.Path, s_clock) { Start = () => start });
        await RefusesAsync("needs the candidate's scores on dev", Floor("current"), reference);
        await RefusesAsync("nobody scored space", Floor("current"), reference, new ReportGate(data.Gate, Floor("current"), folder.Path, s_clock) { DevReports = [dev] });
        await RefusesAsync("nothing was released yet", Floor("current", ReferenceKind.Bm25), null);
        await RefusesAsync("is a ranking without vectors", Floor("current"), served with { Queries = reference.Queries, SetHash = reference.SetHash });
        await RefusesAsync("on which nothing may be tuned", Floor("current"), reference, new ReportGate(data.Gate, Floor("current"), folder.Path, s_clock) { DevReports = [gate] });
        await RefusesAsync("leave it out", Floor(null), reference, new ReportGate(data.Gate, Floor(null), folder.Path, s_clock) { DevReports = [dev] });
        await RefusesAsync("neither the candidate's nor a floor's", Floor("nfx-elsewhere"), reference, new ReportGate(data.Gate, Floor("nfx-elsewhere"), folder.Path, s_clock) { DevReports = [devOfStart] });
        await RefusesAsync("score the model anew", Floor("current"), reference, new ReportGate(data.Gate, Floor("current"), folder.Path, s_clock) { Dev = data.Dev, DevReports = [dev with { SetHash = "yesterday's" }] });
        Assert.False(Directory.Exists(folder["releases"]));

        // With both reports on dev it decides, and the floor is one of the reasons.
        var decided = (await new ReportGate(data.Gate, Floor("current"), folder.Path, s_clock) { DevReports = [dev, devOfStart] }.JudgeAsync(gate, reference, Token)).Decision;
        var reason = Assert.Single(decided.Reasons, r => r.Rule == "floor");
        Assert.Equal(-0.9 / devOfStart.Scale!.Sigma * dev.Scale!.Sigma, reason.Threshold, 1e-6);
        // A floor of a space that the policy names by its id is advice without reports on dev, and a reason with them: the earlier decision is not taken for it.
        string id = start.Space.Id;
        using var second = new Folder();
        var advised = (await new ReportGate(data.Gate, Floor(id), second.Path, s_clock).JudgeAsync(gate, reference, Token)).Decision;
        Assert.Single(advised.Advice, r => r.Rule == "floor");
        var carried = (await new ReportGate(data.Gate, Floor(id), second.Path, s_clock) { DevReports = [dev, devOfStart] }.JudgeAsync(gate, reference, Token)).Decision;
        Assert.Equal((2, 1), (carried.Attempt, carried.Reasons.Count(r => r.Rule == "floor")));
    }

    [Fact]
    public async Task JudgeAsync_PolicyLoosenedAfterABlock_DoesNotPassTheSameCandidate()
    {
        using var folder = new Folder();
        var (now, spoiled) = (await ReportAsync("now"), await ReportAsync("spoiled", 80));
        Assert.Equal(Verdict.Blocked, (await new ReportGate(Gate, Policy(), folder.Path, s_clock).JudgeAsync(spoiled, now, Token)).Decision.Verdict);
        var loose = Policy() with { Tolerance = 0.999, OtherTolerance = 0.999 };
        string message = (await Assert.ThrowsAsync<NearfarException>(() => new ReportGate(Gate, loose, folder.Path, s_clock).JudgeAsync(spoiled, now, Token))).Message;
        Assert.Contains("A policy is fixed before the gate is opened", message, StringComparison.Ordinal);
        // Another candidate may be judged under the new rule; its decision says that the rule is new, and the attempt is counted.
        var other = await new ReportGate(Gate, loose, folder.Path, s_clock).JudgeAsync(await ReportAsync("next"), now, Token);
        Assert.Equal(2, other.Decision.Attempt);
        Assert.Contains(other.Decision.Notes, n => n.Contains("the policy was changed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task JudgeAsync_LedgerRolledBack_IsNoWayToAFirstAttempt()
    {
        using var folder = new Folder();
        var gate = new ReportGate(Gate, Policy(), folder.Path, s_clock);
        var now = await ReportAsync("now");
        await gate.JudgeAsync(await ReportAsync("spoiled", 80), now, Token);
        string first = await File.ReadAllTextAsync(folder["releases/ledger.jsonl"], Token);
        await gate.JudgeAsync(await ReportAsync("next"), now, Token);
        await File.WriteAllTextAsync(folder["releases/ledger.jsonl"], first, Token);
        Assert.Contains("lines are missing", (await Assert.ThrowsAsync<NearfarException>(async () => await gate.JudgeAsync(await ReportAsync("third", 1), now, Token))).Message, StringComparison.Ordinal);
        File.Delete(folder["releases/ledger.jsonl"]);
        await Assert.ThrowsAsync<NearfarException>(async () => await gate.JudgeAsync(await ReportAsync("third", 1), now, Token));
    }
}
