using System.Text;
using Nearfar.Evaluation;
using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>The README.md of a model folder: front matter that model hubs read, how to load it, what it does by cohort, what it was made from.</summary>
/// <remarks>Equal input gives equal text, whatever the machine's culture. Thread-safe.</remarks>
public static class ModelCard
{
    /// <summary>Renders the card.</summary>
    /// <param name="input">Facts of the model; texts from data are escaped.</param>
    /// <returns>Markdown with YAML front matter and "\n" line ends.</returns>
    /// <exception cref="ArgumentException">A blank name, or sizes below 1.</exception>
    /// <exception cref="NearfarException">The decision was made on another report.</exception>
    public static string Render(ModelCardInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentException.ThrowIfNullOrWhiteSpace(input.Name);
        ArgumentOutOfRangeException.ThrowIfLessThan(input.Dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(input.MaxTokens ?? 1, 1);
        if (input.Decision is { } decision && decision.Candidate.Hash != input.Report?.ComputeHash())
        {
            throw new NearfarException(
                $"The card of \"{input.Name}\" has a decision on report {Figures.ShortHash(decision.Candidate.Hash)} and {(input.Report is { } other ? "report " + Figures.ShortHash(other.ComputeHash()) : "no report")}. Give it the report that the gate judged.");
        }

        var text = new StringBuilder();
        WriteFrontMatter(text, input);
        WriteUse(text, input);
        WriteQuality(text, input);
        WriteOrigin(text, input);
        WriteLimits(text, input);
        return text.ToString();
    }

    private static void WriteFrontMatter(StringBuilder text, ModelCardInput input)
    {
        text.Append("---\n");
        if (input.License is { } license)
        {
            text.Append("license: ").Append(Yaml(license)).Append('\n');
        }

        if (input.Languages.Count > 0)
        {
            text.Append("language:\n").AppendJoin("", input.Languages.Order(StringComparer.Ordinal).Select(l => $"- {Yaml(l)}\n"));
        }

        text.Append("library_name: sentence-transformers\npipeline_tag: sentence-similarity\ntags:\n- sentence-transformers\n- feature-extraction\n- nearfar\n---\n\n");
    }

    private static void WriteUse(StringBuilder text, ModelCardInput input)
    {
        text.Append("# ").Append(MarkdownText.Escape(input.Name)).Append("\n\nA ").Append(MarkdownText.Escape(input.Kind)).Append(": texts to vectors of ")
            .Append(Figures.Whole(input.Dimensions)).Append(" dimensions, compared by cosine similarity")
            .Append(input.MaxTokens is { } tokens ? $"; the first {Figures.Whole(tokens)} tokens are read" : "").Append(".\n\n");
        text.Append("""
            ## Use

            ```python
            from sentence_transformers import SentenceTransformer

            model = SentenceTransformer("path/to/this/folder")
            query = model.encode("how do I get my money back")
            documents = model.encode(["Refunds are paid within 14 days.", "Late parcels are traced."])
            print(model.similarity(query, documents))
            ```

            With Nearfar: `nearfar search INDEX "how do I get my money back" --model path/to/this/folder`.


            """.ReplaceLineEndings("\n"));
    }

    private static void WriteQuality(StringBuilder text, ModelCardInput input)
    {
        text.Append("## Quality\n\n");
        if (input.Report is not { } report)
        {
            text.Append("Not evaluated.\n\n");
            return;
        }

        int top = Math.Min(3, report.Depth);
        int found = report.Queries.Count(q => q.FirstRelevantRank <= top);
        text.Append(new QuestionCounts(report.Queries.Count, top, found, null, null, null).FirstLine)
            .Append(". Set ").Append(MarkdownText.Escape(report.SetName)).Append(", ").Append(Figures.Count(report.Documents, "document")).Append(" searched.\n\n");
        text.Append(input.Decision is { } decision
            ? $"Gate: {ReasonText.Word(decision.Verdict).ToLowerInvariant()}. {MarkdownText.Escape(ReasonText.Because(decision))}\n\n" : "This model has no verdict of a gate.\n\n");
        string[] metrics = Metrics(report);
        MarkdownText.Head(text, ["cohort", "questions", .. metrics]);
        Row(text, "all questions", report.Queries.Count, report.Metrics, metrics);
        foreach (var (attribute, values) in report.Cohorts.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            foreach (var (value, score) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
            {
                Row(text, $"{attribute} = {value}", score.N, score.Metrics, metrics);
            }
        }

        text.Append("\nMeans with their 95% intervals; none below 3 questions or 2 documents. ").Append(IntervalText.Mark + " ").Append(IntervalText.LongEventMeaning).Append(".\n\n");
    }

    private static string[] Metrics(EvalReport report) =>
        [.. MatrixBuilder.UsualMetrics(report).Where(report.Metrics.ContainsKey)];

    private static void Row(StringBuilder text, string name, int n, IReadOnlyDictionary<string, MetricSummary> values, string[] metrics) =>
        MarkdownText.Row(text, [MarkdownText.Escape(name), Figures.Whole(n), .. metrics.Select(m => values.TryGetValue(m, out var s)
            ? Figures.Value(m, s.Mean) + (s.Low is null ? "" : $" ({IntervalText.Range(m, s)})") : "–")]);

    private static void WriteOrigin(StringBuilder text, ModelCardInput input)
    {
        text.Append("## Origin\n\n");
        var provenance = input.Provenance;
        Fact(text, "run", provenance.Run);
        Fact(text, "workspace", provenance.Workspace);
        Fact(text, "started from", provenance.Parent);
        Fact(text, "space", input.Report?.Space?.Id);
        Fact(text, "evaluated on", input.Report?.SetHash);
        Fact(text, "report", input.Report?.ComputeHash());
        Fact(text, "policy", input.Decision?.PolicyHash);
        foreach (var data in provenance.Data)
        {
            Fact(text, data.Name, (data.Rows is { } rows ? Figures.Count(rows, "row") + ", " : "") + data.Hash);
        }

        foreach (var (name, value) in provenance.Settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            Fact(text, name, value);
        }

        text.Append("- made with: Nearfar\n\n");
    }

    private static void Fact(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append("- ").Append(MarkdownText.Escape(name)).Append(": ").Append(MarkdownText.Escape(value)).Append('\n');
        }
    }

    private static void WriteLimits(StringBuilder text, ModelCardInput input)
    {
        text.Append("## Limits\n\n");
        foreach (string limit in input.Limits)
        {
            text.Append("- ").Append(MarkdownText.Escape(limit)).Append('\n');
        }

        text.Append("- Its vectors compare only with vectors of the same space.\n- Cohorts not in the table were not measured.\n");
    }

    // Double-quoted YAML scalars take JSON's escapes.
    private static string Yaml(string value) => "\"" + System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(value) + "\"";
}
