using System.CommandLine;
using System.Globalization;
using Nearfar.Data;
using Nearfar.Data.Endpoints;
using Nearfar.Data.Formats;
using Nearfar.Evaluation;
using Nearfar.Pairs;

namespace Nearfar.Cli.Verbs;

/// <summary><c>--endpoint [URL]</c>: a search service is asked, and what it returns is judged.</summary>
internal sealed class EndpointChoice
{
    private readonly Option<string?> _url = new("--endpoint")
    {
        Description = "A search service in place of a model: every question is asked, answers are kept. Without URL as the section endpoint says; with one, in the place of its url. A URL with {query} in it is asked by GET.",
        HelpName = "URL",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _ids = new("--ids") { Description = "With --endpoint: where the document ids stand in an answer, such as hits.hits[]._id; default: the section's, else results[].id.", HelpName = "PATH" };
    private readonly Option<bool> _fresh = new("--fresh") { Description = "With --endpoint: ask every question anew; default: what was answered before is not asked again." };

    /// <summary>What came of asking.</summary>
    /// <param name="Answers">The answers.</param>
    /// <param name="Run">The TREC run file that holds them.</param>
    public sealed record Served(ServedAnswers Answers, string Run)
    {
        private double? At(double share) => Answers.Milliseconds.Count == 0 ? null : Math.Round(SortedValues.Quantile([.. Answers.Milliseconds], share), 1);

        public object ForMachines() => new { trec_run = Run, answers = Answers.Path, asked = Answers.Asked, kept = Answers.Kept, retried = Answers.Retried, first_tries = Answers.Milliseconds.Count, p50_ms = At(.5), p95_ms = At(.95) };

        public void Say(VerbContext context)
        {
            string time = At(.5) is { } half ? string.Create(CultureInfo.InvariantCulture, $"; {Answers.Milliseconds.Count} first tries took {half:0} ms (half of them), {At(.95):0} ms (95 %)") : "";
            context.Say($"{Answers.Asked} questions asked, {Answers.Kept} answers kept from before, {Answers.Retried} tries repeated{time}.");
            if (Answers.Run.Count(q => q.Value.Count == 0) is var empty and > 0)
            {
                context.Say($"{empty} questions got an empty list: misses, of which the run file has no line.");
            }

            context.Say($"Ranking: {Run}");
        }
    }

    public void Declare(Command command)
    {
        command.Add(_url);
        command.Add(_ids);
        command.Add(_fresh);
    }

    public bool IsFresh(VerbContext context) => context.Parsed.GetValue(_fresh);

    /// <returns>Null when no service is asked.</returns>
    public SearchEndpoint? Open(VerbContext context, Workspace workspace)
    {
        string? ids = context.Parsed.GetValue(_ids);
        if (context.Parsed.GetResult(_url) is not { Implicit: false })
        {
            return ids is null && !IsFresh(context) ? null : throw new NearfarException("--ids and --fresh say how --endpoint asks. Add --endpoint.");
        }

        string? url = context.Parsed.GetValue(_url);
        if (url is not null && !url.StartsWith("http", StringComparison.OrdinalIgnoreCase))
        {
            throw new NearfarException($"--endpoint is \"{url}\"; wanted a web address such as https://host/search, or none where the workspace has a section endpoint. The workspace goes before it.");
        }

        var section = workspace.Options.Endpoint;
        var settings = url is null
            ? section ?? throw new NearfarException(workspace.Path, 0, "has no section endpoint. Write one, such as endpoint: {url: \"https://host/search\"}, or give the address: --endpoint https://host/search.")
            : section is null ? new EndpointSettings { Url = url } : section with { Url = url, Label = null };     // another service is not called by this one's name
        return SearchEndpoint.Open(ids is null ? settings : settings with { Ids = ids }, Path.Combine(workspace.Output, "served"), null, context.Clock);
    }

    /// <summary>Asks, and writes the run file beside the report.</summary>
    public static async Task<Served> AskAsync(VerbContext context, SearchEndpoint endpoint, JudgedSet set, bool fresh, string report)
    {
        string run = Path.ChangeExtension(report, ".trec");
        if (run == report)
        {
            throw new NearfarException($"--out is \"{report}\", where the ranking goes; the report is JSON. Name it with .json.");
        }

        var answers = await context.WithProgress("endpoint", say => endpoint.AskAsync(set, fresh, say, context.Cancellation));
        TrecRun.Write(run, answers.Run, string.Join('-', endpoint.Label.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        return new Served(answers, run);
    }
}
