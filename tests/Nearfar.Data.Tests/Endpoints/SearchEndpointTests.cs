using Nearfar.Data.Endpoints;
using Nearfar.Data.Formats;
using Nearfar.Data.Tests.Providers;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Data.Tests.Endpoints;

public sealed class SearchEndpointTests : IDisposable
{
    private static readonly Dictionary<string, string> s_documents = new(StringComparer.Ordinal)
    {
        ["p1"] = "refund of a kettle",
        ["p2"] = "refund of a lamp",
        ["p3"] = "warranty of a kettle",
        ["p4"] = "warranty of a lamp",
        ["5"] = "delivery of a kettle",
    };

    private static readonly Corpus s_corpus = new([.. s_documents.Select(d => new Document { Id = d.Key, Text = d.Value })]);
    private readonly StandInSearch _service = new(s_documents);
    private readonly Folder _folder = new();
    private readonly InstantClock _clock = new();

    public void Dispose()
    {
        _service.Dispose();
        _folder.Dispose();
    }

    private static DevSet Dev(params string[] questions)
    {
        Pair[] rows = [.. questions.Select((q, i) => new Pair { Id = $"q{i}", Query = q, PositiveIds = ["p1"] })];
        return new JudgedSetBuilder(s_corpus, DocumentClusters.Of(s_corpus, rows)).Dev(rows);
    }

    private static DevSet Many(int count) => Dev([.. Enumerable.Range(0, count).Select(i => $"refund kettle {i}")]);

    private EndpointSettings Settings => new() { Url = _service.Root + "/search", Parallel = 1 };

    private async Task<ServedAnswers> AskAsync(EndpointSettings settings, JudgedSet set, bool fresh = false, Dictionary<string, string?>? environment = null, CancellationToken? cancel = null)
    {
        using var endpoint = SearchEndpoint.Open(settings, _folder.Path, name => environment?.GetValueOrDefault(name), _clock);
        return await endpoint.AskAsync(set, fresh, cancellationToken: cancel ?? TestContext.Current.CancellationToken);
    }

    private async Task<string> FailureAsync(EndpointSettings settings, JudgedSet set, Dictionary<string, string?>? environment = null) =>
        (await Assert.ThrowsAsync<NearfarException>(() => AskAsync(settings, set, environment: environment))).Message;

    private static string[] Ids(ServedAnswers answers, string question) => [.. answers.Run[question].Select(d => d.Id)];

    [Fact]
    public async Task Ask_ByDefault_PostsEveryQuestionAndKeepsTheOrderOfTheAnswer()
    {
        var answers = await AskAsync(Settings, Dev("refund kettle", "lamp", "nothing known"));
        Assert.Equal(["p1", "5", "p2", "p3"], Ids(answers, "q0"));
        Assert.Equal([4.0, 3, 2, 1], answers.Run["q0"].Select(d => d.Score!.Value));
        Assert.Equal([1, 2, 3, 4], answers.Run["q0"].Select(d => d.Rank));
        Assert.Equal(["p2", "p4"], Ids(answers, "q1"));
        Assert.Empty(answers.Run["q2"]);
        Assert.Equal((3, 0, 0, 3), (answers.Asked, answers.Kept, answers.Retried, answers.Milliseconds.Count));
        Assert.All(_service.Requests, r => Assert.StartsWith("POST /search HTTP", r.Head, StringComparison.Ordinal));
        Assert.Equal("""{"query": "refund kettle", "top_k": 100}""", _service.Requests.First().Body);
        Assert.Contains("Content-Type: application/json\r\n", _service.Requests.First().Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_Get_NestedPathsAndScores_RanksAsTrecEvalDoes()
    {
        _service.Form = rows => $"{{\"hits\":{{\"hits\":[{string.Join(",", rows.Select(r => FormattableString.Invariant($"{{\"_id\":{(r.Id == "5" ? "5" : $"\"{r.Id}\"")},\"_score\":{(r.Id == "p3" ? 9.5 : r.Score)}}}")))}]}}}}";
        var settings = Settings with { Url = _service.Root + "/find?q={query}&n={k}", Ids = "hits.hits[]._id", Scores = "hits.hits[]._score", Top = 4 };
        var answers = await AskAsync(settings, Dev("refund kettle"));
        Assert.StartsWith("GET /find?q=refund%20kettle&n=4 HTTP", _service.Requests.Single().Head, StringComparison.Ordinal);
        Assert.Equal(["p3", "p1", "p2", "5"], Ids(answers, "q0"));      // equal scores by id, descending
        Assert.Equal([9.5, 2, 1, 1], answers.Run["q0"].Select(d => d.Score!.Value));
        Assert.Equal($"{_service.Root[7..]}/find", SearchEndpoint.Open(settings, _folder.Path).Label);
    }

    [Theory, InlineData("/search"), InlineData("/search?q={query}&n={k}")]
    public async Task Ask_QuestionsOfAllCharacters_ArriveAsTheyAre(string path)
    {
        string[] questions = ["a \"lamp\"?\n\\ \t\u0001", "500 % & more = 1 + 1 #?/", "{k} {query} ${HOME}", "où est 🍵 日本", "</script>'"];
        _service.Form = _ => """{"results":[{"id":"p1"}]}""";
        await AskAsync(Settings with { Url = _service.Root + path }, Dev(questions));
        Assert.Equal(questions, _service.Requests.Select(r => r.Question));
        Assert.All(_service.Requests, r => Assert.Equal(100, r.K));
    }

    [Fact]
    public async Task Ask_ServiceThatFailsThrottlesAndCuts_IsAskedAgainAfterThePauseItWants()
    {
        foreach (var misbehaves in new Func<StandInServer.Answer, StandInServer.Answer>[] { StandInServer.Fails, StandInServer.Throttles, StandInServer.Truncates, a => a })
        {
            _service.Next.Enqueue(misbehaves);
        }

        var answers = await AskAsync(Settings, Dev("refund kettle", "lamp"));
        Assert.Equal([TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(2)], _clock.Pauses.Take(3));
        Assert.InRange(_clock.Pauses.Skip(3).Single(), TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7));        // the next question keeps the peace too
        Assert.Equal((3, 1, 5), (answers.Retried, answers.Milliseconds.Count, _service.Requests.Count));          // a repeated try tells nothing of the service's speed
        Assert.Equal(["p2", "p4"], Ids(answers, "q1"));
    }

    [Fact]
    public async Task Ask_ServiceThatIsDown_IsLeftAloneAfterFiveQuestionsInARow()
    {
        for (int i = 0; i < 100; i++)
        {
            _service.Next.Enqueue(StandInServer.Fails);
        }

        string message = await FailureAsync(Settings, Many(9));
        Assert.Equal(5 * 6, _service.Requests.Count);
        Assert.Contains("5 of 9 questions have no answer", message, StringComparison.Ordinal);
        Assert.Contains("questions \"q0\", \"q1\", \"q2\", \"q3\", \"q4\": answered 500 Said: {\"error\":{\"message\":\"overloaded\"}}, after 6 tries", message, StringComparison.Ordinal);
        Assert.Contains("4 more were not asked, as 5 in a row had failed", message, StringComparison.Ordinal);
        _service.Next.Clear();
        Assert.Equal(9, (await AskAsync(Settings, Many(9))).Asked);
    }

    [Fact]
    public async Task Ask_ServiceThatHangs_IsGivenItsTimeAndAskedAgain()
    {
        _service.Next.Enqueue(StandInServer.Hangs);
        Assert.Equal(1, (await AskAsync(Settings with { TimeoutSeconds = 0.3 }, Dev("lamp"))).Retried);
    }

    [Fact]
    public async Task Ask_Interrupted_KeepsWhatWasAnsweredAndGoesOn()
    {
        using var interrupt = new CancellationTokenSource();
        _service.Next.Enqueue(a => a);
        _service.Next.Enqueue(a => a);
        _service.Next.Enqueue(a =>
        {
            interrupt.Cancel();
            return a with { Hangs = true };
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(Settings, Many(5), cancel: interrupt.Token));
        string file = Assert.Single(Directory.GetFiles(_folder.Path));
        Assert.Equal(2, File.ReadLines(file).Count());
        File.AppendAllText(file, "{\"key\":\"half a li" + new string('n', 9999));      // as a killed process leaves it
        var answers = await AskAsync(Settings, Many(5));
        Assert.Equal((3, 2, 6), (answers.Asked, answers.Kept, _service.Requests.Count));
        Assert.Equal(5, File.ReadLines(file).Count());
        var again = await AskAsync(Settings, Many(5));
        Assert.Equal((0, 5, 6), (again.Asked, again.Kept, _service.Requests.Count));
        Assert.Equal(Ids(answers, "q0"), Ids(again, "q0"));
        Assert.Equal(5, again.Milliseconds.Count);
        Assert.Equal(5, (await AskAsync(Settings, Many(5), fresh: true)).Asked);
        Assert.Equal(5, File.ReadLines(file).Count());
        File.AppendAllText(file, "{\"key\":\"a whole line\"}\n");
        Assert.Contains($"{file}:6: is no kept answer", await FailureAsync(Settings, Many(5)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_TwoAtOnceForOneFile_TheSecondIsRefused()
    {
        string? second = null;
        _service.Next.Enqueue(a =>
        {
            second = FailureAsync(Settings, Many(2)).GetAwaiter().GetResult();
            return a;
        });
        Assert.Equal(2, (await AskAsync(Settings, Many(2))).Asked);
        Assert.Contains("One process at a time", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_AnotherWayOfAsking_IsNotAnsweredByKeptAnswers()
    {
        var set = Dev("refund kettle");
        var named = Settings with { Label = "shop" };
        await AskAsync(named, set);
        foreach (var other in new[] { named with { Top = 3 }, named with { Url = _service.Root + "/other" }, named with { Body = """{"query":"{query}","top_k":{k},"fuzzy":true}""" }, named with { Scores = "results[].score" } })
        {
            Assert.Equal(1, (await AskAsync(other, set)).Asked);
        }

        Assert.Equal(0, (await AskAsync(named with { Parallel = 8, TimeoutSeconds = 5, Headers = new Dictionary<string, string> { ["X-Tenant"] = "b" } }, set)).Asked);
        Assert.Equal("shop." + set.Hash[..12] + ".jsonl", Path.GetFileName(Assert.Single(Directory.GetFiles(_folder.Path))));
    }

    [Theory]
    [InlineData("<html>", "3 of 3 questions have no answer that can be judged: questions \"q0\", \"q1\", \"q2\": the answer is no JSON")]
    [InlineData("""{"results":[{"id":"p1"}]} more""", "the answer is no JSON")]
    [InlineData("""{"items":[{"id":"p1"}]}""", "the answer has no \"results\"; it has \"items\"")]
    [InlineData("""{"results":[{"id":"p1"},{"id":null}]}""", "an id is null; wanted a text or a number")]
    [InlineData("""{"results":[{"id":{}}]}""", "an id is an object")]
    [InlineData("""{"results":[{"id":""}]}""", "id \"\" is empty")]
    [InlineData("""{"results":[{"id":"\ud800"}]}""", "no Unicode")]
    [InlineData("""{"results":[{"id":"p1"},{"id":"p2"},{"id":"p1"}]}""", "document \"p1\" came twice")]
    [InlineData("""{"results":[{"id":"p1"},{"id":"z1"},{"id":"z2"}]}""", "2 of 3 ids are not in the corpus: \"z1\", \"z2\"")]
    [InlineData("""{"results":[]}""", "every answer is an empty list at results[].id")]
    public async Task Ask_AnswerThatCannotBeJudged_IsAnErrorAndNeverAMiss(string body, string wanted)
    {
        _service.Form = _ => body;
        Assert.Contains(wanted, await FailureAsync(Settings, Many(3)), StringComparison.Ordinal);
        Assert.Equal(3, _service.Requests.Count);       // a second try would bring the same
    }

    [Theory]
    [InlineData("""{"results":[{"id":"p1","score":1},{"id":"p2"}]}""", "results[] has no \"score\"")]
    [InlineData("""{"results":[{"id":"p1","score":"1"}]}""", "a score is \"1\"; wanted a number")]
    [InlineData("""{"results":[{"id":"p1","score":1e39}]}""", "a score is 1e39; wanted a number within float32")]
    [InlineData("""{"results":[{"id":"p1","score":0.1},{"id":"p2","score":0.1},{"id":"p3","score":0.7}]}""", "rise down every list, as distances do")]
    public async Task Ask_ScoresThatAreNone_AreAnError(string body, string wanted)
    {
        _service.Form = _ => body;
        Assert.Contains(wanted, await FailureAsync(Settings with { Scores = "results[].score" }, Many(3)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_SomeBadAnswers_AreAllNamedAndTheGoodOnesKept()
    {
        _service.Next.Enqueue(a => a);
        _service.Next.Enqueue(_ => new(200, "", "no"));
        _service.Next.Enqueue(_ => new(400, "", "bad question"));
        _service.Next.Enqueue(_ => new(301, "Location: https://elsewhere/search?token=abc\r\n", ""));
        _service.Next.Enqueue(_ => new(429, "Retry-After: 900\r\n", ""));
        string message = await FailureAsync(Settings, Many(6));
        Assert.All(["4 of 6 questions", "\"q1\": the answer is no JSON", "\"q2\": answered 400 Said: bad question", "\"q3\": answered 301: it has moved to https://elsewhere/search. Redirects are not followed",
            "\"q4\": answered 429 Said, and asks to wait 900 s", "The 2 good answers are kept"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.Equal((4, 2), await AskAsync(Settings, Many(6)) is var a ? (a.Asked, a.Kept) : default);
    }

    [Fact]
    public async Task Ask_AnswerBeyondSixteenMebibytes_IsRefused()
    {
        _service.Form = _ => $"{{\"results\":[],\"rest\":\"{new string('x', 16 << 20)}\"}}";
        Assert.Contains("\"q0\": the answer is larger than 16 MiB", await FailureAsync(Settings, Many(1)), StringComparison.Ordinal);
        Assert.Single(_service.Requests);
    }

    [Fact]
    public async Task Ask_OneOrEightAtATime_TheRunFileHasTheSameBytes()
    {
        var set = Many(60);
        byte[][] files = new byte[2][];
        foreach (var (i, parallel) in new[] { (0, 1), (1, 8) })
        {
            for (int n = 0; n < 5; n++)
            {
                _service.Next.Enqueue(StandInServer.Fails);
            }

            TrecRun.Write(_folder[$"run{i}"], (await AskAsync(Settings with { Parallel = parallel }, set, fresh: true)).Run, "x");
            files[i] = File.ReadAllBytes(_folder[$"run{i}"]);
        }

        Assert.Equal(files[0], files[1]);
        var ranking = TrecRanking.Read(_folder["run0"], set);
        Assert.Equal(60, (await new Evaluator().EvaluateAsync(ranking, set, TestContext.Current.CancellationToken)).Queries.Count(q => q.FirstRelevantRank == 1));
    }

    [Fact]
    public async Task Ask_SecretHeader_IsSentAndStandsNowhere()
    {
        const string secret = "s3cret-token-of-a-test";
        var settings = Settings with { Headers = new Dictionary<string, string> { ["Authorization"] = "Bearer ${SEARCH_TOKEN}", ["X-Key"] = "written-out-key", ["Content-Type"] = "application/vnd.x+json" } };
        _service.Next.Enqueue(a => a);
        _service.Next.Enqueue(_ => new(401, "", $"token {secret} and {"written-out-key"} are not ours"));
        string message = await FailureAsync(settings, Many(2), new() { ["SEARCH_TOKEN"] = secret });
        Assert.Contains($"Authorization: Bearer {secret}\r\n", _service.Requests.First().Head, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/vnd.x+json\r\n", _service.Requests.First().Head, StringComparison.Ordinal);
        Assert.Contains("token [header] and [header] are not ours", message, StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(_folder.Path), f => Assert.DoesNotContain("token", File.ReadAllText(f), StringComparison.OrdinalIgnoreCase));
        Assert.Contains("headers: Authorization: the environment variable SEARCH_TOKEN is not set", await FailureAsync(settings, Many(2)), StringComparison.Ordinal);
        Assert.Contains("Use https", await FailureAsync(settings with { Url = "http://search.example/" }, Many(2), new() { ["SEARCH_TOKEN"] = secret }), StringComparison.Ordinal);
        Assert.Contains("line break", await FailureAsync(settings, Many(2), new() { ["SEARCH_TOKEN"] = "a\r\nX-Evil: 1" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_SetThatNoRunFileCanCarry_IsRefusedBeforeTheFirstRequest()
    {
        Pair[] rows = [new() { Id = "a b", Query = "lamp", PositiveIds = ["p1"] }, new() { Id = "c", QueryId = "x", Query = "same", PositiveIds = ["p1"] }, new() { Id = "d", QueryId = "y", Query = "same", PositiveIds = ["p2"] }];
        string message = await FailureAsync(Settings, new JudgedSetBuilder(s_corpus, DocumentClusters.Of(s_corpus, rows)).Dev(rows));
        Assert.Contains("the id of question \"a b\" holds white space", message, StringComparison.Ordinal);
        Assert.Contains("question \"d\" has the text of another", message, StringComparison.Ordinal);
        Assert.Empty(_service.Requests);
    }

    [Fact]
    public void Open_BadSettings_AreAllToldAtOnce()
    {
        string message = Assert.Throws<NearfarException>(() => SearchEndpoint.Open(
            new EndpointSettings { Url = "ftp://x", Method = "PUT", Ids = "id", Scores = "s", Top = 0, Parallel = 65, TimeoutSeconds = double.NaN, Label = " " }, _folder.Path)).Message;
        Assert.All(["endpoint.url", "endpoint.method", "endpoint.ids", "endpoint.scores", "endpoint.top", "endpoint.parallel", "endpoint.timeout_seconds", "endpoint.label"],
            key => Assert.Contains(key, message, StringComparison.Ordinal));
    }
}
