using System.Globalization;
using Nearfar.Encoding;
using Nearfar.Search;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Evaluation;

/// <summary>A recipe's name and the values that it sets; of a key given twice, the last.</summary>
internal sealed class Recipe
{
    private static readonly string[] s_keys = ["all", "balance", "balance_by", "balance_cap", "batch", "batches", "characters", "dense", "dimensions", "epochs", "extra", "fuse", "grams", "idf", "labels", "lead", "lead_of", "lead_weight", "loss", "max", "max_tokens", "min", "mined", "min_batch", "other_positives", "pairs", "pivot", "prompts", "rate", "share", "stem", "temperature", "tf", "token_rate", "train_tokens", "word_lead", "word_lead_of", "word_lead_weight"];
    private readonly Dictionary<string, string> _values;

    private Recipe(string name, Dictionary<string, string> values) => (Name, _values) = (name, values);

    public string Name { get; }

    public int? Epochs => Number("epochs") is { } epochs ? (int)epochs : null;

    public int Mined => (int)(Number("mined") ?? 0);

    /// <summary>How keyword search reads: as always, by English stems, or with more weight on a document's first words or title.</summary>
    public Bm25Options Words => new()
    {
        Stemming = Number("stem") == 1 ? "english" : null,
        Lead = LeadOf("word_lead"),
    };

    public double Fusion => Number("fuse") ?? 0;

    /// <summary>BM25 alone.</summary>
    public bool IsLexical => Name == "BM25";

    /// <summary>What <c>preset: best</c> tries, of which dev chooses: nothing of the workspace's own options but the model that it starts from.</summary>
    public bool IsPreset => Name == "preset";

    /// <summary>The one of them that it trains; null: none.</summary>
    public string? OfPreset => Name.StartsWith("preset:", StringComparison.Ordinal) ? Name["preset:".Length..] : null;

    /// <summary>Whether anything in it is drawn.</summary>
    public bool IsSeeded => !IsLexical && (Epochs != 0 || _values.ContainsKey("extra") || _values.ContainsKey("grams") || _values.ContainsKey("dimensions"));

    public static Recipe Parse(string line)
    {
        string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] part in parts[1..].Select(p => p.Split('=', 2)))
        {
            values[part[0]] = part.Length == 2 ? part[1] : throw new NearfarException($"Recipe \"{line}\": wanted KEY=VALUE, came \"{part[0]}\".");     // the last one holds
        }

        return values.Keys.FirstOrDefault(k => !s_keys.Contains(k) && !k.StartsWith("loss.", StringComparison.Ordinal)) is { } unknown
            ? throw new NearfarException($"Recipe \"{line}\": \"{unknown}\" is not known; valid are {string.Join(", ", s_keys)} and loss.OPTION.")
            : new Recipe(parts[0], values);
    }

    public StartOptions Apply(StartOptions start)
    {
        if (Number("dimensions") is { } dimensions)
        {
            start = start with { TokenizerFrom = start.From, From = null, Dimensions = (int)dimensions };
        }

        if (Number("prompts") == 1)
        {
            start = start with { QueryPrompt = "query: ", DocumentPrompt = "passage: " };
        }

        return start with
        {
            IdfPower = Number("idf") ?? start.IdfPower,
            ExtraDimensions = (int?)Number("extra") ?? start.ExtraDimensions,
            ExtraShare = Number("share") ?? start.ExtraShare,
            Lead = LeadOf("lead") ?? start.Lead,
            Pivot = Number("pivot") ?? start.Pivot,
            TermFrequency = _values.TryGetValue("tf", out string? frequency) ? Enum.Parse<TermFrequency>(frequency, ignoreCase: true) : start.TermFrequency,
            MaxTokens = (int?)Number("max_tokens") ?? start.MaxTokens,
            Grams = Number("grams") is { } buckets ? new GramOptions { Buckets = (int)buckets, Characters = Number("characters") != 0, AllWords = Number("all") == 1, WordPairs = Number("pairs") == 1, Min = (int)(Number("min") ?? 3), Max = (int)(Number("max") ?? 5) } : start.Grams,
        };
    }

    public TrainingOptions Apply(TrainingOptions options)
    {
        var loss = _values.TryGetValue("loss", out string? named) ? new LossChoice(named) : options.Loss;
        foreach (var (key, value) in _values.Where(v => v.Key.StartsWith("loss.", StringComparison.Ordinal)))
        {
            loss = loss.With(key["loss.".Length..], value);
        }

        return options with
        {
            Loss = Number("temperature") is { } temperature ? loss.With("temperature", temperature) : loss,
            Batches = _values.TryGetValue("batches", out string? rule) ? Enum.Parse<BatchRule>(rule, ignoreCase: true) : options.Batches,
            Labels = _values.GetValueOrDefault("labels") ?? options.Labels,
            Rate = Number("rate") ?? options.Rate,
            Batch = (int?)Number("batch") ?? options.Batch,
            Epochs = Epochs ?? options.Epochs,
            TokenWeights = Number("token_rate") is { } tokenRate ? new TokenWeightOptions { Rate = tokenRate } : options.TokenWeights,
            Balance = Number("balance") is { } power ? new(_values.GetValueOrDefault("balance_by") ?? "intent", power, Number("balance_cap") ?? 4) : options.Balance,
            MinBatchShare = Number("min_batch") ?? options.MinBatchShare,
            MaxTokens = (int?)Number("train_tokens") ?? options.MaxTokens,
            OtherPositives = _values.TryGetValue("other_positives", out string? others) ? Enum.Parse<OtherPositives>(others, ignoreCase: true) : options.OtherPositives,
            Optimizer = Number("dense") is { } dense ? options.Optimizer with { Dense = dense == 1 } : options.Optimizer,
        };
    }

    private LeadOptions? LeadOf(string key) => Number(key) is not { } tokens ? null : new LeadOptions
    {
        Of = _values.TryGetValue(key + "_of", out string? of) ? Enum.Parse<LeadField>(of, ignoreCase: true) : LeadField.Beginning,
        Tokens = (int)tokens,
        Weight = (int)(Number(key + "_weight") ?? 4),
    };

    private double? Number(string key) => _values.TryGetValue(key, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : null;
}
