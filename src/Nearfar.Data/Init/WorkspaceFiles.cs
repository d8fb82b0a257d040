using System.Globalization;
using Nearfar.Pairs;
using Nearfar.Training;

namespace Nearfar.Data.Init;

/// <summary>Writes the files of a new workspace; never over files that are there.</summary>
internal static class WorkspaceFiles
{
    private static readonly string[] s_names = ["corpus.jsonl", "train.jsonl", "dev.jsonl", "gate.jsonl", Workspace.FileName];

    // A file that cannot be removed either (a full or lost disk) must not hide why it had to be.
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <exception cref="NearfarException">A file of that name exists.</exception>
    public static void ThrowIfAny(string folder)
    {
        if (s_names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists) is { } there)
        {
            throw new NearfarException(there, 0, "exists; a workspace is not written over another. Name an empty folder, or move the files away.");
        }
    }

    public static string Write(string folder, InitDraft draft, QuestionSplit split, InitOptions options)
    {
        ThrowIfAny(folder);
        var written = new List<string>();
        try
        {
            Save("corpus.jsonl", path => DocumentFile.Write(path, draft.Documents));
            Save("train.jsonl", path => PairFile.Write(path, split.Train));
            Save("dev.jsonl", path => PairFile.Write(path, split.Dev));
            Save("gate.jsonl", path => PairFile.Write(path, split.Gate));
            return Save(Workspace.FileName, path => AtomicFile.Write(path, Yaml(folder, draft, split, options)));
        }
        catch       // half a workspace is none; what went wrong goes on to the caller
        {
            written.ForEach(Remove);
            throw;
        }

        string Save(string name, Action<string> write)
        {
            string path = Path.Combine(folder, name);
            write(path);
            written.Add(path);
            return path;
        }
    }

    private static string Yaml(string folder, InitDraft draft, QuestionSplit split, InitOptions options)
    {
        string name = options.Name ?? (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) is { Length: > 0 } last ? last : "workspace");
        int batch = 16;
        while (batch < 512 && batch * 4 <= split.Train.Count)
        {
            batch *= 2;
        }

        return string.Join('\n',
        [
            .. draft.Comments.Select(c => "# " + c),
            "version: 1",
            $"name: {Quote(name)}",
            $"as_of: {options.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}                 # document ages are counted to this day, never to today",
            "data:",
            "  corpus: corpus.jsonl            # what is searched",
            "  train: train.jsonl              # pairs to learn from",
            "  dev: dev.jsonl                  # model selection; never trained on",
            "  gate: gate.jsonl                # frozen: opened by the gate alone, never trained on or mined from",
            "  # traffic: traffic.jsonl        # questions from production with their outcome; failures become training pairs",
            draft.Cohorts.All(c => c.StartsWith('#')) ? "cohorts:                          # groups of questions that are scored by themselves" : "cohorts:                          # groups of questions that are scored by themselves; protected: [value] names those a release must prove",
            .. draft.Cohorts.Select(c => "  " + c),
            "  query_length: {from: query.words, edges: [4, 9]}",
            Presets.AreTitlesWorthWeighing(draft.Documents, draft.Questions)     // twice hurts no measured set and helps most: docs/experiments/LOG.md
                ? "encoder: {kind: static, dimensions: 1024, idf_power: 2, lead: {of: title, tokens: 64, weight: 2}}  # rare words weigh more, as in keyword search; titles count twice: 4 to 16 where questions ask for them"
                : "encoder: {kind: static, dimensions: 1024, idf_power: 2}  # rare words weigh more, as in keyword search",
            "tokenizer: {train: wordpiece, size: 8000}  # learned from the texts above, in any language",
            string.Create(CultureInfo.InvariantCulture, $"train: {{loss: mnrl, temperature: 0.05, batch: {batch}, epochs: 20}}"),
            "mining: {per_query: 4, positive_ratio: 0.95}",
            "gate:",
            "  reference: current              # the released model; without one, keyword search and the untrained encoder",
            "  metric: recall@5                # choose k as your product shows results",
            "  tolerance: 0.02                 # a release may lose this much and no more",
            "output: output                    # runs, reports, releases; keep it out of version control",
            "",
        ]);
    }

    /// <summary>A text as a YAML scalar, in double quotes unless it is a plain word.</summary>
    internal static string Quote(string text) => text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && text is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off")
        ? text : "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + "\"";
}
