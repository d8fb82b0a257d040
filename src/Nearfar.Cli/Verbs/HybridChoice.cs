using System.CommandLine;
using System.Globalization;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.Cli.Verbs;

/// <summary><c>--hybrid rrf | weighted | weighted:W</c>: vectors and keywords as one ranking.</summary>
internal static class HybridChoice
{
    private const string LeadPart = "lead:";
    private const string TitlePart = "title:";
    private static readonly double[] s_weights = [0, 0.05, 0.1, 0.25, 0.5, 1, 2];

    public static Option<string?> Option() => new("--hybrid")
    {
        Description = "Vectors and keywords together: rrf (reciprocal ranks), weighted:0.25 (cosine plus so much BM25), weighted (the weight that dev likes best).",
        HelpName = "HOW",
    };

    public static Option<string?> WordsOption() => new("--words")
    {
        Description = "How keywords are read: stem (English stems), lead:24x8 (a document's first 24 words count 8 times) or title:24x8 (its title, at most so many words), or stem with one of them: stem,lead:24x8.",
        HelpName = "HOW",
    };

    /// <summary>How keyword search reads; null: as always.</summary>
    public static Bm25Options Words(string? asked)
    {
        var options = new Bm25Options();
        foreach (string part in asked?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            options = part == "stem" ? options with { Stemming = "english" } : options.Lead is null && Lead(part) is { } lead ? options with { Lead = lead }
                : throw new NearfarException($"--words is \"{asked}\"; wanted stem, lead:NxW or title:NxW (N 1 to 4096, W 2 to 64; such as lead:24x8), or stem and one of them with a comma.");
        }

        return options;
    }

    private static LeadOptions? Lead(string part)
    {
        bool title = part.StartsWith(TitlePart, StringComparison.Ordinal);
        string[] numbers = title || part.StartsWith(LeadPart, StringComparison.Ordinal) ? part[(title ? TitlePart : LeadPart).Length..].Split('x') : [];
        return numbers.Length == 2 && int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out int tokens) && int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out int weight)
            && new LeadOptions { Of = title ? LeadField.Title : LeadField.Beginning, Tokens = tokens, Weight = weight } is var lead && lead.Problems().Count == 0 ? lead : null;
    }

    /// <summary>What was asked for, or null; without a weight it is chosen on dev, whatever set is scored.</summary>
    public static async Task<HybridOptions?> ResolveAsync(VerbContext context, string? asked, Bm25Options words, IEncoder encoder, Func<Task<JudgedSet>> dev)
    {
        switch (asked)
        {
            case null:
                return null;
            case "rrf":
                return new HybridOptions();
            case "weighted":
                return await ChooseAsync(context, words, encoder, await dev());
            case var _ when asked.StartsWith("weighted:", StringComparison.Ordinal)
                && double.TryParse(asked.AsSpan("weighted:".Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && weight >= 0 && double.IsFinite(weight):
                return new HybridOptions { Fusion = Fusion.Weighted, WordsWeight = weight };
            default:
                throw new NearfarException($"--hybrid is \"{asked}\"; wanted rrf, weighted, or weighted: and a number of at least 0, such as weighted:0.25.");
        }
    }

    private static async Task<HybridOptions> ChooseAsync(VerbContext context, Bm25Options reading, IEncoder encoder, JudgedSet dev)
    {
        var vectors = await VectorRanker.CreateAsync(encoder, dev.Corpus, context.Cancellation);
        var words = new Bm25Index(dev.Corpus, reading);
        var best = (Score: double.NegativeInfinity, Options: new HybridOptions());
        foreach (double weight in s_weights)
        {
            var options = new HybridOptions { Fusion = Fusion.Weighted, WordsWeight = weight };
            var report = await new Evaluator().EvaluateAsync(new HybridRanker(vectors, words, options), dev, context.Cancellation);
            double score = report.Metrics["ndcg@10"].Mean;
            best = score > best.Score ? (score, options) : best;      // of equal ones the smaller weight
        }

        context.Note(string.Create(CultureInfo.InvariantCulture, $"Weight {best.Options.WordsWeight} of {string.Join(", ", s_weights)}: best nDCG@10 on dev, {best.Score:0.000}."));
        return best.Options;
    }
}
