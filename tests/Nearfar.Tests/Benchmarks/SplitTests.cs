using System.Text.Json;
using Nearfar.Bench.Data;
using Nearfar.Pairs;
using Nearfar.Tests.Pairs;
using Nearfar.Text;
using Xunit;

namespace Nearfar.Tests.Benchmarks;

/// <summary>No question of a public task's test part is trained on, or chooses a step or a threshold: on the files that the benches read.</summary>
public class SplitTests
{
    [Theory]
    [InlineData("banking77", 3080)]
    [InlineData("covid", 103)]
    [InlineData("helm", 371)]
    [InlineData("medquad", 1397)]
    [InlineData("xquad", 0)]
    public async Task Prepare_GateQuestions_StandInNoOtherPart(string task, int questions)
    {
        string? root = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        Assert.SkipWhen(root is null, "NEARFAR_DATA is not set");
        using var folder = new Folder();
        Assert.Equal(0, await Preparation.Run([task, folder["w"]], TextWriter.Null));
        string data = Path.Combine(folder["w"], "data");
        var files = Directory.GetFiles(data, "*.jsonl", SearchOption.AllDirectories).ToLookup(f => Path.GetFileName(f).Split('-', '.')[0], StringComparer.Ordinal);
        Assert.NotEmpty(files["train"]);
        Assert.NotEmpty(files["dev"]);
        Assert.All(files["gate"], f => Assert.True(questions == 0 ? Rows(f).Count > 0 : Rows(f).Count == questions, f));
        var gate = files["gate"].SelectMany(Rows).ToList();
        var (asked, ids) = (gate.Select(p => p.FoldKey).ToHashSet(StringComparer.Ordinal), gate.Select(p => p.Id).ToHashSet(StringComparer.Ordinal));
        foreach (string file in files["train"].Concat(files["dev"]))
        {
            var rows = Rows(file);
            Assert.NotEmpty(rows);
            Assert.DoesNotContain(rows, p => asked.Contains(p.FoldKey));
            Assert.True(task == "covid" || !file.Contains("train", StringComparison.Ordinal) || rows.TrueForAll(p => !ids.Contains(p.Id)), file);
        }

        var dev = files["dev"].SelectMany(Rows).Select(p => p.FoldKey).ToHashSet(StringComparer.Ordinal);
        Assert.All(files["train"].Where(f => !f.Contains("everything", StringComparison.Ordinal)), f => Assert.DoesNotContain(Rows(f), p => dev.Contains(p.FoldKey)));
    }

    [Fact]
    public async Task Prepare_CovidDecisions_OfTheGateAreNeitherTrainedOnNorGiveThresholds()
    {
        string? root = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        Assert.SkipWhen(root is null, "NEARFAR_DATA is not set");
        using var folder = new Folder();
        await Preparation.Run(["covid", folder["w"]], TextWriter.Null);
        var rows = File.ReadLines(Path.Combine(folder["w"], "data", "decisions.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var gate = Asked("gate");
        Assert.NotEmpty(gate);
        Assert.Empty(gate.Intersect(Asked("dev")));
        Assert.Empty(gate.Intersect(Asked("train")));
        foreach (string file in new[] { "train.jsonl", "train-everything.jsonl", "dev.jsonl" })
        {
            Assert.DoesNotContain(Rows(Path.Combine(folder["w"], "data", file)), p => gate.Contains(p.FoldKey));
        }

        HashSet<string> Asked(string part) => [.. rows.Where(r => r.GetProperty("part").GetString() == part).Select(r => FoldKeys.Of(r.GetProperty("a").GetString()!))];
    }

    private static List<Pair> Rows(string path) => [.. PairFile.Read(path).Rows];
}
