using System.IO.Compression;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using Nearfar.Pairs;
using Nearfar.Search;
using Xunit;

namespace Nearfar.Tests.Search;

/// <summary>
/// BM25 on public sets against an independent implementation over \w+ (MRR@10, same splits): equal within what another reading of words explains,
/// and far better where pairs of characters read scripts without spaces.
/// </summary>
public class Bm25BaselineTests
{
    private const int MostCharacters = 2000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MedQuad_MrrAndNdcg()
    {
        var rows = await ReadAsync("retrieval/medquad/qa.jsonl.gz");
        string[] answers = [.. rows.Select(r => Of(r, "answer")).Distinct(StringComparer.Ordinal)];
        var place = answers.Select((text, i) => (text, i)).ToDictionary(p => p.text, p => p.i, StringComparer.Ordinal);
        var named = rows.Select(r => Of(r, "question")).GroupBy(q => q.ToLowerInvariant(), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var questions = new Dictionary<string, (string Text, HashSet<int> Right)>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            string key = Of(row, "question").ToLowerInvariant();
            if (Fold(Of(row, "focus").ToLowerInvariant(), 10) == 0)
            {
                var known = questions.TryGetValue(key, out var found) ? found : (named[key], []);
                known.Right.Add(place[Of(row, "answer")]);
                questions[key] = known;
            }
        }

        var (mrr, ndcg) = await ScoreAsync(answers, [.. questions.Values], "medquad");
        Assert.InRange(mrr, 0.466, 0.486);
        Assert.InRange(ndcg, 0.542, 0.562);
    }

    [Fact]
    public async Task Helm_Mrr()
    {
        var rows = (await ReadAsync("retrieval/helm_docs/sections.jsonl.gz")).Where(r => Of(r, "lang") == "en").ToArray();
        string[] documents = [.. rows.Select(r => $"Helm {Of(r, "version")} {Of(r, "page_title")} {Of(r, "text")}")];
        var same = rows.Select((r, i) => (Text: Of(r, "text"), i)).ToLookup(p => p.Text, p => p.i, StringComparer.Ordinal);
        var questions = rows
            .Where(r => Fold(Stem(Of(r, "path")), 3) == 0 && Of(r, "heading") != "SEE ALSO" && !Of(r, "heading").StartsWith("Options inherited", StringComparison.Ordinal))
            .Select(r => ($"Helm {Of(r, "version")} {Of(r, "page_title")} {Of(r, "heading")}", same[Of(r, "text")].ToHashSet())).ToArray();
        Assert.InRange((await ScoreAsync(documents, questions, "helm")).Mrr, 0.489, 0.509);
    }

    /// <summary>
    /// Over English pages three questions of other languages in four share a word with fewer than ten pages. The other implementation's .293 fills their ten with pages
    /// of score 0 as a partial sort leaves them; .270 is what it finds by words. Ours: .283, and .274 while words with an apostrophe were kept whole.
    /// </summary>
    [Theory, InlineData(false, 0.835), InlineData(true, 0.290)]
    public async Task Xquad_MeanMrrOverLanguages(bool english, double other)
    {
        var documents = await ReadAsync("retrieval/xquad/corpus.jsonl.gz");
        var questions = await ReadAsync("retrieval/xquad/queries.jsonl.gz");
        var right = (await ReadAsync("retrieval/xquad/qrels.jsonl")).ToDictionary(r => Of(r, "query"), r => Of(r, "doc"), StringComparer.Ordinal);
        var byId = documents.ToDictionary(d => Of(d, "id"), StringComparer.Ordinal);
        var scores = new List<double>();
        foreach (var language in documents.GroupBy(d => Of(d, "lang")).Where(g => !english || g.Key != "en").OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var corpus = english ? documents.Where(d => Of(d, "lang") == "en").ToArray() : [.. language];
            var place = corpus.Select((d, i) => (Group: d.GetProperty("group").ToString(), i)).ToDictionary(p => p.Group, p => p.i, StringComparer.Ordinal);
            var asked = questions
                .Where(q => Of(q, "lang") == language.Key && Fold(Of(byId["xq-en-" + right[Of(q, "id")].Split('-', 3)[2]], "title"), 3) == 0)
                .Select(q => (Of(q, "text"), new HashSet<int> { place[byId[right[Of(q, "id")]].GetProperty("group").ToString()] })).ToArray();
            scores.Add((await ScoreAsync([.. corpus.Select(d => Of(d, "text"))], asked, $"xquad {language.Key}")).Mrr);
        }

        Assert.InRange(scores.Average(), other - 0.01, 1);
    }

    private static async Task<(double Mrr, double Ndcg)> ScoreAsync(string[] documents, (string Text, HashSet<int> Right)[] questions, string name)
    {
        string[] cut = [.. documents.Select(d => new System.Text.StringBuilder().AppendJoin("", d.EnumerateRunes().Take(MostCharacters)).ToString())];
        var index = new Bm25Index(new Corpus(cut.Select((text, i) => new Document { Id = $"d{999999 - i:000000}", Text = text })));      // ties by order of documents
        var rankings = await index.RankAsync([.. questions.Select(q => q.Text)], 10, Token);
        double mrr = 0;
        double ndcg = 0;
        foreach (var (question, hits) in questions.Zip(rankings))
        {
            // Where too few documents share a word, the other implementation goes on in order of documents: scores of 0 tie there.
            int[] found = [.. hits.Select(h => h.Document).Concat(Enumerable.Range(0, documents.Length).Except(hits.Select(h => h.Document)).Take(10 - hits.Count))];
            int first = found.Select((d, i) => question.Right.Contains(d) ? i + 1 : 0).FirstOrDefault(r => r > 0);
            mrr += first == 0 ? 0 : 1.0 / first;
            double ideal = Enumerable.Range(0, Math.Min(10, question.Right.Count)).Sum(i => 1 / Math.Log2(i + 2));
            ndcg += found.Select((d, i) => question.Right.Contains(d) ? 1 / Math.Log2(i + 2) : 0).Sum() / ideal;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {questions.Length} questions, MRR@10 {mrr / questions.Length:0.0000}, nDCG@10 {ndcg / questions.Length:0.0000}");
        return (mrr / questions.Length, ndcg / questions.Length);
    }

    private static async Task<JsonElement[]> ReadAsync(string name)
    {
        string? data = Environment.GetEnvironmentVariable("NEARFAR_DATA");
        Assert.SkipWhen(data is null, "NEARFAR_DATA is not set");
        await using Stream file = File.OpenRead(Path.Combine(data!, name));
        using var reader = new StreamReader(name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        var rows = new List<JsonElement>();
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            rows.Add(json.RootElement.Clone());
        }

        return [.. rows];
    }

    private static string Of(JsonElement row, string name) => row.GetProperty(name).GetString()!;

    private static string Stem(string path) => path[..^Path.GetExtension(path).Length];

    private static int Fold(string text, int folds)
    {
#pragma warning disable CA5351 // the splits of the published figures are by MD5; nothing is protected by it
        return (int)(new BigInteger(MD5.HashData(System.Text.Encoding.UTF8.GetBytes(text)), isUnsigned: true, isBigEndian: true) % folds);
#pragma warning restore CA5351
    }
}
