using System.Text.Json;
using Nearfar.Cli;

namespace Nearfar.Cli.Tests;

/// <summary>A small workspace in a folder of its own, and the command line run in this process.</summary>
internal sealed class Shop : IDisposable
{
    private static readonly string[] s_products = ["kettle", "planner", "headset", "storage"];
    private static readonly string[] s_subjects = ["refund thirty days", "invoice each month", "cancel subscription settings", "courier parcel late", "warranty faults mended"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nearfar-");

    /// <param name="gate">The gate part of the workspace file.</param>
    public Shop(string gate = "gate: {metric: recall@5, tolerance: 0.3}")
    {
        var documents = from s in s_subjects from p in s_products select (Id: $"{s.Split(' ')[0]}-{p}", Text: $"What the shop does about {s} when it is a {p} that was bought here.");
        Write("corpus.jsonl", documents.Select(d => new { id = d.Id, text = d.Text }));
        object Ask(string prefix, string subject, string product, string query) => new { id = $"{prefix}-{subject.Split(' ')[0]}-{product}", query, positive_ids = new[] { $"{subject.Split(' ')[0]}-{product}" } };
        Write("train.jsonl", from s in s_subjects from p in s_products from q in new[] { $"{s} {p}", $"my {p}: {s}?" } select Ask(q.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) + q[0], s, p, q));
        Write("dev.jsonl", from s in s_subjects from p in s_products select Ask("d", s, p, $"about {s.Split(' ')[1]} of my {p} {s.Split(' ')[0]}"));
        Write("gate.jsonl", from s in s_subjects from p in s_products from q in new[] { $"tell me of {s} for the {p}", $"{p} and {s}, how is that" } select Ask("g" + q[0], s, p, q));
        Write("traffic.jsonl", [new { id = "t1:s1", query = "kettle money back please", retrieved = new[] { new { id = "invoice-kettle" } }, expected_ids = new[] { "refund-kettle" }, outcome = "failed", embedding_model_version = "v1" }]);
        File.WriteAllText(this["nearfar.yaml"], $$"""
            version: 1
            name: shop
            as_of: 2026-11-01
            data: {corpus: corpus.jsonl, train: train.jsonl, dev: dev.jsonl, gate: gate.jsonl, traffic: traffic.jsonl}
            cohorts:
              query_length: {from: query.words, edges: [7]}
            encoder: {kind: static, dimensions: 256}
            tokenizer: {train: wordpiece, size: 300}
            train: {batch: 20, epochs: 6, rate: 0.1}
            {{gate}}
            """);
    }

    public string Path => _folder.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Runs a command line with this workspace; exit code, stdout, stderr.</summary>
    /// <remarks>What it says to run next must run from the same place, so it names the workspace too.</remarks>
    public async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        var result = await RunBareAsync([.. args, "--workspace", Path]);
        Xunit.Assert.All(
            (result.Output + result.Error).Split('\n').Where(l => l.StartsWith("Next: ", StringComparison.Ordinal) && l.Contains("nearfar ", StringComparison.Ordinal)),
            line => Xunit.Assert.Contains(Path, line, StringComparison.Ordinal));
        return result;
    }

    public static async Task<(int Exit, string Output, string Error)> RunBareAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exit = await NearfarCommand.RunAsync(args, output, error, TimeProvider.System, Xunit.TestContext.Current.CancellationToken);
        return (exit, output.ToString(), error.ToString());
    }

    private void Write(string name, IEnumerable<object> rows) => File.WriteAllLines(this[name], rows.Select(r => JsonSerializer.Serialize(r)));
}
