using System.Text.Json;
using CsCheck;
using Xunit;

namespace Nearfar.Data.Tests.Formats;

/// <summary>The same rows as JSONL and as Parquet are the same set.</summary>
public sealed class ParquetAgreementTests
{
    private static readonly Gen<string> s_word = Gen.Char["abcdeéß漢\"\\ \n|,"].Array[1, 8].Select(c => "w" + new string(c) + "w");

    private static readonly Gen<Row> s_row = Gen.Select(
        s_word, Gen.Int[0, 5].Array[1, 3], Gen.Int[6, 9].Array[0, 2], Gen.Bool, Gen.OneOf(Gen.Const((string?)null), s_word.Select(w => (string?)w)), Gen.Double[-9, 9],
        (text, positives, negatives, listed, cohort, number) => new Row(text, [.. positives.Distinct()], negatives.Length == 0 && !listed ? null : [.. negatives.Distinct()], cohort, number));

    [Fact]
    public void Gate_AnyRows_HaveTheHashOfJsonl()
    {
        using var folder = new Folder();
        folder.Write("corpus.jsonl", string.Concat(Enumerable.Range(0, 10).Select(i => $"{{\"id\":\"{i}\",\"text\":\"text {i}\",\"kind\":\"k{i % 2}\"}}\n")));
        s_row.Array[1, 40].Select(Gen.Int[1, 50], Gen.Bool).Sample(
            (rows, groupRows, structs) =>
            {
                rows = [.. rows.Select((r, i) => r with { Text = $"{i} {r.Text}" })];       // one question each: others would contradict each other
                folder.Write("gate.jsonl", string.Concat(rows.Select(r => Json(r) + "\n")));
                Parquet(rows, structs).Write(folder["gate.parquet"], groupRows: groupRows);
                Assert.Equal(HashOf(folder, "gate.jsonl"), HashOf(folder, "gate.parquet"));
            },
            iter: 40, threads: 1);
    }

    private static string Json(Row row) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["question"] = row.Text,
        ["positive_ids"] = row.Positives.Select(Id),
        ["hard_negative_ids"] = row.Negatives?.Select(Id),
        ["cohorts"] = row.Cohort is null ? new Dictionary<string, object?> { ["score"] = row.Number } : new Dictionary<string, object?> { ["language"] = row.Cohort, ["score"] = row.Number },
    });

    private static ParquetTable Parquet(Row[] rows, bool structs)
    {
        string[] numbers = [.. rows.Select(r => JsonSerializer.Serialize(r.Number))];
        var table = new ParquetTable().Text("question", [.. rows.Select(r => r.Text)])
            .Lists("positive_ids", [.. rows.Select(r => r.Positives.Select(Id).ToArray())])
            .Lists("hard_negative_ids", [.. rows.Select(r => r.Negatives?.Select(Id).ToArray())]);
        return structs ? table.Structs("cohorts", ["language", "score"], [.. rows.Select((r, i) => new[] { r.Cohort, numbers[i] })])
            : table.Text("cohorts.language", [.. rows.Select(r => r.Cohort)]).Values<double>("cohorts.score", [.. rows.Select(r => (double?)r.Number)]);
    }

    private static string HashOf(Folder folder, string gate)
    {
        folder.Write("nearfar.yaml", $"version: 1\ndata: {{corpus: corpus.jsonl, gate: {gate}}}\ncohorts: {{language: {{}}, score: {{}}, kind: {{from: document.kind}}}}\n");
        return Workspace.OpenAsync(folder.Path, TestContext.Current.CancellationToken).GetAwaiter().GetResult().Gate.Hash;
    }

    private static string Id(int id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed record Row(string Text, int[] Positives, int[]? Negatives, string? Cohort, double Number);
}
