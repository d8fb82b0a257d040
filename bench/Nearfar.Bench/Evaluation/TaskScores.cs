using System.Globalization;
using System.Numerics.Tensors;
using Nearfar.Bench.Data;
using Nearfar.Data;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Bench.Evaluation;

/// <summary>Scores an encoder by the published definitions of the benchmark tasks: metrics by name, worst cohorts among those of 20 questions and more.</summary>
/// <remarks>
/// xquad ranks the paragraphs of one language at a time; covid is scored on labelled rows by AUC and, at the threshold that lets 5 % of dev's wrong rows
/// pass, by hits and false hits. z is the margin over the deviation of all similarities. Fusion: cosine + weight * BM25 / its best for the question.
/// </remarks>
internal sealed class TaskScores
{
    private const int LeastCohort = 20;
    private const int Lexical = 2000;
    private readonly string _task;
    private readonly IReadOnlyList<Decision> _decisions;
    private readonly bool _gate;
    private readonly List<(string Name, Part Part)> _parts = [];

    private TaskScores(string task, IReadOnlyList<Decision> decisions, bool gate) => (_task, _decisions, _gate) = (task, decisions, gate);

    public static TaskScores Of(Workspace workspace, bool gate)
    {
        JudgedSet set = gate ? workspace.Gate : workspace.Dev;
        string task = workspace.Options.Name.Split('-')[0];
        var scores = new TaskScores(task, task == "covid" ? Decision.Read(workspace) : [], gate);
        if (task == "xquad")
        {
            foreach (bool english in new[] { false, true })
            {
                foreach (var language in set.Queries.GroupBy(q => q.Cohorts["language"], StringComparer.Ordinal).Where(l => !english || l.Key != "en").OrderBy(l => l.Key, StringComparer.Ordinal))
                {
                    scores._parts.Add(($"{(english ? "English" : "own")} {language.Key}", Part.OfLanguage([.. language], set.Corpus, english ? "en" : language.Key)));
                }
            }
        }
        else if (task != "covid")
        {
            scores._parts.Add(("", Part.OfAll(set)));
        }

        return scores;
    }

    /// <param name="encoder">Null: BM25 alone.</param>
    /// <param name="fusion">Weight of BM25.</param>
    /// <param name="words">How BM25 reads; null: by default.</param>
    public async Task<IReadOnlyDictionary<string, double>> ScoreAsync(StaticEncoder? encoder, double fusion = 0, Bm25Options? words = null)
    {
        var result = new Dictionary<string, double>(StringComparer.Ordinal);
        if (_task == "covid")
        {
            return encoder is null ? result : Decision.Score(_decisions, encoder, _gate);
        }

        foreach (var (name, part) in _parts)
        {
            await part.ScoreAsync(encoder, fusion, words ?? new Bm25Options(), name, _task, result);
        }

        if (_task == "xquad")
        {
            foreach (string side in new[] { "own", "English" })
            {
                var all = result.Where(r => r.Key.StartsWith(side + " ", StringComparison.Ordinal)).ToList();
                result[side] = all.Average(r => r.Value);
                result[side + " worst"] = all.Min(r => r.Value);
            }
        }

        return result;
    }

    private sealed record Part(string[] Questions, Document[] Documents, HashSet<int>[] Right, int[][] Negatives, IReadOnlyList<JudgedQuery> Queries)
    {
        public static Part OfAll(JudgedSet set)
        {
            var at = set.Corpus.Documents.Select((d, i) => (d.Id, i)).ToDictionary(d => d.Id, d => d.i, StringComparer.Ordinal);
            return new([.. set.Queries.Select(q => q.Query)], [.. set.Corpus.Documents],
                [.. set.Queries.Select(q => q.Relevance.Where(r => r.Value > 0).Select(r => at[r.Key]).ToHashSet())], [.. set.Queries.Select(q => q.NegativeIds.Select(id => at[id]).ToArray())], set.Queries);
        }

        public static Part OfLanguage(JudgedQuery[] queries, Corpus corpus, string language)
        {
            Document[] documents = [.. corpus.Documents.Where(d => d.Attributes["language"] == language)];
            var at = documents.Select((d, i) => (d, i)).ToDictionary(d => d.d.Attributes["article"], d => d.i, StringComparer.Ordinal);
            return new([.. queries.Select(q => q.Query)], documents, [.. queries.Select(q => new HashSet<int> { at[corpus[q.PrimaryId].Attributes["article"]] })], [.. queries.Select(_ => Array.Empty<int>())], queries);
        }

        public async Task ScoreAsync(StaticEncoder? encoder, double fusion, Bm25Options words, string name, string task, Dictionary<string, double> into)
        {
            var lexical = encoder is null || fusion > 0 ? await new Bm25Index(new Corpus(Documents), words).RankAsync(Questions, Lexical) : null;
            float[]? queries = encoder is null ? null : await EmbedAsync(encoder, Questions, TextRole.Query);
            float[]? documents = encoder is null ? null : await EmbedAsync(encoder, [.. Documents.Select(d => d.Content)], TextRole.Document);
            var scores = new RetrievalScores[Questions.Length];
            var sums = new (double Sum, double Square)[Questions.Length];
            Parallel.For(0, Questions.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, q =>
            {
                float[] row = new float[Documents.Length];
                for (int d = 0; encoder is not null && d < row.Length; d++)
                {
                    row[d] = TensorPrimitives.Dot<float>(queries.AsSpan(q * encoder.Dimensions, encoder.Dimensions), documents.AsSpan(d * encoder.Dimensions, encoder.Dimensions));
                }

                sums[q] = (row.Sum(s => (double)s), row.Sum(s => (double)s * s));
                foreach (var hit in lexical?[q] ?? [])
                {
                    row[hit.Document] += (float)(encoder is null ? hit.Score : fusion * hit.Score / lexical![q][0].Score);
                }

                scores[q] = RetrievalScores.Of(row, Right[q], task == "banking77" ? [.. Enumerable.Range(0, row.Length).Where(d => !Right[q].Contains(d))] : Negatives[q]);
            });
            if (name.Length > 0)
            {
                into[name] = scores.Average(s => s.Reciprocal);
                return;
            }

            Summarise(scores, sums, encoder is not null && fusion == 0, task, into);
        }

        private void Summarise(RetrievalScores[] scores, (double Sum, double Square)[] sums, bool margins, string task, Dictionary<string, double> into)
        {
            into["acc@1"] = scores.Select((s, q) => Right[q].Contains(s.First) ? 1.0 : 0).Average();
            into["MRR@10"] = scores.Average(s => s.Reciprocal);
            into["nDCG@10"] = scores.Average(s => s.Ndcg);
            if (margins && scores.Any(s => !double.IsNaN(s.Margin)))
            {
                double n = (double)Questions.Length * Documents.Length, mean = sums.Sum(s => s.Sum) / n;
                double[] margin = [.. scores.Select(s => s.Margin).Where(m => !double.IsNaN(m))];
                into["z"] = margin.Average() / Math.Sqrt((sums.Sum(s => s.Square) / n) - (mean * mean));
                into["below 0"] = margin.Average(m => m < 0 ? 1.0 : 0);
            }

            if (task == "helm")
            {
                into["wrong version"] = scores.Select((s, q) => !Right[q].Contains(s.First) && Documents[s.First].Attributes["version"] != Queries[q].Cohorts["version"] ? 1.0 : 0).Average();
            }

            foreach (string attribute in Queries[0].Cohorts.Keys.Where(a => a is not ("page" or "query_length")))
            {
                var values = scores.Select((s, q) => (s.Reciprocal, Value: Queries[q].Cohorts[attribute])).GroupBy(s => s.Value, StringComparer.Ordinal).Where(v => v.Count() >= LeastCohort)
                    .Select(v => (v.Key, Mean: v.Average(s => s.Reciprocal))).OrderBy(v => v.Mean).ToList();
                into[$"worst {attribute}"] = values[0].Mean;
                foreach (var (value, reciprocal) in values.Take(task == "banking77" ? 0 : 12))
                {
                    into[string.Create(CultureInfo.InvariantCulture, $"{attribute}={value}")] = reciprocal;
                }
            }
        }

        private static async Task<float[]> EmbedAsync(StaticEncoder encoder, string[] texts, TextRole role)
        {
            float[] rows = new float[texts.Length * encoder.Dimensions];
            await encoder.EncodeAsync(texts, role, rows);
            return rows;
        }
    }

    internal sealed record Decision(string Part, string Language, string A, string B, bool Same)
    {
        public static IReadOnlyList<Decision> Read(Workspace workspace) =>
            [.. DataRows.Read(Path.Combine(Path.GetDirectoryName(workspace.Options.Data.Corpus!.Path)!, CovidQuestions.DecisionsName)).Select(r => new Decision(r["part"], r["language"], r["a"], r["b"], r["same"] == "1"))];

        public static Dictionary<string, double> Score(IReadOnlyList<Decision> rows, StaticEncoder encoder, bool gate)
        {
            var result = new Dictionary<string, double>(StringComparer.Ordinal);
            float[] similarities = [.. rows.Select(r => Similarity(encoder, r))];
            var thresholds = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (string language in new[] { "en", "de" })
            {
                float[] Of(string part, bool same) => [.. rows.Select((r, i) => (r, i)).Where(r => r.r.Part == part && r.r.Language == language && r.r.Same == same).Select(r => similarities[r.i]).Order()];
                float[] wrong = Of("dev", false);
                thresholds[language] = wrong[^(1 + (int)(0.05 * wrong.Length))];
                float[] right = Of(gate ? "gate" : "dev", true), different = Of(gate ? "gate" : "dev", false);
                result[$"AUC {language}"] = right.Average(r => different.Average(d => r > d ? 1.0 : r == d ? 0.5 : 0));
                result[$"hits {language}"] = right.Average(s => s > thresholds[language] ? 1.0 : 0);
                result[$"false hits {language}"] = different.Average(s => s > thresholds[language] ? 1.0 : 0);
                if (language == "de")
                {
                    result["hits de at en"] = right.Average(s => s > thresholds["en"] ? 1.0 : 0);
                    result["false hits de at en"] = different.Average(s => s > thresholds["en"] ? 1.0 : 0);
                }
            }

            return result;
        }

        private static float Similarity(StaticEncoder encoder, Decision row)
        {
            float[] a = new float[encoder.Dimensions], b = new float[encoder.Dimensions];
            var buffer = new Nearfar.Text.TokenBuffer();
            return encoder.Encode(row.A, TextRole.Query, a, buffer) && encoder.Encode(row.B, TextRole.Document, b, buffer) ? TensorPrimitives.Dot<float>(a, b) : 0;
        }
    }
}
