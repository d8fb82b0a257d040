using Nearfar.Labels;
using Nearfar.Pairs;
using Nearfar.Search;
using Xunit;

namespace Nearfar.Tests.Labels;

public sealed class LabelPoolTests
{
    private static readonly Corpus s_corpus = new(Enumerable.Range(0, 40).Select(i => new Document { Id = $"d{i:00}", Title = i % 2 == 0 ? $"page {i}" : null, Text = $"text {i}" }));
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Build_FailedFirstThenDisagreement_Chooses()
    {
        LabelQuestion[] questions = [new("agree", "a", false), new("half", "h", false), new("differ", "d", false), new("failed", "f", true)];
        IRanker[] rankers =
        [
            new Fixed("one", q => q switch { "h" => [1, 2], "d" => [1, 2], _ => [1, 2] }),
            new Fixed("two", q => q switch { "h" => [2, 3], "d" => [5, 6], _ => [2, 1] }),
        ];
        var pool = await LabelPool.BuildAsync(questions, s_corpus, rankers, new LabelOptions { Questions = 3 }, Token);
        Assert.Equal(["failed", "differ", "half"], pool.Rows.Select(r => r.QuestionId).Distinct());
        Assert.Equal((3, 1, 4), (pool.Questions, pool.Failed, pool.Available));
        Assert.Equal(["d01", "d02", "d05", "d06"], pool.Rows.Where(r => r.QuestionId == "differ").Select(r => r.DocumentId).Order(StringComparer.Ordinal));
        Assert.All(pool.Rows, r => Assert.Null(r.Grade));
    }

    [Fact]
    public async Task Build_RowsTellNothingOfTheRanker()
    {
        LabelQuestion[] questions = [.. Enumerable.Range(0, 30).Select(i => new LabelQuestion($"q{i:00}", $"question {i}", false))];
        IRanker first = new Fixed("one", _ => [.. Enumerable.Range(0, 10)]), second = new Fixed("two", _ => [.. Enumerable.Range(20, 10)]);
        var pool = await LabelPool.BuildAsync(questions, s_corpus, [first, second], null, Token);
        var swapped = await LabelPool.BuildAsync([.. questions.Reverse()], s_corpus, [second, first], null, Token);
        Assert.Equal(pool.Rows.Select(r => (r.QuestionId, r.DocumentId)), swapped.Rows.Select(r => (r.QuestionId, r.DocumentId)));      // who found it, and when, moves nothing
        Assert.Single(pool.Rows.Select(r => r.Pool).Distinct());
        double placeOfFirst = pool.Rows.Select((r, i) => (r, Place: i % 20)).Where(x => string.CompareOrdinal(x.r.DocumentId, "d10") < 0).Average(x => x.Place);
        Assert.InRange(placeOfFirst, 8.5, 10.5);       // neither ranker's documents come first
        var other = await LabelPool.BuildAsync(questions, s_corpus, [first, second], new LabelOptions { Seed = 2 }, Token);
        Assert.NotEqual(pool.Rows.Select(r => r.DocumentId), other.Rows.Select(r => r.DocumentId));
    }

    [Fact]
    public async Task Build_RepeatedQuestion_IsAskedOnceAndFailedWhenAnyFailed()
    {
        LabelQuestion[] questions = [new("t1", "Where is  it", false), new("t2", "where IS it", true)];
        var pool = await LabelPool.BuildAsync(questions, s_corpus, [new Fixed("one", _ => [1])], null, Token);
        Assert.Equal((1, 1, 1), (pool.Questions, pool.Failed, pool.Available));
        Assert.Equal("t2", Assert.Single(pool.Rows).QuestionId);
    }

    [Fact]
    public async Task Build_JudgedDocuments_AreNotAskedOfAgain()
    {
        // Two wordings of one question: what either knows is known. The second has nothing left to judge.
        LabelQuestion[] questions =
        [
            new("a1", "where is it", false) { Judged = ["d01"] }, new("a2", "Where IS it", false) { Judged = ["d02"] },
            new("b", "and that", false) { Judged = ["d01", "d02", "d03", "d04"] },
        ];
        var pool = await LabelPool.BuildAsync(questions, s_corpus, [new Fixed("one", _ => [1, 2, 3]), new Fixed("two", _ => [2, 4])], null, Token);
        Assert.Equal((1, 2), (pool.Questions, pool.Available));
        Assert.Equal(["d03", "d04"], pool.Rows.Select(r => r.DocumentId).Order(StringComparer.Ordinal));
        Assert.All(pool.Rows, r => Assert.Equal("a1", r.QuestionId));
    }

    [Fact]
    public async Task Build_UnsoundOptions_AreToldTogether()
    {
        var thrown = await Assert.ThrowsAsync<ArgumentException>(() => LabelPool.BuildAsync([], s_corpus, [new Fixed("one", _ => [1])], new LabelOptions { Questions = 0, Depth = 101 }, Token));
        Assert.Contains("questions are 0", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("depth is 101", thrown.Message, StringComparison.Ordinal);
    }

    private sealed class Fixed(string name, Func<string, int[]> documents) : IRanker
    {
        public string Name => name;

        public ValueTask<IReadOnlyList<IReadOnlyList<Hit>>> RankAsync(IReadOnlyList<string> queries, int k, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<IReadOnlyList<Hit>>>([.. queries.Select(q => documents(q).Take(k).Select((d, i) => new Hit(d, 1f / (i + 1))).ToArray())]);
    }
}
