using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Reporting;
using Nearfar.Tests.Mining;
using Nearfar.Tests.Pairs;
using Nearfar.Training;
using Xunit;

namespace Nearfar.Tests.Releases;

public class ReleaseLoopTests
{
    private static readonly FixedClock s_clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<LoopOutcome> RunAsync(LoopData data, LoopOptions options, LoopProgress? progress = null) => new ReleaseLoop(data, options, s_clock).RunAsync(progress, Token);

    private static ReleaseLedger Ledger(Folder folder) => new(folder["releases"], s_clock);

    [Fact]
    public async Task RunAsync_BlockedThenMinedThenPassed_SpendsTheAlphaOfTwoAttemptsAndReleases()
    {
        using var folder = new Folder();
        var outcome = await RunAsync(TinyShop.Data(), TinyShop.Options(folder.Path));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join("\n", outcome.Attempts.SelectMany(a => a.Decision.Reasons.Select(r => $"{a.Decision.Attempt}: {r}"))));
        Assert.Equal((LoopEnd.Released, 0), (outcome.End, outcome.ExitCode));
        Assert.Equal([Verdict.Blocked, Verdict.Passed], outcome.Attempts.Select(a => a.Decision.Verdict));
        Assert.Equal([1, 2], outcome.Attempts.Select(a => a.Decision.Attempt));
        Assert.All(outcome.Attempts[0].Decision.Reasons, r => Assert.Equal(0.975, r.FineConfidence, 12));
        Assert.All(outcome.Attempts[1].Decision.Reasons, r => Assert.Equal(1 - (0.05 / 4), r.FineConfidence, 12));
        Assert.Empty(outcome.Attempts[0].Model.Record.Mined);
        Assert.Equal(["mined/001.jsonl"], outcome.Attempts[1].Model.Record.Mined.Select(m => m.File));
        Assert.Equal(outcome.Attempts[1].Model.Record.Space, Ledger(folder).Current()!.Space);
        Assert.Equal(["gate", "gate", "promote"], Ledger(folder).Read().Select(e => e.Event.ToString().ToLowerInvariant()));
        Assert.Equal("loop", Ledger(folder).Current()!.By);
        var mined = PairFile.Read(folder["mined/001.jsonl"]).Rows;
        Assert.Contains(mined, p => p.Id.StartsWith("traffic:", StringComparison.Ordinal) && p.HardNegatives.Count > 0);
        Assert.All(mined.SelectMany(p => p.HardNegatives), n => Assert.True(n.Provenance is { Source: "mined", Space: not null, Rule: not null, Run: "001", Time: not null, Scores.Count: 3 }));
    }

    [Fact]
    public async Task RunAsync_CalledAgainAfterARelease_TrainsNothingAndCountsNothing()
    {
        using var folder = new Folder();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        var first = await RunAsync(TinyShop.Data(), options);
        Assert.Equal(LoopEnd.Released, first.End);
        var before = Snapshot(folder);
        int steps = 0;
        var second = await RunAsync(TinyShop.Data(), options, new LoopProgress { Training = new Counter(() => steps++) });
        Assert.Equal((LoopEnd.AlreadyCurrent, 0, first.Space), (second.End, second.ExitCode, second.Space));
        Assert.Empty(second.Attempts);
        Assert.Equal(0, steps);
        Assert.Equal(before, Snapshot(folder));
    }

    [Fact]
    public async Task RunAsync_TooFewQuestions_IsInconclusiveAndStaysSo()
    {
        using var folder = new Folder();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy with { Tolerance = 0.01 } };
        var data = TinyShop.Data(gate: 8);
        for (int call = 0; call < 2; call++)       // judged once: no second chance by asking again
        {
            var outcome = await RunAsync(data, options);
            Assert.Equal((LoopEnd.Inconclusive, 3), (outcome.End, outcome.ExitCode));
            Assert.Contains(outcome.Attempts[0].Decision.Reasons, r => r.Outcome == TestOutcome.Open);
            Assert.Equal(1, Ledger(folder).AttemptsOn(data.Gate.Hash));
            Assert.Null(Ledger(folder).Current());
            Assert.False(Directory.Exists(folder["mined"]));
        }
    }

    [Fact]
    public async Task RunAsync_BlockedToTheEnd_MinesOnAndGoesOnFromThereNextTime()
    {
        using var folder = new Folder();
        var data = TinyShop.Data(traffic: false);
        var options = TinyShop.Options(folder.Path) with { Attempts = 1 };
        var first = await RunAsync(data, options);
        Assert.Equal((LoopEnd.Blocked, 2), (first.End, first.ExitCode));
        Assert.True(File.Exists(folder["mined/001.jsonl"]));
        var second = await RunAsync(data, options);
        Assert.Equal(["002"], second.Attempts.Select(a => a.Model.Record.Name));
        Assert.Equal(2, second.Attempts[0].Decision.Attempt);
    }

    [Fact]
    public async Task RunAsync_NothingNewToMine_EndsAndEndsSoAgain()
    {
        using var folder = new Folder();
        var data = TinyShop.Data(traffic: false);
        var options = TinyShop.Options(folder.Path);
        options = options with { Mining = options.Mining with { SkipRanks = 99, UseBm25 = false } };       // refuses every candidate
        for (int call = 0; call < 2; call++)
        {
            var outcome = await RunAsync(data, options);
            Assert.Equal((LoopEnd.NothingToMine, 2), (outcome.End, outcome.ExitCode));
            Assert.Single(outcome.Attempts);
            Assert.Equal(1, Ledger(folder).AttemptsOn(data.Gate.Hash));
        }
    }

    [Fact]
    public async Task RunAsync_SamePairsAsABlockedCandidate_StopsWithoutOpeningTheGate()
    {
        using var folder = new Folder();
        var data = TinyShop.Data(traffic: false);
        var options = TinyShop.Options(folder.Path);
        options = options with { Mining = options.Mining with { SkipRanks = 99, UseBm25 = false } };       // nothing to mine: the pairs stay as they are
        Assert.Equal(LoopEnd.NothingToMine, (await RunAsync(data, options)).End);
        int steps = 0;
        var again = await RunAsync(data, options with { Training = options.Training with { Seed = 9 } }, new LoopProgress { Training = new Counter(() => steps++) });
        Assert.Equal((LoopEnd.BlockedBefore, 2), (again.End, again.ExitCode));
        Assert.Empty(again.Attempts);
        Assert.Equal(0, steps);
        Assert.Equal(TrainedModel.Load(folder["runs/001"]).Record.Space, again.Space);
        Assert.Equal(1, Ledger(folder).AttemptsOn(data.Gate.Hash));
        Assert.Equal(LoopEnd.NothingToMine, (await RunAsync(data, options)).End);       // what was judged itself is read back as before
    }

    [Fact]
    public async Task JudgeAsync_ReleasesBeforeTheCurrentOne_AreScoredBesideIt()
    {
        using var folder = new Folder();
        var data = TinyShop.Data();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Assert.Equal(LoopEnd.Released, (await RunAsync(data, options with { Training = options.Training with { Seed = seed } })).End);
        }

        var third = GateDecisionJson.Load(folder["runs/003/decision.json"]);
        Assert.Equal("001", Assert.Single(third.Earlier).Label);
        Assert.Empty(third.Notes);
        Assert.Equal(TrainedModel.Load(folder["runs/001"]).Record.Space, third.Earlier[0].Space);
        Directory.Delete(Path.Combine(folder["releases"], third.Earlier[0].Space!), recursive: true);
        Assert.Equal(LoopEnd.Released, (await RunAsync(data, options with { Training = options.Training with { Seed = 4 } })).End);
        var fourth = GateDecisionJson.Load(folder["runs/004/decision.json"]);
        Assert.Equal("002", Assert.Single(fourth.Earlier).Label);
        Assert.Contains("001", Assert.Single(fourth.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("releases/current")]                                                     // between the two files of a release
    [InlineData("releases/ledger.jsonl", "releases/ledger.head", "releases/current", "releases/nf1-*")]       // before the ledger knew of the gate
    [InlineData("runs/001/decision.json", "releases/ledger.jsonl", "releases/ledger.head", "releases/current", "releases/nf1-*")]
    [InlineData("runs/001/report.json", "runs/001/decision.json", "reports", "releases")]      // before the gate
    [InlineData("runs/001/run.json", "runs/001/model/nearfar.json", "runs/001/report.json", "runs/001/decision.json", "reports", "releases")]        // while the model was written
    [InlineData("runs/001/run.json", "runs/001/model", "runs/001/checkpoint.bin", "runs/001/history.jsonl", "runs/001/report.json", "runs/001/decision.json", "reports", "releases")]
    public async Task RunAsync_KilledBetweenStages_GoesOnToTheSameEnd(params string[] lost)
    {
        using var folder = new Folder();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        var data = TinyShop.Data();
        var whole = await RunAsync(data, options);
        Assert.Equal(LoopEnd.Released, whole.End);
        Assert.False(File.Exists(folder["runs/001/checkpoint.bin"]));
        var expected = Snapshot(folder);
        foreach (string name in lost)
        {
            foreach (string path in Directory.GetFileSystemEntries(Path.GetDirectoryName(folder[name])!, Path.GetFileName(name)))
            {
                if (Directory.Exists(path))
                {
                    Directory.Delete(path, recursive: true);
                }
                else
                {
                    File.Delete(path);
                }
            }
        }

        if (lost[0] == "runs/001/report.json")
        {
            folder.Write("runs/001/checkpoint.bin", "killed between the run's record and this file's end");
        }

        if (lost is ["releases/current"])
        {
            folder.Write("releases/current.next", whole.Space + "\n");
        }

        var again = await RunAsync(data, options);
        Assert.Equal(whole.Space, again.Space);
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(1, Ledger(folder).AttemptsOn(data.Gate.Hash));
        Assert.Equal(expected.Where(Lasting), Snapshot(folder).Where(Lasting));

        // A ledger may say it in more lines, and a pointer of a killed release is healed by the next.
        static bool Lasting(KeyValuePair<string, string> file) => !file.Key.StartsWith("releases/current", StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_KilledBetweenGateAndRelease_Releases()
    {
        using var folder = new Folder();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        var data = TinyShop.Data();
        var stop = new LoopProgress { Attempt = new Throwing<LoopAttempt>() };
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(data, options, stop));
        Assert.Null(Ledger(folder).Current());
        var outcome = await RunAsync(data, options);
        Assert.Equal(LoopEnd.Released, outcome.End);
        Assert.Equal(["gate", "promote"], Ledger(folder).Read().Select(e => e.Event.ToString().ToLowerInvariant()));
    }

    [Fact]
    public async Task RunAsync_TwoFoldersAndThreads_WriteEqualBytes()
    {
        using var one = new Folder();
        using var two = new Folder();
        foreach (var (folder, threads) in new[] { (one, 1), (two, 2) })
        {
            var options = TinyShop.Options(folder.Path);
            var data = TinyShop.Data();
            await RunAsync(data, options with { Training = options.Training with { Threads = threads } }, new LoopProgress { Attempt = new Pages(data) });
        }

        var files = Snapshot(one);
        Assert.All(["runs/001/report.json", "runs/002/decision.json", "runs/002/run.json", "runs/002/report.html", "runs/002/model/0_StaticEmbedding/model.safetensors", "releases/ledger.jsonl", "mined/001.jsonl"],
            name => Assert.True(files.ContainsKey(name), name));
        Assert.Equal(files, Snapshot(two));
    }

    [Fact]
    public async Task RunAsync_ModelThatAPersonTookBack_IsNotReleasedAgain()
    {
        using var folder = new Folder();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        var data = TinyShop.Data();
        var first = await RunAsync(data, options);
        var other = options with { Training = options.Training with { Seed = 2 } };
        var second = await RunAsync(data, other);
        Assert.Equal(LoopEnd.Released, second.End);
        Ledger(folder).Rollback(null, "dana", "wrong answers in German");
        string message = (await Assert.ThrowsAsync<NearfarException>(() => RunAsync(data, other))).Message;
        Assert.Contains("dana", message, StringComparison.Ordinal);
        Assert.Contains("wrong answers in German", message, StringComparison.Ordinal);
        Assert.Equal(first.Space, Ledger(folder).Current()!.Space);
        Assert.Equal(LoopEnd.AlreadyCurrent, (await RunAsync(data, options)).End);
    }

    [Fact]
    public void New_UnsoundOptions_AreRefusedAllAtOnce()
    {
        using var folder = new Folder();
        var options = TinyShop.Options(folder.Path);
        string message = Assert.Throws<ArgumentException>(() => new ReleaseLoop(TinyShop.Data(), options with
        {
            Attempts = 0,
            Start = options.Start with { Dimensions = 1 },
            Training = options.Training with { Batch = 1 },
            Mining = options.Mining with { PerQuery = 0 },
            Policy = options.Policy with { Tolerance = 2 },
        }, s_clock)).Message;
        Assert.All(["attempts", "dimensions", "Batch", "per_query", "tolerance"], name => Assert.Contains(name, message, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    // Before, the floor was advice until something was released, and the first release passed without it.
    [Fact]
    public async Task RunAsync_FloorOfTheCurrentSpaceAndNothingReleased_IsRefusedBeforeAnyTraining()
    {
        using var folder = new Folder();
        var data = TinyShop.Data(negatives: true);
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy with { Floors = [new GateFloor(null, "margin_mean", 0.01, "current")] } };
        string message = (await Assert.ThrowsAsync<NearfarException>(() => RunAsync(data, options))).Message;
        Assert.Contains("margin_mean was found in space current, and nothing was released yet", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["runs"]));
        var first = await RunAsync(data, options with { Policy = TinyShop.Easy });
        var gate = new GateOpening(data, options, s_clock);
        GateOpening.ThrowUnlessDecidable(options.Policy, Ledger(folder));        // there is a current space by now
        Assert.DoesNotContain((await gate.JudgeAsync(first.Attempts[0].Model, folder["runs/001"], Token)).Decision.Advice, r => r.Rule == "floor");
    }

    [Fact]
    public async Task JudgeAsync_CalledAgainAfterTheRelease_ShowsWhatWasDecidedThen()
    {
        using var folder = new Folder();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        var data = TinyShop.Data();
        var outcome = await RunAsync(data, options);
        var again = await new GateOpening(data, options, s_clock).JudgeAsync(outcome.Attempts[0].Model, folder["runs/001"], Token);
        Assert.Equal(outcome.Attempts[0].References.Select(r => (r.Kind, r.Report.ComputeHash())), again.References.Select(r => (r.Kind, r.Report.ComputeHash())));       // not with itself, the current one by now
        Assert.Equal(1, Ledger(folder).AttemptsOn(data.Gate.Hash));
        var stricter = options with { Policy = TinyShop.Easy with { Tolerance = 0.25 } };
        Assert.Equal(2, (await new GateOpening(data, stricter, s_clock).JudgeAsync(outcome.Attempts[0].Model, folder["runs/001"], Token)).Decision.Attempt);
    }

    [Fact]
    public async Task JudgeAsync_ReportOfAnotherModelInTheFolder_IsMadeAgain()
    {
        using var folder = new Folder();
        using var other = new Folder();
        var data = TinyShop.Data();
        var options = TinyShop.Options(folder.Path) with { Policy = TinyShop.Easy };
        var outcome = await RunAsync(data, options);
        var worse = await RunAsync(data, options with { Output = other.Path, Training = options.Training with { Epochs = 1, Rate = 0.001 } });
        File.Copy(folder["runs/001/report.json"], other["runs/001/report.json"], overwrite: true);
        var judged = await new GateOpening(data, options with { Output = other.Path }, s_clock).JudgeAsync(worse.Attempts[0].Model, other["runs/001"], Token);
        Assert.Equal(worse.Attempts[0].Model.Record.Space, judged.Candidate.Space!.Id);
        Assert.NotEqual(outcome.Attempts[0].Candidate.ComputeHash(), judged.Candidate.ComputeHash());
    }

    [Fact]
    public async Task Lineage_TrafficToReleaseAndBack_StopsAtTheModelItHelpedToTrain()
    {
        using var folder = new Folder();
        var data = TinyShop.Data();
        var options = TinyShop.Options(folder.Path);
        await RunAsync(data, options with { Attempts = 2 });
        var later = await RunAsync(data, options with { Policy = options.Policy with { Floors = [new GateFloor(null, "recall@5", 0.9999)] }, Training = options.Training with { Seed = 5 }, Attempts = 2 });
        string[] laterRuns = [.. later.Attempts.Select(a => a.Model.Record.Name)];
        Assert.Equal("003", laterRuns[0]);
        var lineage = Lineage.Load(folder.Path, data.Traffic);
        string traffic = PairFile.Read(folder["mined/001.jsonl"]).Rows.First(p => p.Id.StartsWith("traffic:", StringComparison.Ordinal)).Id;

        var forward = lineage.Walk(traffic);
        Assert.Empty(forward.Origins);
        Assert.Contains(forward.Effects, s => s.Name == $"pair:{traffic}@mined/001.jsonl");
        Assert.Equal(["002", .. laterRuns], forward.Effects.Where(s => s.Kind == LineageKind.Run).Select(s => s.Id).Order(StringComparer.Ordinal));
        Assert.Contains(forward.Effects, s => s.Kind == LineageKind.Model);
        Assert.Contains(forward.Effects, s => s.Kind == LineageKind.Decision && s.Detail.StartsWith("passed", StringComparison.Ordinal));
        var release = Assert.Single(forward.Effects, s => s.Kind == LineageKind.Release);
        Assert.All(forward.Effects.Where(s => s.Kind == LineageKind.Pair), s => Assert.StartsWith(traffic, s.Name["pair:".Length..], StringComparison.Ordinal));      // not all that later models mined

        var back = lineage.Walk(release.Name);
        Assert.Empty(back.Effects);
        Assert.Contains(back.Origins, s => s.Name == traffic);
        Assert.Contains(back.Origins, s => s.Name == "run:002");
        Assert.Contains(back.Origins, s => s.Name == "run:001");       // its model mined the pairs
        Assert.DoesNotContain(back.Origins, s => laterRuns.Any(run => s.Name == "run:" + run));

        string first = "model:" + TrainedModel.Load(folder["runs/001"]).Record.Space;
        Assert.Contains(lineage.Walk(first).Effects, s => s.Kind == LineageKind.Pair);      // what a model mined is its effect when asked of it
        Assert.DoesNotContain(lineage.Walk("run:001").Effects, s => s.Kind == LineageKind.Pair);
        Assert.Equal("run:002", lineage.Walk("002").Subject.Name);
        Assert.Contains("Nothing is known", Assert.Throws<NearfarException>(() => lineage.Walk("nobody")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lineage_EmptyOutput_KnowsTheTrafficAlone()
    {
        using var folder = new Folder();
        var data = TinyShop.Data();
        var chain = Lineage.Load(folder["none"], data.Traffic).Walk(data.Traffic[3].Id);
        Assert.Equal(LineageKind.Traffic, chain.Subject.Kind);
        Assert.Empty(chain.Effects);
    }

    // All files but locks, times and caches: name and content.
    private static SortedDictionary<string, string> Snapshot(Folder folder) => new(
        Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder.Path, f).Replace('\\', '/'))
            .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal) && !f.EndsWith("timing.jsonl", StringComparison.Ordinal))
            .ToDictionary(f => f, f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(folder[f])))), StringComparer.Ordinal);

    private sealed class Counter(Action count) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => count();
    }

    private sealed class Throwing<T> : IProgress<T>
    {
        public void Report(T value) => throw new InvalidOperationException("killed here");
    }

    private sealed class Pages(LoopData data) : IProgress<LoopAttempt>
    {
        public void Report(LoopAttempt value) => RunReport.Write("tiny shop", data, value);
    }
}
