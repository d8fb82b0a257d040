using Nearfar.Encoding;
using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>What the ways of mining share: the miner's parts, and the name of the run.</summary>
internal sealed class MiningSetting
{
    public required Corpus Corpus { get; init; }

    public required IEncoder Encoder { get; init; }

    public required MiningOptions Options { get; init; }

    public required IReadOnlyList<HeldOutSeal> Seals { get; init; }

    public required TimeProvider Clock { get; init; }

    public required IReadOnlyList<IRanker> Rankers { get; init; }

    public required AskedTeacher? Teacher { get; init; }

    public required CohortDeficit? Deficit { get; init; }

    public required ReviewDecisions Decisions { get; init; }

    public required string Run { get; init; }

    /// <summary>The corpus as the encoder sees it, encoded once for all calls of a miner.</summary>
    public required Func<CancellationToken, Task<IVectorIndex>> IndexAsync { get; init; }

    /// <summary>BM25 over the corpus, made once for all calls of a miner.</summary>
    public required Func<Bm25Index> Bm25 { get; init; }

    /// <summary>Provenance that all negatives of a call share.</summary>
    public Provenance Common(string rule) => new() { Source = "mined", Space = Encoder.Space.Id, Rule = rule, Run = Run, Time = Clock.GetUtcNow() };

    public async Task<Rows<float>> EncodeAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var rows = Rows.Allocate<float>(texts.Count, Encoder.Dimensions);
        await Encoder.EncodeAsync(texts, TextRole.Query, rows.Data, cancellationToken).ConfigureAwait(false);
        return rows;
    }

    public async Task<double> TeacherBackgroundAsync(IReadOnlyList<string> queries, CancellationToken cancellationToken) =>
        Teacher is null ? 0 : await BackgroundSimilarity.OfAsync(Teacher, queries, Corpus, Options.Seed, cancellationToken).ConfigureAwait(false);
}
