using System.Reflection;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

public sealed class JudgedSetBuilderTests
{
    private static readonly Corpus s_corpus = new(
        Enumerable.Range(0, 6).Select(i => new Document { Id = $"d{i}", Text = $"page {i}", Attributes = new Dictionary<string, string> { ["product"] = $"p{i % 2}" } }));

    [Fact]
    public void Dev_RepeatedQuestions_AreOneWithTheUnionOfTheirPositives()
    {
        Pair[] rows = [Row("a", "What is it?", ["d1"], ["d3"]), Row("b", "what  IS it?", ["d2"], ["d3", "d4"]), Row("c", "else", ["d0"])];
        var set = Builder(clustered: rows).Dev(rows);
        Assert.Equal(2, set.Queries.Count);
        var query = set.Queries[0];
        Assert.Equal(("a", "What is it?", "d1"), (query.Id, query.Query, query.PrimaryId));
        Assert.Equal(["d1", "d2"], query.Relevance.Keys);
        Assert.Equal(["d3", "d4"], query.NegativeIds);
        Assert.Equal("p1", query.Cohorts["product"]);
        Assert.Equal("d1", query.Cluster); // d1 and d2 answer one question: one cluster
    }

    [Fact]
    public void Gate_BadRows_AreAllToldInOneMessage()
    {
        var error = Assert.Throws<NearfarException>(() => Builder().Gate(
        [
            Row("a", "one", ["d1"]),
            Row("b", "One", ["d2"], ["d1"]),
            Row("c", "two", ["nowhere"]),
            Row("d", "three", ["d1"]) with { Relevance = new Dictionary<string, int> { ["d1"] = 2 } },
            Row("e", "three", ["d1"]) with { Relevance = new Dictionary<string, int> { ["d1"] = 1 } },
            Row("f", "four", ["d1"]) with { ForbiddenIds = ["lost"] },
        ]));
        Assert.Contains("question \"one\": document \"d1\" is right in one row and wrong in another", error.Message, StringComparison.Ordinal);
        Assert.Contains("(gate rows):3: row \"c\" names document \"nowhere\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("document \"d1\" has relevance 1 here and 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("names document \"lost\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gate_GradeStatedInOneRow_WinsOverPlainPositive()
    {
        var set = Builder().Gate([Row("a", "one", ["d1"]), Row("b", "one", ["d1"]) with { Relevance = new Dictionary<string, int> { ["d1"] = 3, ["d2"] = 0 } }]);
        Assert.Equal((3, 0), (set.Queries[0].Relevance["d1"], set.Queries[0].Relevance["d2"]));
    }

    [Fact]
    public void Gate_NoRows_IsAnError() => Assert.Throws<NearfarException>(() => Builder().Gate([]));

    [Fact]
    public void Page_ClustersOfTraining_TellKnownFromNew()
    {
        Pair[] train = [Row("t", "training", ["d1"])];
        Pair[] rows = [Row("a", "one", ["d1"]), Row("b", "two", ["d2"])];
        var set = Builder(train, rows).Gate(rows);
        Assert.Equal(["known", "new"], set.Queries.Select(q => q.Cohorts["page"]));
        rows = [.. rows, Row("c", "three", ["d2", "d1"])]; // joins the two pages
        set = Builder(train, rows).Gate(rows);
        Assert.Equal(["known", "known", "known"], set.Queries.Select(q => q.Cohorts["page"]));
        Assert.Equal("page", set.Rules[^1].Attribute);
    }

    [Fact]
    public void Hash_WhatWasJudged_DecidesAndProvenanceAndTrainingDoNot()
    {
        Pair[] rows = [Row("a", "one", ["d1"], ["d2"])];
        string hash = Builder().Gate(rows).Hash;
        Assert.Equal(64, hash.Length);
        Assert.Equal(hash, Builder().Gate([rows[0] with { Provenance = new Provenance { Source = "log" } }]).Hash);
        Assert.Equal(hash, Builder([Row("t", "training", ["d1"])]).Gate(rows).Hash);
        Assert.NotEqual(hash, Builder().Gate([rows[0] with { Query = "two" }]).Hash);
        Assert.NotEqual(hash, Builder().Gate([Row("a", "one", ["d1"])]).Hash);
        Assert.NotEqual(hash, new JudgedSetBuilder(s_corpus, DocumentClusters.Of(s_corpus, [])) { AsOf = new DateOnly(2026, 1, 1) }.Gate(rows).Hash);
        var other = new Corpus([.. s_corpus.Documents, new Document { Id = "d9", Text = "more" }]);
        Assert.NotEqual(hash, new JudgedSetBuilder(other, DocumentClusters.Of(other, [])) { Rules = Rules }.Gate(rows).Hash);
    }

    [Fact]
    public void Seal_QuestionsOfTheGate_AreKnownInEveryWording()
    {
        var gate = Builder().Gate(
        [
            Row("a", "How do I return the blue coat that I bought in the shop?", ["d1"]) with { QueryId = "1" },
            Row("b", "Getting rid of a coat", ["d1"]) with { QueryId = "1" },
        ]);
        Assert.Single(gate.Queries);
        Assert.True(gate.Seal.Contains("HOW do I return the blue  coat that I bought in the shop?"));
        Assert.True(gate.Seal.Contains("How do I return the blue coat that I bought in the shop"));
        Assert.True(gate.Seal.Contains("getting rid of a coat")); // a wording that folding hides
        Assert.False(gate.Seal.Contains("How do I return the red coat?"));
    }

    [Fact]
    public void GateTypes_ThePublicFace_OffersNoWayToTrainingTypes()
    {
        Type[] closed = [typeof(GateSet), typeof(JudgedSet), typeof(JudgedQuery), typeof(HeldOutSeal)];
        Type[] open = [typeof(Pair), typeof(TrainingSet), typeof(HardNegative)];
        const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;
        Assert.All(closed.Where(t => t != typeof(JudgedQuery)), type => Assert.Empty(type.GetConstructors()));
        Assert.All(closed, type => Assert.DoesNotContain(type.GetMembers(all).Select(ResultOf), r => r is not null && open.Any(o => Mentions(r, o))));
        // A miner may ask the seal, which only answers Contains.
        var makers = typeof(Corpus).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods(all).Cast<MethodBase>().Concat(t.GetConstructors()))
            .Where(m => m.GetParameters().Any(p => closed.Any(c => c != typeof(HeldOutSeal) && Mentions(p.ParameterType, c))))
            .Where(m => open.Any(o => Mentions(m is MethodInfo method ? method.ReturnType : m.DeclaringType!, o)));
        Assert.Empty(makers);
    }

    private static IReadOnlyList<CohortRule> Rules => [new CohortRule { Attribute = "product" }];

    private static Type? ResultOf(MemberInfo member) => member switch
    {
        MethodInfo method => method.ReturnType,
        PropertyInfo property => property.PropertyType,
        FieldInfo field => field.FieldType,
        _ => null,
    };

    private static bool Mentions(Type type, Type wanted) => type == wanted || type.GetGenericArguments().Any(a => Mentions(a, wanted)) || (type.HasElementType && Mentions(type.GetElementType()!, wanted));

    private static JudgedSetBuilder Builder(Pair[]? train = null, Pair[]? clustered = null) =>
        new(s_corpus, DocumentClusters.Of(s_corpus, clustered ?? [])) { Rules = Rules, Train = train };

    private static Pair Row(string id, string query, string[] positives, string[]? negatives = null) =>
        new() { Id = id, Query = query, PositiveIds = positives, HardNegatives = [.. (negatives ?? []).Select(n => new HardNegative(n))] };
}
