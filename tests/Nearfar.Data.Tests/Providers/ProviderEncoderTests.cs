using Nearfar.Data.Providers;
using Nearfar.Encoding;
using Xunit;

namespace Nearfar.Data.Tests.Providers;

public sealed class ProviderEncoderTests : IDisposable
{
    private const string Key = "sk-do-not-tell-4711";
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly StandInProvider _provider = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("nearfar-provider-").FullName;
    private readonly InstantClock _clock = new();

    public void Dispose()
    {
        _provider.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private EncoderSettings OpenAi => new() { Kind = "openai", Endpoint = _provider.Root + "/v1", Model = "words", KeyEnv = "THE_KEY" };

    private Task<ProviderEncoder> OpenAsync(EncoderSettings settings) =>
        ProviderEncoder.OpenAsync(settings, _folder, name => name == "THE_KEY" ? Key : null, _clock, None);

    private static async Task<float[]> EncodeAsync(ProviderEncoder encoder, params string[] texts)
    {
        float[] rows = new float[texts.Length * encoder.Dimensions];
        await encoder.EncodeAsync(texts, TextRole.Document, rows, None);
        return rows;
    }

    private async Task<string> FailsAsync(params string[] texts)
    {
        using var encoder = await OpenAsync(OpenAi);
        return (await Assert.ThrowsAsync<NearfarException>(() => EncodeAsync(encoder, texts.Length == 0 ? ["one", "two"] : texts))).Message;
    }

    [Fact]
    public async Task OpenAi_GoodServer_GivesUnitRowsAndSendsKeyModelAndTexts()
    {
        using var encoder = await OpenAsync(OpenAi with { Dimensions = 32, DocumentPrompt = "passage: " });
        float[] rows = await EncodeAsync(encoder, "alpha beta", "beta gamma", "alpha beta");
        Assert.Equal((32, rows.Length), (encoder.Dimensions, 32 * 3));
        Assert.Equal(1, rows.Take(32).Sum(v => (double)v * v), 1e-6);
        Assert.Equal(rows[..32], rows[64..]);
        var requests = _provider.Requests.ToArray();
        Assert.Equal((2, "/v1/embeddings", "words"), (requests.Length, requests[1].Path, requests[1].Model));
        Assert.Equal(["passage: alpha beta", "passage: beta gamma"], requests[1].Texts);        // each distinct text once
        Assert.Contains($"Authorization: Bearer {Key}", requests[1].Headers, StringComparison.Ordinal);
        Assert.Equal(32, requests[1].Body.GetProperty("dimensions").GetInt32());
        Assert.StartsWith("nfx-", encoder.Space.Id, StringComparison.Ordinal);
        Assert.Equal((2, 0, 10, 0, false), (encoder.Usage.Calls, encoder.Usage.Retries, encoder.Usage.Texts, encoder.Usage.FromCache, encoder.Usage.TokensEstimated));
    }

    [Fact]
    public async Task Answer_LargerThanAnyBatch_IsRefusedAtOnce()
    {
        _provider.After(1, answer => answer with { Claims = 600L << 20 });
        Assert.Contains("the answer is larger than 512 MiB", await FailsAsync(), StringComparison.Ordinal);
        Assert.Equal(2, _provider.Requests.Count);      // the probe and the batch: no second try
    }

    [Fact]
    public async Task Azure_Deployment_StandsInThePathAndTheKeyInItsHeader()
    {
        using var encoder = await OpenAsync(new() { Kind = "azure", Endpoint = _provider.Root + "/", Deployment = "my embed", KeyEnv = "THE_KEY" });
        await EncodeAsync(encoder, "text");
        var request = _provider.Requests.Last();
        Assert.StartsWith("/openai/deployments/my%20embed/embeddings?api-version=", request.Path, StringComparison.Ordinal);
        Assert.Contains($"api-key: {Key}", request.Headers, StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer", request.Headers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ollama_NativeForm_NeverTruncatesAndNeedsNoKey()
    {
        using var encoder = await ProviderEncoder.OpenAsync(new() { Kind = "ollama", Endpoint = _provider.Root, Model = "nomic" }, _folder, _ => null, _clock, None);
        float[] rows = await EncodeAsync(encoder, "one two", "three");
        Assert.Equal(128, rows.Length);
        var request = _provider.Requests.Last();
        Assert.Equal("/api/embed", request.Path);
        Assert.False(request.Body.GetProperty("truncate").GetBoolean());
        Assert.DoesNotContain("Authorization", request.Headers, StringComparison.Ordinal);
        Assert.Equal(ProviderSpace.Probes.Sum(p => (long)p.Split(' ').Length) + 3, encoder.Usage.Tokens);
    }

    [Fact]
    public async Task FailingThenThrottlingThenTruncating_IsRetriedWithPausesAndGivesTheSameVectors()
    {
        float[] wanted;
        using (var good = await OpenAsync(OpenAi))
        {
            wanted = await EncodeAsync(good, "one", "two");
        }

        Directory.Delete(_folder, recursive: true);
        _provider.After(1, StandInProvider.Fails, StandInProvider.Throttles, StandInProvider.Truncates);
        using var encoder = await OpenAsync(OpenAi);
        Assert.Equal(wanted, await EncodeAsync(encoder, "one", "two"));
        Assert.Equal([.5, 7, 2], _clock.Pauses.Select(p => p.TotalSeconds));       // doubling, but what Retry-After asks for
        Assert.Equal((5, 3, true), (encoder.Usage.Calls, encoder.Usage.Retries, encoder.Usage.TokensEstimated));        // a cut answer may be charged for
    }

    [Fact]
    public async Task FailingForever_GivesUpAndSaysWhatTheServerSaid()
    {
        _provider.After(1, [.. Enumerable.Repeat<Func<StandInProvider.Answer, StandInProvider.Answer>>(StandInProvider.Fails, 20)]);
        string message = await FailsAsync();
        Assert.Contains("500", message, StringComparison.Ordinal);
        Assert.Contains("overloaded", message, StringComparison.Ordinal);
        Assert.Contains("after 6 tries", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RetryAfterAnHour_IsNotWaitedFor()
    {
        _provider.After(1, _ => new(429, "Retry-After: 3600\r\n", ""));
        Assert.Contains("asks to wait 3600 s", await FailsAsync(), StringComparison.Ordinal);
        Assert.Empty(_clock.Pauses);
    }

    [Fact]
    public async Task Hanging_TimesOutAndIsRetried_CancellingPassesThrough()
    {
        _provider.After(1, StandInProvider.Hangs, a => a, StandInProvider.Hangs);
        using var encoder = await OpenAsync(OpenAi with { TimeoutSeconds = 0.3 });
        await EncodeAsync(encoder, "one");
        Assert.Equal((1, true), (encoder.Usage.Retries, encoder.Usage.TokensEstimated));
        using var source = CancellationTokenSource.CreateLinkedTokenSource(None);
        source.CancelAfter(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await encoder.EncodeAsync(["two"], TextRole.Document, new float[64], source.Token));
    }

    [Theory]
    [InlineData("\"index\":1", "\"index\":0", "came twice")]
    [InlineData("\"index\":1", "\"index\":9", "outside 0 to 1")]
    [InlineData("\"index\":1,", "", "without the index")]
    [InlineData(",{\"object\":\"embedding\",\"index\":1,\"embedding\":[", "],\"rest\":[{\"e\":[", "1 vectors came for 2 texts")]
    [InlineData("\"index\":1,\"embedding\":[", "\"index\":1,\"embedding\":[0.5,", "different lengths")]
    [InlineData("\"index\":1,\"embedding\":[", "\"index\":1,\"embedding\":[1e999,", "no finite number")]
    [InlineData("\"index\":1,\"embedding\":[", "\"index\":1,\"embedding\":[\"NaN\",", "no finite number")]
    [InlineData("\"index\":1,\"embedding\":[", "\"index\":1,\"embedding\":[null,", "no finite number")]
    [InlineData("\"data\":", "\"date\":", "no list \"data\"")]
    public async Task WrongAnswer_IsRefusedAtOnceAndNothingOfItIsKept(string from, string to, string word)
    {
        _provider.After(1, StandInProvider.Says(from, to));
        Assert.Contains(word, await FailsAsync(), StringComparison.Ordinal);
        Assert.Empty(_clock.Pauses);
        using var encoder = await OpenAsync(OpenAi);
        await EncodeAsync(encoder, "one", "two");
        Assert.Equal(0, encoder.Usage.FromCache);
    }

    [Fact]
    public async Task BareNaN_IsNoJsonAndIsTriedAgain()
    {
        _provider.After(1, StandInProvider.Says("\"embedding\":[", "\"embedding\":[NaN,"));
        using var encoder = await OpenAsync(OpenAi);
        await EncodeAsync(encoder, "one");
        Assert.Equal(1, encoder.Usage.Retries);
    }

    [Fact]
    public async Task VectorsInAnotherOrder_AreOrderedByTheirIndex()
    {
        float[] wanted;
        using (var good = await OpenAsync(OpenAi))
        {
            wanted = await EncodeAsync(good, "one", "two");
        }

        Directory.Delete(_folder, recursive: true);
        _provider.After(1, good =>
        {
            int begin = good.Body.IndexOf("[{", StringComparison.Ordinal) + 1, end = good.Body.IndexOf("}],", StringComparison.Ordinal) + 1;
            string[] rows = good.Body[begin..end].Split(",{", StringSplitOptions.None);
            return good with { Body = good.Body[..begin] + "{" + rows[1] + "," + rows[0] + good.Body[end..] };
        });
        using var encoder = await OpenAsync(OpenAi);
        Assert.Equal(wanted, await EncodeAsync(encoder, "one", "two"));
    }

    [Fact]
    public async Task LaterVectorsOfAnotherLength_AreRefused()
    {
        using var encoder = await OpenAsync(OpenAi);
        _provider.Dimensions = 65;
        Assert.Contains("65 values", (await Assert.ThrowsAsync<NearfarException>(() => EncodeAsync(encoder, "one"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_IsNotRetriedAndTheKeyIsInNoMessage()
    {
        _provider.After(1, _ => new(401, "", $"{{\"error\":\"bad key {Key}\"}}"));
        string message = await FailsAsync();
        Assert.Contains("401", message, StringComparison.Ordinal);
        Assert.Contains("key_env", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, message, StringComparison.Ordinal);
        Assert.Empty(_clock.Pauses);
        Assert.All(Directory.GetFiles(_folder), f => Assert.DoesNotContain(Key, File.ReadAllText(f, System.Text.Encoding.Latin1), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Key_MissingOrInClear_IsRefusedBeforeAnyCall()
    {
        var missing = await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(OpenAi with { KeyEnv = "OTHER" }));
        Assert.Contains("OTHER", missing.Message, StringComparison.Ordinal);
        var clear = await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(OpenAi with { Endpoint = "http://embeddings.invalid/v1" }));
        Assert.Contains("https", clear.Message, StringComparison.Ordinal);
        Assert.Contains("no web address", (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(OpenAi with { Endpoint = "ftp://x" }))).Message, StringComparison.Ordinal);
        Assert.Empty(_provider.Requests);
    }

    [Fact]
    public async Task Dimensions_ThatTheModelDoesNotGive_AreRefused()
    {
        _provider.Bend = (_, vector) => [.. vector, 0.5f];
        Assert.Contains("cannot shorten", (await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(OpenAi with { Dimensions = 32 }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batches_AreBoundedByCountAndByTokens()
    {
        using (var encoder = await OpenAsync(OpenAi with { Batch = 3 }))
        {
            await EncodeAsync(encoder, [.. Enumerable.Range(0, 8).Select(i => $"a{i}")]);
            Assert.Equal([3, 3, 2], _provider.Requests.Skip(1).Select(r => r.Texts.Count));
        }

        using var small = await OpenAsync(OpenAi with { BatchTokens = 25 });
        int before = _provider.Requests.Count;
        await EncodeAsync(small, "ten bytes!", "ten bytes?", "a text that is by itself longer than the limit of a call", "x");
        Assert.Equal([2, 1, 1], _provider.Requests.Skip(before).Select(r => r.Texts.Count));
    }

    [Fact]
    public async Task Budget_IsRefusedBeforeTheCallThatCouldExceedIt_AndNothingIsLost()
    {
        long probes = ProviderSpace.Probes.Sum(p => (long)p.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        long most = ProviderSpace.Probes.Sum(TokenBudget.MostTokens);
        string[] texts = [.. Enumerable.Range(0, 100).Select(i => $"text number {i:000}")];       // 3 tokens each, at most 17
        using (var encoder = await OpenAsync(OpenAi with { Batch = 10, Budget = new BudgetSettings { Tokens = Math.Max(most, probes + 170) } }))
        {
            string message = (await Assert.ThrowsAsync<NearfarException>(() => EncodeAsync(encoder, texts))).Message;
            Assert.Contains("budget", message, StringComparison.Ordinal);
            Assert.True(encoder.Usage.Tokens <= Math.Max(most, probes + 170));
        }

        int sent = _provider.Requests.Skip(1).Sum(r => r.Texts.Count);
        Assert.InRange(sent, 20, 99);
        using var again = await OpenAsync(OpenAi);
        await EncodeAsync(again, texts);
        Assert.Equal(sent, again.Usage.FromCache);        // what was paid for is not paid for again
        await Assert.ThrowsAsync<NearfarException>(() => OpenAsync(OpenAi with { Budget = new BudgetSettings { Money = 0.000001, PricePerMillion = 1 } }));
    }

    [Fact]
    public async Task Space_SameModelIsTheSame_NoiseDoesNotMatter_AnotherModelPromptOrNameDoes()
    {
        async Task<string> IdAsync(EncoderSettings settings)
        {
            using var encoder = await OpenAsync(settings);
            return encoder.Space.Id;
        }

        string id = await IdAsync(OpenAi);
        Assert.Equal(id, await IdAsync(OpenAi));
        var random = new Nearfar.Training.Sampling.SeededRandom(1);
        _provider.Bend = (_, vector) => [.. vector.Select(v => v + ((float)random.Below(1000) / 1e7f))];        // a provider's noise in the fifth digit
        Assert.Equal(id, await IdAsync(OpenAi));
        _provider.Bend = (_, vector) => [.. vector.Select((v, i) => i == 5 ? v + 0.05f : v)];
        string changed = await IdAsync(OpenAi);
        Assert.NotEqual(id, changed);
        _provider.Bend = (_, vector) => vector;
        string[] others = [changed, await IdAsync(OpenAi with { QueryPrompt = "query: " }), await IdAsync(OpenAi with { DocumentPrompt = "query: " }), await IdAsync(OpenAi with { Model = "words-2" })];
        Assert.Equal(5, others.Append(id).Distinct().Count());
        Directory.Delete(_folder, recursive: true);
        Assert.Equal(id, await IdAsync(OpenAi));          // a function of name and vectors, not of the folder
    }
}
