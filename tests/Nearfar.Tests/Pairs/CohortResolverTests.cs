using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class CohortResolverTests
{
    private static readonly DateOnly s_asOf = new(2026, 11, 1);

    [Theory]
    [InlineData("2026-11-01", "<90d")]
    [InlineData("2026-08-04", "<90d")]       // 89 days
    [InlineData("2026-08-03", "90d-365d")]   // 90 days: edges are [a, b)
    [InlineData("2025-11-02", "90d-365d")]
    [InlineData("2025-11-01", ">=365d")]     // 365 days
    [InlineData("2025-11-01T23:59:00+02:00", ">=365d")]
    [InlineData(null, "(unknown)")]
    public void Resolve_DocumentAge_IsCountedToTheFrozenDay(string? updated, string value)
    {
        var resolver = new CohortResolver([new CohortRule { Attribute = "doc_age", From = "document.updated", Edges = [90, 365], Unit = "d" }], s_asOf);
        var document = new Document { Id = "d", Text = "t", Attributes = updated is null ? new Dictionary<string, string>() : new() { ["updated"] = updated } };
        Assert.Equal(value, resolver.Resolve(Row("q"), document)["doc_age"]);
    }

    [Theory]
    [InlineData("refund", "<4")]
    [InlineData("how do I pay", "4-9")]
    [InlineData("返品の条件を教えてください", "4-9")] // 13 characters, half a word each
    [InlineData("one two three four five six seven eight nine", ">=9")]
    public void Resolve_QueryLength_IsInWords(string query, string value)
    {
        var resolver = new CohortResolver([new CohortRule { Attribute = "query_length", From = "query.words", Edges = [4, 9] }], null);
        Assert.Equal(value, resolver.Resolve(Row(query), null)["query_length"]);
    }

    [Theory]
    [InlineData("hello", "Latn")]
    [InlineData("где мой заказ? iPhone", "Cyrl")]
    [InlineData("返品の条件", "Jpan")]
    [InlineData("退货条件", "Hani")]
    [InlineData("환불 조건", "Hang")]
    [InlineData("ＡＢＣ", "Latn")]
    [InlineData("42?", "Zyyy")]
    public void Resolve_Script_IsThatOfMostLetters(string query, string value)
    {
        var resolver = new CohortResolver([new CohortRule { Attribute = "script", From = "query.script" }], null);
        Assert.Equal(value, resolver.Resolve(Row(query), null)["script"]);
    }

    [Fact]
    public void Resolve_NoSource_IsTheRowsValueThenTheDocuments()
    {
        var resolver = new CohortResolver([new CohortRule { Attribute = "language" }], null);
        var document = new Document { Id = "d", Text = "t", Attributes = new Dictionary<string, string> { ["language"] = "de" } };
        Assert.Equal("en", resolver.Resolve(Row("q") with { Cohorts = new Dictionary<string, string> { ["language"] = " en " } }, document)["language"]);
        Assert.Equal("de", resolver.Resolve(Row("q"), document)["language"]);
        Assert.Equal("(unknown)", resolver.Resolve(Row("q"), null)["language"]);
    }

    [Fact]
    public void Resolve_UnreadableValue_IsAnErrorAndNoCohort()
    {
        var resolver = new CohortResolver([new CohortRule { Attribute = "price", Edges = [10] }], null);
        var row = Row("q") with { Cohorts = new Dictionary<string, string> { ["price"] = "cheap" } };
        Assert.Contains("neither a number nor a date", Assert.Throws<NearfarException>(() => resolver.Resolve(row, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_BadRules_AreAllNamed()
    {
        var error = Assert.Throws<ArgumentException>(() => new CohortResolver(
            [new CohortRule { Attribute = "a", From = "query.size" }, new CohortRule { Attribute = "b", Edges = [2, 1] }, new CohortRule { Attribute = "b", From = "document.updated", Edges = [1], Unit = "d" }], null));
        Assert.Contains("from is \"query.size\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("edges must be finite and ascending", error.Message, StringComparison.Ordinal);
        Assert.Contains("ages need as_of", error.Message, StringComparison.Ordinal);
        Assert.Contains("declared twice", error.Message, StringComparison.Ordinal);
    }

    private static Pair Row(string query) => new() { Id = "p", Query = query, PositiveIds = ["d"] };
}
