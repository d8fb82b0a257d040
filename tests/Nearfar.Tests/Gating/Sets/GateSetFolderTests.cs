using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Tests.Pairs;
using Xunit;

namespace Nearfar.Tests.Gating.Sets;

public sealed class GateSetFolderTests
{
    [Fact]
    public async Task Append_Versions_AreReadBackAsTheyWereMade()
    {
        using var temporary = new Folder();
        var folder = new GateSetFolder(temporary["gate.frozen"]);
        Assert.Null(folder.Latest());
        var first = folder.Append(await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Take(30))));
        var second = folder.Append(await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), first));
        var read = folder.Latest()!;
        Assert.Equal((2, second.Manifest.Hash), (read.Manifest.Version, read.Manifest.Hash));
        Assert.Equal(SmallSet.Builder().Gate(read.Rows).Hash, read.Manifest.Hash);
        Assert.Equal(30, folder.Load(1).Rows.Rows.Count);
        Assert.Equal([1, 2], folder.Versions().Select(v => v.Version));
        Assert.Contains("holds versions 1 to 2, not 3", Assert.Throws<NearfarException>(() => folder.Load(3)).Message, StringComparison.Ordinal);
        Assert.Contains("the newest version is 2", Assert.Throws<NearfarException>(() => folder.Append(second)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_SameInputAndSeed_GivesTheSameBytes()
    {
        using var temporary = new Folder();
        foreach (string name in new[] { "a", "b" })
        {
            new GateSetFolder(temporary[name]).Append(await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All)));
        }

        foreach (string file in new[] { "v1.jsonl", "v1.pool.jsonl", "v1.json" })
        {
            Assert.Equal(File.ReadAllBytes(temporary[$"a/{file}"]), File.ReadAllBytes(temporary[$"b/{file}"]));
        }
    }

    [Fact]
    public async Task Latest_TouchedByHand_IsRefused()
    {
        using var temporary = new Folder();
        var folder = new GateSetFolder(temporary["g"]);
        var first = folder.Append(await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Take(30))));
        folder.Append(await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), first));

        void Spoiled(string file, string message, Func<string, string>? edit)
        {
            string text = File.ReadAllText(temporary[$"g/{file}"]);
            if (edit is null)
            {
                File.Delete(temporary[$"g/{file}"]);
            }
            else
            {
                File.WriteAllText(temporary[$"g/{file}"], edit(text));
            }

            Assert.Contains(message, Assert.Throws<NearfarException>(() => folder.Latest()).Message, StringComparison.Ordinal);
            File.WriteAllText(temporary[$"g/{file}"], text);
            Assert.NotNull(folder.Latest());
        }

        Spoiled("v2.jsonl", "is not the file that was frozen as version 2", t => t.Replace("refund-kettle", "refund-lamp", StringComparison.Ordinal));
        Spoiled("v1.json", "is no successor of version 1", t => t.Replace("\"seed\": 1", "\"seed\": 3", StringComparison.Ordinal));
        Spoiled("v1.json", "version 1 is missing", null);
        Spoiled("v2.json", "unknown field", t => t.Replace("\"seed\"", "\"sead\"", StringComparison.Ordinal));
        Spoiled("v2.json", "schema version 9", t => t.Replace("\"schema\": 1", "\"schema\": 9", StringComparison.Ordinal));
        Spoiled("v2.json", "not readable as JSON", t => t[..^40]);
    }

    [Fact]
    public void Beside_File_IsNamedAfterIt()
    {
        Assert.Equal("data/gate.frozen", GateSetFolder.Beside("data/gate.jsonl").Path);
        Assert.Equal("gate.frozen", GateSetFolder.Beside("gate.csv.gz").Path);
        Assert.Equal("gate.frozen", GateSetFolder.Beside("gate.jsonl.zst").Path);
        Assert.Equal("gate.frozen", GateSetFolder.Beside("gate.parquet").Path);
        Assert.Equal("beir.frozen", GateSetFolder.Beside("beir/").Path);
    }

    [Fact]
    public async Task Diff_TwoVersions_NamesWhatIsBetween()
    {
        using var temporary = new Folder();
        var folder = new GateSetFolder(temporary["g"]);
        var first = folder.Append(await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All.Take(30))));
        var second = folder.Append(await SmallSet.FreezeAsync(SmallSet.Rows(SmallSet.All), first));
        var edited = SmallSet.All.Skip(1).Select(r => r.Id == "q-refund-lamp" ? r with { PositiveIds = ["invoice-lamp"] } : r);
        folder.Append(await SmallSet.FreezeAsync(SmallSet.Rows(edited), second, new FreezeOptions { Because = "judged again" }));
        var added = GateSetDiff.Of(folder, 1, 2);
        Assert.Equal((10, 0, 0, true, false), (added.Added.Count, added.Removed.Count, added.Changed.Count, added.IsLawful, added.SameHash));
        Assert.Contains(new CohortCount("product", "lamp", 6, 8), added.Cohorts);
        var changed = GateSetDiff.Of(folder, 2, 3);
        Assert.Equal(["q-refund-kettle"], changed.Removed);
        var change = Assert.Single(changed.Changed);
        Assert.Equal(("q-refund-lamp", "positive_ids"), (change.Id, string.Join(' ', change.Fields)));
        Assert.NotEmpty(change.NegativesAdded);
        Assert.Equal((true, "judged again"), (changed.IsLawful, string.Join(' ', changed.Reasons)));
        Assert.Throws<ArgumentException>(() => GateSetDiff.Of(folder, 2, 2));
    }
}
