using System.Text.Json;
using Nearfar.Data.Endpoints;
using Xunit;

namespace Nearfar.Data.Tests.Endpoints;

public sealed class AnswerPathTests
{
    [Theory]
    [InlineData("results[].id", """{"results":[{"id":"a"},{"id":"b"}]}""", "a,b")]
    [InlineData("hits.hits[]._id", """{"hits":{"total":2,"hits":[{"_id":"a"},{"_id":"b"}]}}""", "a,b")]
    [InlineData("[].document.id", """[{"document":{"id":"a"}},{"document":{"id":"b"}}]""", "a,b")]
    [InlineData("[]", """["a","b"]""", "a,b")]
    [InlineData("ids[][]", """{"ids":[["a","b"]]}""", "a,b")]
    [InlineData("[][].id", """[[{"id":"a"}],[],[{"id":"b"}]]""", "a,b")]
    [InlineData("groups[].hits[].id", """{"groups":[{"hits":[{"id":"a"}]},{"hits":null},{"hits":[{"id":"b"}]}]}""", "a,b")]
    [InlineData("results[].id", """{"results":[]}""", "")]
    [InlineData("results[].id", """{"results":null}""", "")]
    public void Of_Answer_IsWhatThePathSays(string path, string answer, string wanted)
    {
        using var json = JsonDocument.Parse(answer);
        Assert.Equal(wanted, string.Join(",", AnswerPath.Parse(path)!.Of(json.RootElement).Select(v => v.GetString())));
    }

    [Theory]
    [InlineData("results[].id", """{"error":"down","code":5}""", "the answer has no \"results\"; it has \"error\", \"code\"")]
    [InlineData("results[].id", "{}", "the answer has no \"results\"; it is empty")]
    [InlineData("results[].id", """{"results":{"id":"a"}}""", "results is no list")]
    [InlineData("results[].id", """{"results":[{"id":"a"},{"key":"b"}]}""", "results[] has no \"id\"; it has \"key\"")]
    [InlineData("hits.hits[]._id", """{"hits":null}""", "hits is no object with a \"hits\"")]
    [InlineData("[]", "5", "the answer is no list")]
    public void Of_AnswerOfAnotherForm_SaysWhatIsThere(string path, string answer, string wanted)
    {
        using var json = JsonDocument.Parse(answer);
        Assert.Equal(wanted, Assert.Throws<NearfarException>(() => AnswerPath.Parse(path)!.Of(json.RootElement)).Message);
    }

    [Theory]
    [InlineData("results.id")]
    [InlineData("results[0].id")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("results[].")]
    [InlineData("results..x[]")]
    [InlineData("results.[].id")]
    [InlineData("a [].id")]
    [InlineData("[]a")]
    public void Parse_NoPath_IsNull(string text) => Assert.Null(AnswerPath.Parse(text));
}
