using System.Text.Json;
using Nearfar.Data.Labels;
using Nearfar.Labels;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class LabelVerbTests
{
    [Fact]
    public async Task PoolConvertAgreeApply_Chain_DoesWhatItSays()
    {
        using var shop = Open();
        var pool = await JsonAsync(shop, "pool", "--out", shop["sheet.jsonl"], "--questions", "2");
        Assert.Equal((2, 1, 3), (pool.GetProperty("questions").GetInt32(), pool.GetProperty("failed").GetInt32(), pool.GetProperty("available").GetInt32()));       // t1 is judged, t5 is the gate's
        string sheet = File.ReadAllText(shop["sheet.jsonl"]);
        Assert.StartsWith("{\"question_id\":\"t3:s\"", sheet, StringComparison.Ordinal);        // the failed one first
        Assert.DoesNotContain("rank", sheet, StringComparison.Ordinal);
        await JsonAsync(shop, "convert", shop["sheet.jsonl"], shop["sheet.csv"]);
        var rows = LabelSheet.Read(shop["sheet.csv"]).Rows;
        Assert.Equal(LabelSheet.Read(shop["sheet.jsonl"]).Rows, rows);
        Judge(shop["dana.csv"], rows, "dana", row => row.DocumentId == "refund-kettle" ? 2 : row.DocumentId == "refund-planner" ? 1 : row.DocumentId == "invoice-kettle" ? 0 : null);
        Judge(shop["kim.jsonl"], rows, "kim", row => row.DocumentId == "refund-kettle" ? 2 : row.DocumentId is "refund-planner" or "invoice-kettle" ? 0 : null);
        var agreement = await JsonAsync(shop, "agree", shop["dana.csv"], shop["kim.jsonl"]);
        Assert.Equal(agreement.GetProperty("rows").GetInt32() > 2 ? 2 : 1, agreement.GetProperty("disagreements").GetArrayLength());
        var applied = await JsonAsync(shop, "apply", shop["dana.csv"], shop["kim.jsonl"], "--to", "traffic", "--out", shop["judged.jsonl"]);
        Assert.True(applied.GetProperty("disputed").GetInt32() > 0 && applied.GetProperty("unjudged").GetInt32() > 0);
        var traffic = TrafficFile.Read(shop["judged.jsonl"]).Rows;
        var failed = traffic.Single(t => t.Id == "t3:s");
        Assert.Equal(["refund-kettle"], failed.KnownRightIds);
        Assert.Equal(("human", "dana, kim"), (failed.Provenance!.Source, failed.Provenance.Reviewer));
        Assert.DoesNotContain("refund-planner", failed.Judged!.Keys);       // disputed: not judged
        Assert.Equal(5, traffic.Count);
        var pairs = await JsonAsync(shop, "apply", shop["dana.csv"], "--to", "pairs", "--out", shop["labelled.jsonl"]);
        Assert.True(pairs.GetProperty("rows").GetInt32() >= 1);
        Assert.All(PairFile.Read(shop["labelled.jsonl"]).Rows.SelectMany(p => p.HardNegatives), n => Assert.Equal("invoice-kettle", n.DocumentId));
        Assert.Equal(0, (await shop.RunAsync("label", "apply", shop["dana.csv"], "--to", "gate", "--skip-refused")).Exit);
        Assert.Contains("label:t3:s", File.ReadAllText(shop["gate.jsonl"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pool_WithoutTraffic_SaysWhatARowOfItIs()
    {
        using var shop = Open();
        File.WriteAllText(shop["nearfar.yaml"], File.ReadAllText(shop["nearfar.yaml"]).Replace(", traffic: traffic.jsonl", "", StringComparison.Ordinal).Replace("dev: dev.jsonl, ", "", StringComparison.Ordinal));
        var (exit, _, error) = await shop.RunAsync("label", "pool", "--out", shop["sheet.jsonl"]);
        Assert.Equal(1, exit);
        Assert.Contains("""{"id": "1", "query": "…"}""", error, StringComparison.Ordinal);
        Assert.Contains("data: {traffic: traffic.jsonl}", error, StringComparison.Ordinal);
        // What the message says to do works.
        File.WriteAllText(shop["traffic.jsonl"], """{"id": "1", "query": "kettle came broken"}""");
        File.WriteAllText(shop["nearfar.yaml"], File.ReadAllText(shop["nearfar.yaml"]).Replace("gate: gate.jsonl", "gate: gate.jsonl, traffic: traffic.jsonl", StringComparison.Ordinal));
        Assert.Equal(0, (await shop.RunAsync("label", "pool", "--out", shop["sheet.jsonl"])).Exit);
    }

    [Fact]
    public async Task PoolAndApply_WithoutTraffic_JudgeDevAndNeverTheGate()
    {
        using var shop = Open();
        File.WriteAllText(shop["nearfar.yaml"], File.ReadAllText(shop["nearfar.yaml"]).Replace(", traffic: traffic.jsonl", "", StringComparison.Ordinal));
        var pool = await JsonAsync(shop, "pool", "--out", shop["sheet.jsonl"], "--questions", "4", "--depth", "5");
        Assert.Equal(("dev", 4, 0, 20), (pool.GetProperty("from").GetString(), pool.GetProperty("questions").GetInt32(), pool.GetProperty("failed").GetInt32(), pool.GetProperty("available").GetInt32()));
        var rows = LabelSheet.Read(shop["sheet.jsonl"]).Rows;
        var dev = PairFile.Read(shop["dev.jsonl"]).Rows;
        var gate = PairFile.Read(shop["gate.jsonl"]).Rows.Select(p => p.Query).ToHashSet();
        Assert.All(rows, r => Assert.DoesNotContain(r.Query, gate));
        Assert.All(rows, r => Assert.DoesNotContain(r.DocumentId, dev.Single(p => p.Id == r.QuestionId).PositiveIds));        // that one is known
        var (also, not) = (rows[0], rows.First(r => r.QuestionId == rows[0].QuestionId && r.DocumentId != rows[0].DocumentId));
        Judge(shop["dana.jsonl"], rows, "dana", r => r == also ? 2 : r == not ? 0 : null);
        var applied = await JsonAsync(shop, "apply", shop["dana.jsonl"], "--to", "dev", "--out", shop["dev2.jsonl"]);
        Assert.Equal(20, applied.GetProperty("rows").GetInt32());
        var judged = PairFile.Read(shop["dev2.jsonl"]).Rows.Single(p => p.Id == also.QuestionId);
        string known = dev.Single(p => p.Id == also.QuestionId).PositiveIds[0];
        Assert.Equal([known, also.DocumentId], judged.PositiveIds);
        Assert.Equal(new Dictionary<string, int> { [known] = 1, [also.DocumentId] = 2, [not.DocumentId] = 0 }, judged.Relevance);
        Assert.Equal(("human", "dana"), (judged.Provenance!.Source, judged.Provenance.Reviewer));
        Assert.All(PairFile.Read(shop["dev2.jsonl"]).Rows.Where(p => p.Id != also.QuestionId), p => Assert.Null(p.Relevance));

        // The new file is a dev set; what was judged is not asked of again; what contradicts it is refused.
        File.WriteAllText(shop["nearfar.yaml"], File.ReadAllText(shop["nearfar.yaml"]).Replace("dev: dev.jsonl", "dev: dev2.jsonl", StringComparison.Ordinal));
        await JsonAsync(shop, "pool", "--from", "dev", "--out", shop["again.jsonl"], "--questions", "20", "--depth", "5");
        Assert.DoesNotContain(LabelSheet.Read(shop["again.jsonl"]).Rows, r => r.QuestionId == also.QuestionId && (r.DocumentId == also.DocumentId || r.DocumentId == not.DocumentId));
        Judge(shop["kim.jsonl"], rows, "kim", r => r == also ? 0 : null);
        var (exit, _, error) = await shop.RunAsync("label", "apply", shop["kim.jsonl"], "--to", "dev", "--out", shop["dev3.jsonl"]);
        Assert.Equal(1, exit);
        Assert.Contains($"dev2.jsonl:{dev.ToList().FindIndex(p => p.Id == also.QuestionId) + 1} has \"{also.DocumentId}\" as right (grade 2), the sheets as wrong", error, StringComparison.Ordinal);
        // Nothing of dev becomes a pair to learn from, a row of the gate, or traffic that is not there.
        Assert.Contains("outside dev and gate", (await shop.RunAsync("label", "apply", shop["dana.jsonl"], "--to", "pairs", "--out", shop["x.jsonl"])).Error, StringComparison.Ordinal);
        Assert.Contains("names no traffic", (await shop.RunAsync("label", "apply", shop["dana.jsonl"], "--to", "traffic", "--out", shop["x.jsonl"])).Error, StringComparison.Ordinal);
        string before = File.ReadAllText(shop["gate.jsonl"]);
        Assert.Equal(1, (await shop.RunAsync("label", "apply", shop["dana.jsonl"], "--to", "gate")).Exit);
        Assert.Equal(before, File.ReadAllText(shop["gate.jsonl"]));
    }

    [Fact]
    public async Task Pool_SameSeed_SameBytes_WithACandidateInThePool()
    {
        using var shop = Open();
        Assert.Equal(0, (await shop.RunAsync("train", "--name", "v1")).Exit);
        var pool = await JsonAsync(shop, "pool", "--out", shop["a.jsonl"], "--candidate", "v1");
        await JsonAsync(shop, "pool", "--out", shop["b.jsonl"], "--candidate", "v1");
        Assert.Equal(File.ReadAllBytes(shop["a.jsonl"]), File.ReadAllBytes(shop["b.jsonl"]));
        Assert.Equal(3, pool.GetProperty("pool").GetString()!.Split(", ").Length);
    }

    [Fact]
    public async Task Rate_WithoutATerminal_SaysToUseTheFile()
    {
        using var shop = Open();
        await JsonAsync(shop, "pool", "--out", shop["sheet.jsonl"]);
        var (exit, _, error) = await shop.RunAsync("label", "rate", shop["sheet.jsonl"], "--rater", "dana");
        Assert.Equal(1, exit);
        Assert.Contains("with any tool", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pool takes no sheet and wants --out", "pool")]
    [InlineData("rate wants one sheet and --rater", "rate", "x.jsonl")]
    [InlineData("agree wants two sheets", "agree", "x.jsonl")]
    [InlineData("apply wants sheets and --to", "apply", "x.jsonl")]
    [InlineData("--to traffic wants --out", "apply", "x.jsonl", "--to", "traffic")]
    [InlineData("--out has no place", "apply", "x.jsonl", "--to", "gate", "--out", "y.jsonl")]
    [InlineData("--depth belongs to pool", "agree", "x.jsonl", "y.jsonl", "--depth", "3")]
    [InlineData("--from belongs to pool", "agree", "x.jsonl", "y.jsonl", "--from", "dev")]
    [InlineData("no such file", "apply", "x.jsonl", "--to", "gate")]
    [InlineData("questions are 0", "pool", "--out", "z.jsonl", "--questions", "0")]
    [InlineData("exists; nothing is written over", "pool", "--out", "train.jsonl")]
    public async Task Misuse_IsRefusedWithWhatIsWanted(string message, params string[] args)
    {
        using var shop = Open();
        var (exit, _, error) = await shop.RunAsync(["label", .. args.Select(a => a.EndsWith(".jsonl", StringComparison.Ordinal) ? shop[a] : a)]);
        Assert.Equal(1, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    // The shop's one judged row, three open ones, and one that asks a question of the gate.
    private static Shop Open()
    {
        var shop = new Shop();
        object Row(string id, string query, string outcome) => new { id, query, retrieved = new[] { new { id = "invoice-kettle" }, new { id = "courier-kettle" } }, outcome, embedding_model_version = "v1" };
        File.AppendAllLines(shop["traffic.jsonl"], new[]
        {
            Row("t2:s", "the planner came late", "unknown"), Row("t3:s", "days to give the kettle back", "failed"),
            Row("t4:s", "cancel it all, planner and storage", "ok"), Row("t5:s", "kettle and refund thirty days, how is that", "failed"),
        }.Select(r => JsonSerializer.Serialize(r)));
        return shop;
    }

    private static void Judge(string path, IReadOnlyList<LabelRow> rows, string rater, Func<LabelRow, int?> grade) =>
        LabelSheet.Write(path, [.. rows.Select(r => grade(r) is { } g ? r with { Grade = g, Rater = rater, Time = new DateTimeOffset(2026, 11, 2, 9, 0, 0, TimeSpan.Zero) } : r)]);

    private static async Task<JsonElement> JsonAsync(Shop shop, params string[] args)
    {
        var (exit, output, error) = await shop.RunAsync(["label", .. args, "--json", "--quiet"]);
        Assert.True(exit == 0, error);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
