using Nearfar.Encoding;
using Nearfar.Text;

namespace Nearfar.Training;

/// <summary>What a static encoder starts from. Plain values, kept in <c>run.json</c>.</summary>
public sealed record StartOptions
{
    internal const int DefaultMaxTokens = 256;

    /// <summary>Folder of a static model to start from; null: random rows over a tokenizer. Default null.</summary>
    public string? From { get; init; }

    /// <summary>Instead of training the start's rows: freezes it, and trains a map of its queries. Default null: rows are trained.</summary>
    public AdapterOptions? Adapter { get; init; }

    /// <summary>Length of a vector when rows are random, 8 to 4,096. Default 256.</summary>
    public int Dimensions { get; init; } = 256;

    /// <summary>
    /// Random dimensions behind those of <see cref="From"/>, 0 to 4,096: words that a pretrained model takes for each other stay apart, so that
    /// a vector also matches words, as keyword search does. Default 0.
    /// </summary>
    public int ExtraDimensions { get; init; }

    /// <summary>
    /// Share of a document's squared length that the extra dimensions have, over the corpus, above 0 and below 1: how much a vector matches words beside
    /// meanings. Default null: as many dimensions, as much weight.
    /// </summary>
    public double? ExtraShare { get; init; }

    /// <summary>Parts of unknown words, and pairs of words, as tokens; null: none. A model with them is not portable. Default null.</summary>
    public GramOptions? Grams { get; init; }

    /// <summary>A <c>tokenizer.json</c> for random rows; null: a vocabulary is learned from the workspace's own texts. Default null.</summary>
    public string? TokenizerFrom { get; init; }

    /// <summary>Kind of the learned vocabulary. Default WordPiece.</summary>
    public TokenizerKind TokenizerKind { get; init; } = TokenizerKind.WordPiece;

    /// <summary>Tokens of the learned vocabulary, 100 to 1,000,000. Default 8,000.</summary>
    public int VocabularySize { get; init; } = 8000;

    /// <summary>Put before every query. Default none.</summary>
    public string QueryPrompt { get; init; } = "";

    /// <summary>Put before every document. Default none.</summary>
    public string DocumentPrompt { get; init; } = "";

    /// <summary>Tokens of a text that count, at least 1. Default null: 256 for random rows, a model folder's own cut.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// Start rows are multiplied by (ln((N + 1) / (df + 1)) + 1) to this power, N texts, df those with the token, so that the untrained encoder
    /// weighs words as keyword search does; 0 leaves them as they are. 0 to 4. Default null: 1 for random rows, 0 for a model folder's.
    /// </summary>
    public double? IdfPower { get; init; }

    /// <summary>How much a token counts that stands n times in a text; anything but a count is not portable. Default null: as <see cref="From"/> has it, a count for random rows.</summary>
    public TermFrequency? TermFrequency { get; init; }

    /// <summary>How much more a document's beginning or title counts than the rest. A model with a lead is not portable. Default null: a model folder's own, else none.</summary>
    public LeadOptions? Lead { get; init; }

    /// <summary>
    /// Length of a constant that every document's sum of rows gets in a dimension of its own, as a share of the median length of the corpus's sums:
    /// short documents score lower than their length alone would have it (pivoted length normalisation, Singhal, Buckley and Mitra 1996). It is a token's row
    /// before the document prompt, so it is trained with the others and portable. 0 to 8. Default 0: none.
    /// </summary>
    public double Pivot { get; init; }

    /// <summary>Seed of random rows. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>All problems of the values at once; empty when they are sound.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        void Check(bool ok, string problem)
        {
            if (!ok)
            {
                problems.Add(problem);
            }
        }

        Check(Dimensions is >= 8 and <= 4096, $"dimensions is {Dimensions}; wanted 8 to 4096");
        Check(VocabularySize is >= 100 and <= 1_000_000, $"vocabulary size is {VocabularySize}; wanted 100 to 1000000");
        Check(Enum.IsDefined(TokenizerKind), $"tokenizer kind {(int)TokenizerKind} is not known");
        Check(MaxTokens is null or >= 1, $"max_tokens is {MaxTokens}; wanted at least 1");
        Check(IdfPower is null or (>= 0 and <= 4), $"idf power is {IdfPower}; wanted 0 to 4");
        Check(ExtraDimensions is >= 0 and <= 4096, $"extra dimensions is {ExtraDimensions}; wanted 0 to 4096");
        Check(ExtraDimensions == 0 || From is not null, "extra dimensions stand behind those of a model folder; name one (from), or ask for more dimensions");
        Check(ExtraShare is null or (> 0 and < 1), $"extra share is {ExtraShare}; wanted above 0 and below 1");
        Check(ExtraShare is null || ExtraDimensions > 0, "extra share weighs the extra dimensions; set extra dimensions to 1 or more");
        Check(Pivot is >= 0 and <= 8, $"pivot is {Pivot}; wanted 0 to 8");
        Check(TermFrequency is null || Enum.IsDefined(TermFrequency.Value), $"term frequency {(int?)TermFrequency} is not known; wanted count, root or once");
        Check(Pivot == 0 || From is null || ExtraDimensions > 0, "pivot needs a dimension of its own: set extra dimensions to 1 or more");
        Check(Adapter is null || (Pivot == 0 && TermFrequency is null && Lead is null), "an adapter leaves the frozen encoder as it is: pivot, term frequency and lead have no place");
        Check(Adapter is null || (ExtraDimensions == 0 && Grams is null && IdfPower is null or 0), "an adapter leaves the frozen encoder as it is: extra dimensions, grams and idf power have no place");
        problems.AddRange(Adapter?.Problems() ?? []);
        problems.AddRange(Grams?.Problems() ?? []);
        problems.AddRange(Lead?.Problems() ?? []);
        return problems;
    }

    internal double EffectiveIdfPower => IdfPower ?? (From is null ? 1 : 0);

    internal IEnumerable<KeyValuePair<string, string>> Deciding()
    {
        if (Adapter is not null)
        {
            yield return Of("start.adapter_rank", Adapter.Rank);
            yield return Of("start.from", From is null ? "provider" : NameOf(From));
            yield return Of("start.query_prompt", QueryPrompt);
            yield return Of("start.document_prompt", DocumentPrompt);
            yield break;
        }

        // Names, not paths: a run is the same in another folder, and hashes of start and tokenizer stand beside.
        yield return Of("start.from", From is null ? "random" : NameOf(From));
        yield return Of("start.query_prompt", QueryPrompt);
        yield return Of("start.document_prompt", DocumentPrompt);
        if (MaxTokens is not null || From is null)
        {
            yield return Of("start.max_tokens", MaxTokens ?? DefaultMaxTokens);
        }

        if (From is null || IdfPower is not null)
        {
            yield return Of("start.idf_power", EffectiveIdfPower);
        }

        if (From is null || ExtraDimensions > 0 || Grams is not null)
        {
            yield return Of("start.seed", Seed);
        }

        if (ExtraDimensions > 0)
        {
            yield return Of("start.extra_dimensions", ExtraDimensions);
        }

        if (ExtraShare is { } share)
        {
            yield return Of("start.extra_share", share);
        }

        if (TermFrequency is { } frequency)
        {
            yield return Of("start.term_frequency", frequency.Word());
        }

        if (Lead is { } lead)
        {
            yield return Of("start.lead", lead.Words);
        }

        if (Pivot > 0)
        {
            yield return Of("start.pivot", Pivot);
        }

        if (Grams is not null)
        {
            yield return Of("start.grams", FormattableString.Invariant($"{Grams.Buckets} {(Grams.Characters ? $"{Grams.Min}-{Grams.Max}" : "words")}{(Grams.AllWords ? " of all words" : "")}{(Grams.WordPairs ? " pairs" : "")}"));
        }

        if (From is null)
        {
            yield return Of("start.dimensions", Dimensions);
            yield return Of("start.tokenizer", TokenizerFrom is not null ? NameOf(TokenizerFrom) : FormattableString.Invariant($"{TokenizerKind} {VocabularySize}").ToLowerInvariant());
        }

        static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

        static KeyValuePair<string, string> Of(string name, object value) => new(name, Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!);
    }
}
