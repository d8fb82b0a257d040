using System.CommandLine;
using Nearfar.Evaluation.Ranking;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar trec-eval</c>: trec_eval's measures of a run file, its flags, its output.</summary>
internal sealed class TrecEvalVerb : Verb
{
    private readonly Argument<string> _qrels = new("qrels") { Description = "Judgements: query 0 document grade; plain, gzip or zstd." };
    private readonly Argument<string> _run = new("run") { Description = "Ranking: query Q0 document rank score tag; plain, gzip or zstd." };
    private readonly Option<string[]> _measures = new("-m") { Description = "A measure, as map, P.5,10, ndcg_cut.10 or ndcg.1=3,2=9; a group: official, set, all_trec. May be repeated. Default: official.", HelpName = "MEASURE", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _queries = new("-q") { Description = "A line for each query, too." };
    private readonly Option<bool> _complete = new("-c") { Description = "Average over all judged queries: one that the run lacks scores 0." };
    private readonly Option<bool> _noSummary = new("-n") { Description = "No lines over all queries." };
    private readonly Option<int> _level = new("-l") { Description = "Lowest grade that counts as relevant.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<int?> _depth = new("-M") { Description = "Documents of each query that count.", HelpName = "N" };
    private readonly Option<bool> _judgedOnly = new("-J") { Description = "Drop documents that nobody judged." };
    private readonly Option<string> _compat = new("--compat") { Description = "trec9: scores as float32, as pytrec_eval, BEIR and MTEB have them; trec10: float64.", DefaultValueFactory = _ => "trec9" };
    private readonly Option<bool> _full = new("--full-precision") { Description = "17 digits in place of 4 decimals." };

    public override string Name => "trec-eval";

    public override string Description => "Scores a run file as trec_eval does, digit for digit. Example: nearfar trec-eval -q -m ndcg_cut.10 -m recall.100 qrels.txt served.trec";

    protected override void Declare(Command command)
    {
        _compat.AcceptOnlyFromAmong("trec9", "trec10");
        command.Add(_qrels);
        command.Add(_run);
        command.Add(_measures);
        command.Add(_queries);
        command.Add(_complete);
        command.Add(_noSummary);
        command.Add(_level);
        command.Add(_depth);
        command.Add(_judgedOnly);
        command.Add(_compat);
        command.Add(_full);
    }

    protected override Task<int> RunAsync(VerbContext context)
    {
        var parsed = context.Parsed;
        bool isTrec9 = parsed.GetValue(_compat) == "trec9";
        var options = (isTrec9 ? RankingOptions.Trec9 : RankingOptions.Trec10) with
        {
            Level = parsed.GetValue(_level),
            Depth = parsed.GetValue(_depth),
            JudgedOnly = parsed.GetValue(_judgedOnly),
            MeasureTies = context.Json,
        };
        options = parsed.GetValue(_complete) ? options with { MissingQuery = MissingQuery.Zero } : options;
        string run = parsed.GetValue(_run)!;
        var table = new RankingEvaluator(options, parsed.GetValue(_measures)).Evaluate(parsed.GetValue(_qrels)!, run, context.Cancellation);
        if (context.Json)
        {
            context.Emit(Document(table, parsed.GetValue(_queries)));
        }
        else
        {
            context.Print(new TrecEvalLines(table, parsed.GetValue(_full)).Write(parsed.GetValue(_queries), isTrec9, !parsed.GetValue(_noSummary)));
        }

        // On stderr: stdout is trec_eval's, to the byte.
        context.Note($"Next: nearfar eval --trec-run {run}");
        return Task.FromResult(0);
    }

    private static object Document(RankingTable table, bool queries) => new
    {
        run = table.Tag,
        queries = table.Queries.Count,
        missing = table.Queries.Where(q => q.IsMissing).Select(q => q.Id),
        without_relevant = table.WithoutRelevant,
        all = Row(table, table.Summary, i => table.Columns[i].IsSummed),
        tie_sensitivity = table.TieSensitivity,
        by_query = queries ? table.Queries.ToDictionary(q => q.Id, q => Row(table, q.Values, i => table.Columns[i] is { IsPerQuery: true, Text: null }), StringComparer.Ordinal) : null,
        texts_by_query = queries && table.Columns.Any(c => c.Text is not null) ? table.Queries.ToDictionary(q => q.Id, q => q.Texts, StringComparer.Ordinal) : null,
    };

    private static Dictionary<string, double> Row(RankingTable table, IReadOnlyList<double> values, Func<int, bool> shown) =>
        Enumerable.Range(0, values.Count).Where(i => table.Measures[i] != "runid" && shown(i)).ToDictionary(i => table.Measures[i], i => values[i], StringComparer.Ordinal);
}
