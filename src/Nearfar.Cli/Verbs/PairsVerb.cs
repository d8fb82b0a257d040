using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Data.Init;
using Nearfar.Pairs;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar pairs</c>: splits, merges, deduplicates, makes and counts files of pairs.</summary>
internal sealed class PairsVerb : Verb
{
    private const int Shown = 5;
    private const int ShownValues = 20;     // of one attribute
    private static readonly string[] s_sets = ["train", "dev", "gate"];

    private readonly Argument<string> _action = new("action") { Description = "split, merge, dedup, stats, from-faq, from-qrels or from-sections." };
    private readonly Argument<string[]> _inputs = new("input") { Description = "Files of pairs (JSONL, CSV, Parquet); from-faq: a CSV or Parquet file; from-qrels: a BEIR folder; from-sections: a folder of pages.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _out = new("--out") { Description = "split, from-*: folder to write; merge, dedup: file to write. Nothing is written over.", HelpName = "PATH" };
    private readonly Option<string?> _corpus = new("--corpus") { Description = "split: documents that the pairs name; default: the workspace's, none when all texts stand in the pairs.", HelpName = "FILE" };
    private readonly Option<double?> _dev = new("--dev") { Description = "split: share of the pages whose questions go to dev; default 0.1.", HelpName = "SHARE" };
    private readonly Option<double?> _gate = new("--gate") { Description = "split: share of the pages whose questions go to the gate; default 0.2.", HelpName = "SHARE" };
    private readonly Option<string?> _earlier = new("--earlier") { Description = "split: folder of an earlier split, whose sides stay.", HelpName = "FOLDER" };
    private readonly Option<bool> _sentences = new("--sentences") { Description = "from-sections: also one sentence of each document as a question." };

    public override string Name => "pairs";

    public override string Description => "Splits pairs by page, merges files, takes out what stands twice, makes pairs of what you have, counts. Nothing is written over, no provenance is dropped. "
        + "Example: nearfar pairs split all.jsonl --out sets --gate 0.2; nearfar pairs stats sets/train.jsonl";

    protected override void Declare(Command command)
    {
        _action.AcceptOnlyFromAmong("split", "merge", "dedup", "stats", "from-faq", "from-qrels", "from-sections");
        command.Add(_action);
        command.Add(_inputs);
        foreach (Option option in new Option[] { _out, _corpus, _dev, _gate, _earlier, _sentences })
        {
            command.Add(option);
        }
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string action = context.Parsed.GetRequiredValue(_action);
        string[] inputs = context.Parsed.GetRequiredValue(_inputs);
        ThrowIfMisplaced(context, action, inputs);
        switch (action)
        {
            case "split": await SplitAsync(context, inputs); break;
            case "merge": Merge(context, inputs); break;
            case "dedup": Deduplicate(context, inputs[0]); break;
            case "stats": Count(context, inputs); break;
            default: Make(context, action, inputs[0]); break;
        }

        return 0;
    }

    private void ThrowIfMisplaced(VerbContext context, string action, string[] inputs)
    {
        (Option Option, string Action)[] owners = [(_corpus, "split"), (_dev, "split"), (_gate, "split"), (_earlier, "split"), (_sentences, "from-sections")];
        var wrong = owners.Where(o => o.Action != action && context.Parsed.GetResult(o.Option) is { Implicit: false }).Select(o => $"{o.Option.Name} belongs to {o.Action}").ToList();
        if (action == "stats" && context.Parsed.GetValue(_out) is not null)
        {
            wrong.Add("stats writes nothing, so --out has no place");
        }
        else if (action != "stats" && context.Parsed.GetValue(_out) is null)
        {
            wrong.Add($"{action} wants --out: {(action is "merge" or "dedup" ? "the file" : "the folder")} to write");
        }

        if (action is "dedup" or "from-faq" or "from-qrels" or "from-sections" && inputs.Length > 1)
        {
            wrong.Add($"{action} takes one input, here are {inputs.Length}{(action == "dedup" ? "; join them with nearfar pairs merge" : "")}");
        }

        if (wrong.Count > 0)
        {
            throw new NearfarException($"{string.Join("; ", wrong)}.");
        }
    }

    private async Task SplitAsync(VerbContext context, string[] inputs)
    {
        var read = PairFiles.Read(inputs, await CorpusAsync(context));
        var merged = PairMerge.Of(read.Files);
        var options = new PairSplitOptions();
        options = options with { DevShare = context.Parsed.GetValue(_dev) ?? options.DevShare, GateShare = context.Parsed.GetValue(_gate) ?? options.GateShare };
        var split = PairSplit.Of(read.Corpus, merged.Pairs, options, Earlier(context));
        string folder = context.Parsed.GetRequiredValue(_out)!;
        var files = new OutputFiles();
        foreach (var (name, pairs) in new[] { ("train", split.Train), ("dev", split.Dev), ("gate", split.Gate) }.Where(s => s.Item2.Count > 0))
        {
            files.AddPairs(Path.Combine(folder, name + ".jsonl"), pairs);
        }

        if (read.Inline.Count > 0)
        {
            files.AddDocuments(Path.Combine(folder, "corpus.jsonl"), read.Corpus.Documents);
        }

        files.Write();
        context.Emit(new { folder, train = split.Train.Count, dev = split.Dev.Count, gate = split.Gate.Count, split.Groups, split.LargestGroup, split.KeptGroups, split.MergedGroups, merged.Renamed });
        context.Say(string.Create(CultureInfo.InvariantCulture, $"{folder}: {split.Train.Count} pairs for train, {split.Dev.Count} for dev, {split.Gate.Count} for gate; {split.Groups} groups of questions that must not be parted, the largest of {split.LargestGroup}."));
        Renamed(context, merged);
        if (context.Parsed.GetValue(_earlier) is not null)
        {
            context.Say($"{split.KeptGroups} groups stay where they were; {split.MergedGroups} had grown together over two sides and went to the gate's, else dev's.");
        }

        if (2 * split.LargestGroup > merged.Pairs.Count)
        {
            context.Note("warning: one group holds more than half of all questions, so the shares are not what was asked. Its pages are joined by group, replaces, near-duplicate text or common questions: see nearfar check.");
        }

        context.Next($"name the files in nearfar.yaml, then nearfar check{context.WorkspaceFlag}");
    }

    private async Task<DataSource?> CorpusAsync(VerbContext context)
    {
        if (context.Parsed.GetValue(_corpus) is { } path)
        {
            return new DataSource { Path = path };
        }

        string? given = context.Parsed.GetValue(CommonOptions.Workspace);
        return given is null && Workspace.Find(Directory.GetCurrentDirectory()) is null ? null : (await context.OpenWorkspaceAsync()).Options.Data.Corpus;
    }

    private EarlierSplit? Earlier(VerbContext context)
    {
        if (context.Parsed.GetValue(_earlier) is not { } folder)
        {
            return null;
        }

        string[] paths = [.. s_sets.Select(n => Path.Combine(folder, n + ".jsonl"))];
        if (!paths.Any(File.Exists))
        {
            throw new NearfarException(folder, 0, "holds no train.jsonl, dev.jsonl or gate.jsonl of an earlier split.");
        }

        return new EarlierSplit(Rows(paths[0]), Rows(paths[1]), Rows(paths[2]));

        static IReadOnlyList<Pair> Rows(string path) => File.Exists(path) ? PairFile.Read(path).Rows : [];
    }

    private void Merge(VerbContext context, string[] inputs)
    {
        var read = PairFiles.Read(inputs);
        var merged = PairMerge.Of(read.Files);
        string path = context.Parsed.GetRequiredValue(_out)!;
        var files = new OutputFiles();
        files.AddPairs(path, merged.Pairs);
        Inline(files, path, read);
        files.Write();
        context.Emit(new { path, rows = merged.Pairs.Count, merged.Equal, merged.Renamed, documents = read.Inline.Count });
        context.Say($"{path}: {merged.Pairs.Count} pairs of {inputs.Length} files; {merged.Equal} rows stood in two files and are kept once.");
        Renamed(context, merged);
        SayInline(context, path, read);
        context.Next($"nearfar pairs dedup {path} --out {OutputFiles.Beside(path, "once")}{context.WorkspaceFlag}");
    }

    private void Deduplicate(VerbContext context, string input)
    {
        var read = PairFiles.Read([input]);
        var result = PairDeduplication.Of(read.Files[0]);
        string path = context.Parsed.GetRequiredValue(_out)!;
        string dropped = OutputFiles.Beside(path, "dropped");
        var files = new OutputFiles();
        files.AddPairs(path, result.Kept);
        if (result.Dropped.Count > 0)
        {
            files.AddPairs(dropped, [.. result.Dropped.Select(d => d.Pair)]);
        }

        Inline(files, path, read);
        files.Write();
        context.Emit(new
        {
            path,
            kept = result.Kept.Count,
            dropped_file = result.Dropped.Count > 0 ? dropped : null,
            dropped = result.Dropped.Select(d => new { d.Line, d.Pair.Id, d.KeptId, d.Reason }),
            conflicts = result.Conflicts,
        });
        context.Say($"{path}: {result.Kept.Count} pairs stay, {result.Dropped.Count} go{(result.Dropped.Count > 0 ? $" to {dropped}, whole" : "")}.");
        foreach (var row in result.Dropped.Take(Shown))
        {
            context.Say($"  {input}:{row.Line}: \"{row.Pair.Id}\" goes, \"{row.KeptId}\" stays: {row.Reason}.");
        }

        foreach (var conflict in result.Conflicts.Take(Shown))
        {
            context.Say($"  {input}:{conflict.Line}: both stay, \"{conflict.Id}\" and \"{conflict.OtherId}\": {conflict.Reason}.");
        }

        SayInline(context, path, read);
        context.Next(result.Conflicts.Count > 0 ? $"keep one judgement of each of the {result.Conflicts.Count} pairs of rows that contradict each other (--json lists all), then nearfar check{context.WorkspaceFlag}" : $"nearfar check{context.WorkspaceFlag}");
    }

    private void Make(VerbContext context, string action, string input)
    {
        var today = DateOnly.FromDateTime(context.Clock.GetUtcNow().UtcDateTime);
        var made = action switch
        {
            "from-faq" => PairSource.FromFaq(input, today),
            "from-qrels" => PairSource.FromQrels(input),
            _ => PairSource.FromSections(input, today, context.Parsed.GetValue(_sentences)),
        };
        string folder = context.Parsed.GetRequiredValue(_out)!;
        var files = new OutputFiles();
        files.AddDocuments(Path.Combine(folder, "corpus.jsonl"), made.Documents);
        files.AddPairs(Path.Combine(folder, "pairs.jsonl"), made.Pairs);
        files.Write();
        context.Emit(new { folder, documents = made.Documents.Count, pairs = made.Pairs.Count, made.Skipped, made.Problems });
        context.Say($"{folder}: {made.Documents.Count} documents, {made.Pairs.Count} pairs.");
        foreach (var problem in made.Problems.Take(Shown))
        {
            context.Say($"  left out: {problem}");
        }

        if (action == "from-sections")
        {
            context.Note("note: headings are not what people ask. Such pairs teach; they prove nothing about real questions.");
        }

        context.Next($"nearfar pairs split {Path.Combine(folder, "pairs.jsonl")} --corpus {Path.Combine(folder, "corpus.jsonl")} --out {Path.Combine(folder, "sets")}{context.WorkspaceFlag}");
    }

    private static void Count(VerbContext context, string[] inputs)
    {
        var read = PairFiles.Read(inputs);
        var all = read.Files.Select(f => (f.Path, Stats: PairStatistics.Of(f.Rows))).ToList();
        context.Emit(all.Select(a => new { a.Path, a.Stats }));
        context.Table(["file", "rows", "questions", "positives", "pages", "negatives", "rows with negatives", "words (median, 95 %)", "with provenance"], all.Select(a => (IReadOnlyList<string>)
        [
            a.Path, Number(a.Stats.Rows), Number(a.Stats.Questions), Number(a.Stats.Positives), Number(a.Stats.PositiveDocuments), Number(a.Stats.Negatives), Number(a.Stats.RowsWithNegatives),
            string.Create(CultureInfo.InvariantCulture, $"{a.Stats.QueryWords[1]:0.#}, {a.Stats.QueryWords[2]:0.#}"),
            string.Create(CultureInfo.InvariantCulture, $"{1 - (a.Stats.Sources.GetValueOrDefault("(none)") / (double)a.Stats.Rows):P0}"),
        ]), 1, 2, 3, 4, 5, 6, 7, 8);
        foreach (var (path, stats) in all)
        {
            context.Say();
            context.Say($"{path}: source {Listed(stats.Sources)}; script {Listed(stats.Scripts)}");
            foreach (var (attribute, values) in stats.Cohorts)
            {
                context.Say($"  {attribute}: {Listed(values)}");
            }
        }

        context.Next($"nearfar check{context.WorkspaceFlag}");
    }

    private static void Inline(OutputFiles files, string path, PairFiles read)
    {
        if (read.Inline.Count > 0)
        {
            files.AddDocuments(OutputFiles.Beside(path, "corpus"), read.Inline);
        }
    }

    private static void SayInline(VerbContext context, string path, PairFiles read)
    {
        if (read.Inline.Count > 0)
        {
            context.Say($"{OutputFiles.Beside(path, "corpus")}: {read.Inline.Count} texts that stood in the rows.");
        }
    }

    private static void Renamed(VerbContext context, PairMerge merged)
    {
        foreach (var row in merged.Renamed.Take(Shown))
        {
            context.Say($"  {row.Path}:{row.Line}: \"{row.Before}\" is \"{row.After}\" now; another row had its id.");
        }

        if (merged.Renamed.Count > Shown)
        {
            context.Say($"  and {merged.Renamed.Count - Shown} more.");
        }
    }

    // The commonest: an attribute of numbers or days may have a value for every row.
    private static string Listed(IReadOnlyDictionary<string, int> counts) =>
        string.Join(", ", counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(ShownValues).Select(c => $"{c.Key} {Number(c.Value)}"))
        + (counts.Count > ShownValues ? $", and {Number(counts.Count - ShownValues)} more values (--json lists all)" : "");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
