using System.Text.Json;
using System.Text.RegularExpressions;
using Nearfar.Data.Tests.Providers;
using Xunit;

namespace Nearfar.Cli.Tests;

/// <summary>Verbs over an encoder behind an API, by a provider on this machine.</summary>
public sealed partial class ProviderVerbTests : IDisposable
{
    private readonly StandInProvider _provider = new() { Dimensions = 256 };
    private readonly Shop _shop = new();

    public void Dispose()
    {
        _provider.Dispose();
        _shop.Dispose();
    }

    private void Use(string encoder) => File.WriteAllLines(_shop["nearfar.yaml"], File.ReadAllLines(_shop["nearfar.yaml"])
        .Where(l => !l.TrimStart().StartsWith("tokenizer:", StringComparison.Ordinal))
        .Select(l => l.TrimStart().StartsWith("encoder:", StringComparison.Ordinal) ? "encoder: " + encoder : l));

    [Fact]
    public async Task EmbedIndexSearchEval_OverHttp_WorkAndTheSecondTimeComesFromTheCache()
    {
        Use($"{{kind: openai, endpoint: \"{_provider.Root}/v1\", model: words, document_prompt: \"passage: \"}}");
        _provider.After(1, StandInProvider.Fails);
        Assert.Equal(0, (await _shop.RunAsync("embed", "--out", _shop["v.safetensors"])).Exit);
        Assert.Equal(0, (await Shop.RunBareAsync("index", _shop["v.safetensors"], "--out", _shop["index"])).Exit);
        var search = await _shop.RunAsync("search", "refund thirty days planner", "--index", _shop["index"], "--json");
        Assert.Equal(0, search.Exit);
        using (var json = JsonDocument.Parse(search.Output))
        {
            Assert.StartsWith("nfx-", json.RootElement.GetProperty("ranker").GetString(), StringComparison.Ordinal);
            Assert.Equal("refund-planner", json.RootElement.GetProperty("hits")[0].GetProperty("id").GetString());
        }

        var eval = await _shop.RunAsync("eval", "--out", _shop["one.json"]);
        Assert.Equal((0, true), (eval.Exit, eval.Output.Contains("openai/words/256", StringComparison.Ordinal)));
        int calls = _provider.Requests.Count;
        var again = await _shop.RunAsync("eval", "--out", _shop["two.json"]);
        Assert.Equal(calls + 1, _provider.Requests.Count);        // the probes alone
        Assert.Contains("40 from the cache", again.Error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_shop["one.json"]), File.ReadAllBytes(_shop["two.json"]));
    }

    [Fact]
    public async Task Train_ProvidersModel_IsRefusedWithWhatToDo()
    {
        Use("{kind: ollama, model: nomic-embed-text}");
        var (exit, _, error) = await _shop.RunAsync("train", "--name", "x");
        Assert.Equal(1, exit);
        Assert.Contains("cannot be trained", error, StringComparison.Ordinal);
        Assert.Contains("nearfar eval", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workspace_ImpossibleProviderSettings_AreAllToldAtOnce()
    {
        Use("{kind: azure, model: m, key: abc, max_tokens: 5, from: folder, budget: {money: 1}}");
        string error = (await _shop.RunAsync("eval")).Error;
        foreach (string word in new[] { "key_env", "max_tokens", "endpoint", "encoder.from", "price_per_million" })
        {
            Assert.Contains(word, error, StringComparison.Ordinal);
        }

        Use("{kind: static, deployment: x}");
        Assert.Contains("deployment", (await _shop.RunAsync("eval")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Similarity_TwoTexts_RawValueScoreSpaceAndThreshold()
    {
        Use($"{{kind: ollama, endpoint: \"{_provider.Root}\", model: words}}");
        var same = await _shop.RunAsync("similarity", "refund please", "refund please", "--json", "--quiet");
        using var json = JsonDocument.Parse(same.Output);
        Assert.Equal((1.0, "cosine"), (json.RootElement.GetProperty("similarity").GetDouble(), json.RootElement.GetProperty("measure").GetString()));
        string space = json.RootElement.GetProperty("space").GetString()!;
        var passed = await _shop.RunAsync("similarity", "refund please", "refund later", "--threshold", "0.3", "--threshold-space", space);
        Assert.Contains("passed", passed.Output, StringComparison.Ordinal);
        Assert.Contains("Next: nearfar", passed.Output, StringComparison.Ordinal);
        var foreign = await _shop.RunAsync("similarity", "a", "b", "--threshold", "0.3", "--threshold-space", "nf1-0000000000000000");
        Assert.Equal(1, foreign.Exit);
        Assert.Contains("nf1-0000000000000000", foreign.Error, StringComparison.Ordinal);
        Assert.Contains(space, foreign.Error, StringComparison.Ordinal);
        Assert.Contains("one space only", (await _shop.RunAsync("similarity", "a", "b", "--threshold", "0.3")).Error, StringComparison.Ordinal);
        Assert.Equal(1, (await _shop.RunAsync("similarity", "a", " ")).Exit);
        Assert.Contains("no file", (await _shop.RunAsync("similarity", "a")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _shop.RunAsync("eval", "--out", _shop["r.json"])).Exit);
        Assert.Contains("unrelated pairs", (await _shop.RunAsync("similarity", "a", "b", "--threshold-report", _shop["r.json"], "--deviations", "0.5")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Similarity_Rows_MarginsByVersionAndCohort()
    {
        Use($"{{kind: openai, endpoint: \"{_provider.Root}/v1\", model: words}}");
        File.WriteAllLines(_shop["rows.jsonl"],
        [
            """{"query":"how long do I have to ask for a refund","positive_chunk":"a refund is paid within thirty days","hard_negative_chunk":"can I buy an annual plan","embedding_model_version":"v7"}""",
            """{"query":"annual plan price","positive_chunk":"the annual plan costs ten","hard_negative_chunk":"a refund is paid within thirty days","embedding_model_version":"v7"}""",
            """{"question":"when is a refund paid","answer":"a refund is paid within thirty days","embedding_model_version":"v8"}""",
        ]);
        var (exit, output, error) = await _shop.RunAsync("similarity", _shop["rows.jsonl"], "--json");
        Assert.Equal((0, false), (exit, error.Contains("error", StringComparison.Ordinal)));
        using var json = JsonDocument.Parse(output);
        var lines = json.RootElement.GetProperty("lines").EnumerateArray().ToArray();
        Assert.Equal(2, lines[0].GetProperty("n").GetInt32());
        Assert.True(lines[0].GetProperty("metrics").GetProperty("margin_hard").GetProperty("mean").GetDouble() > 0);
        Assert.Equal("query_length", lines[1].GetProperty("attribute").GetString());
        Assert.Contains(lines, l => l.GetProperty("version").GetString() == "v8" && l.GetProperty("without_negative").GetInt32() == 1);
        Assert.Contains("rows of version", (await _shop.RunAsync("similarity", _shop["rows.jsonl"])).Output, StringComparison.Ordinal);
        _provider.After(1, [.. Enumerable.Repeat<Func<StandInProvider.Answer, StandInProvider.Answer>>(_ => new(400, "", "too long"), 50)]);
        File.WriteAllText(_shop["new.jsonl"], """{"query":"unseen question","positive_chunk":"the annual plan costs ten","hard_negative_chunk":"can I buy an annual plan"}""");
        var failed = await _shop.RunAsync("similarity", _shop["new.jsonl"]);
        Assert.Equal(1, failed.Exit);
        Assert.Contains("too long", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstUse_CommandsOfTheDocumentation_TellTheBetterDeployment()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "providers.md"));
        string[] commands = [.. Block().Matches(page).SelectMany(m => m.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))];
        Assert.NotEmpty(commands);
        string folder = Directory.CreateTempSubdirectory("nearfar-first-use-").FullName;
        Environment.SetEnvironmentVariable("SUPPORT_EMBEDDING_KEY", "stand-in");
        try
        {
            File.WriteAllLines(Path.Combine(folder, "faq.csv"), Faq());
            var said = new List<string>();
            foreach (string line in commands)
            {
                said.Add(await RunAsync(folder, line.Split(" #")[0].Trim(), Encoders(page)));
            }

            string compared = said.Last(s => s.Contains("right page", StringComparison.Ordinal));
            Assert.Contains("now", compared, StringComparison.Ordinal);
            Assert.Equal(["text-crude", "text-fine"], _provider.Requests.Select(r => r.Model).Distinct().Order(StringComparer.Ordinal));
            Assert.True(Mean(folder, "fine.json") > Mean(folder, "crude.json"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Mean(string folder, string report)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, report)));
        return json.RootElement.GetProperty("metrics").GetProperty("mrr@10").GetProperty("mean").GetDouble();
    }

    // The two encoder lines that the page tells to write, with this machine's provider for Azure.
    private string[] Encoders(string page) =>
        [.. EncoderLine().Matches(page).Select(m => m.Value.Replace("https://NAME.openai.azure.com", _provider.Root, StringComparison.Ordinal)).Take(2)];

    private static async Task<string> RunAsync(string folder, string line, string[] encoders)
    {
        string[] words = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        string In(string word) => word.StartsWith('-') || word is "gate" or "dev" ? word : Path.Combine(folder, word);
        if (words[0] == "cp")
        {
            // Behind it the page tells to write one encoder line into each file.
            File.Copy(In(words[1]), In(words[2]));
            foreach (var (file, encoder) in new[] { (words[1], encoders[0]), (words[2], encoders[1]) })
            {
                File.WriteAllLines(In(file), File.ReadAllLines(In(file)).Where(l => !l.StartsWith("tokenizer:", StringComparison.Ordinal))
                    .Select(l => l.StartsWith("encoder:", StringComparison.Ordinal) ? encoder : l));
            }

            return "";
        }

        if (words[0] == "export")
        {
            return "";        // set above: the process has one environment for all tests
        }

        Assert.Equal("nearfar", words[0]);
        var (exit, output, error) = await Shop.RunBareAsync([words[1], .. words[2..].Select(In)]);
        Assert.True(exit == 0, $"{line}: exit {exit}\n{output}\n{error}");
        return output;
    }

    // Words that begin alike, so that an encoder that hears first letters mixes the pages up.
    private static IEnumerable<string> Faq()
    {
        string[] things = ["kettle", "kayak", "keyboard", "lamp", "laptop", "ladder", "bicycle", "blender", "bag"];
        string[] topics = ["refund", "repair", "return", "delivery", "deposit", "discount"];
        return (from thing in things
                from topic in topics
                from question in new[] { $"{topic} {thing}", $"where is the {topic} of my {thing} explained?" }
                select $"{question},The {topic} of a {thing} is explained in its leaflet.").Prepend("question,answer");
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Nearfar.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The repository's root is not above the tests.");
    }

    [GeneratedRegex("^```sh first-use\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^encoder: \\{kind: azure.*\\}$", RegexOptions.Multiline)]
    private static partial Regex EncoderLine();
}
