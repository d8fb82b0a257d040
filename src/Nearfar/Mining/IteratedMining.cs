using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Training;

namespace Nearfar.Mining;

/// <summary>Mines inside a run, by the rules of <see cref="HardNegativeMiner"/>: training asks with its model as it is at a step. Used by one run at a time.</summary>
/// <remarks>
/// Xiong et al. 2020 (ANCE), arXiv:2007.00808. What no training moves is made once: BM25, the vectors of other encoders, the answers of a teacher. Vectors of documents are kept
/// by the id of their space: a model that has changed embeds its corpus anew, an adapter's documents stay.
/// </remarks>
public sealed class IteratedMining : INegativeSource
{
    private readonly MiningOptions _rules;
    private readonly IReadOnlyList<HeldOutSeal> _seals;
    private readonly DevSet? _dev;
    private readonly IEncoder[] _sources;
    private readonly EncoderTeacher? _teacher;
    private readonly IReadOnlyList<ReviewRow> _decided;
    private Fixed? _fixed;
    private IVectorIndex? _index;

    // What is made once for a corpus.
    private sealed record Fixed(Corpus Corpus, IReadOnlyList<IRanker> Rankers, ReviewDecisions Decisions, Bm25Index? Bm25);

    /// <param name="rules">Rules and counts; models and the review file that they name are read here. <see cref="MiningOptions.Review"/> is not looked at: nothing is listed for review.</param>
    /// <param name="seals">Of gate and dev: their pages are left alone. Empty only when the workspace has neither.</param>
    /// <param name="dev">Measures cohorts when <see cref="MiningOptions.ByCohort"/> is set; a gate set does not fit here.</param>
    /// <exception cref="ArgumentException">Unsound options; all problems in one message.</exception>
    /// <exception cref="NearfarException">A named model or review file cannot be read, or there is no dev set to measure cohorts on.</exception>
    public IteratedMining(MiningOptions rules, IReadOnlyList<HeldOutSeal> seals, DevSet? dev)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(seals);
        if (rules.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Mining options: {string.Join("; ", problems)}.", nameof(rules));
        }

        HardNegativeMiner.ThrowUnlessThere(rules, dev);
        (_rules, _seals, _dev) = (rules with { Review = 0 }, seals, dev);
        _sources = [.. rules.SourceModels.Select(folder => ModelFolder.Load(folder))];
        _teacher = rules.TeacherModel is { } teacher ? new EncoderTeacher(ModelFolder.Load(teacher)) : null;
        _decided = rules.DecisionFile is { } file ? ReviewFile.Read(file) : [];
        Identity =
        [
            .. rules.Deciding(_sources.Select(s => s.Space.Id), _teacher?.Name),
            new("mining.held_out_pages", HeldOutSeal.HashOfPages(seals)),
            .. rules.ByCohort is null ? [] : new[] { KeyValuePair.Create("mining.dev", dev!.Hash) },
            .. rules.DecisionFile is { } decisions ? [KeyValuePair.Create("mining.decisions", Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(decisions))))] : Array.Empty<KeyValuePair<string, string>>(),
        ];
    }

    /// <inheritdoc />
    public IReadOnlyList<KeyValuePair<string, string>> Identity { get; }

    /// <inheritdoc />
    public async ValueTask<NegativeGeneration> MineAsync(TrainingSet set, IEncoder encoder, long step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(encoder);
        var parts = await FixedAsync(set.Corpus, cancellationToken).ConfigureAwait(false);
        if (_index is not null && _index.Vectors.Space.Id != encoder.DocumentSpace.Id)
        {
            _index = null;          // before the new one is made: two would stand in memory
        }

        _index ??= (await VectorRanker.CreateAsync(encoder, set.Corpus, cancellationToken).ConfigureAwait(false)).Index;
        var miner = new HardNegativeMiner(set.Corpus, encoder, _rules, _seals, TimeProvider.System)
        {
            Index = _index,
            Bm25 = parts.Bm25,
            Rankers = parts.Rankers,
            Teacher = _teacher,
            Deficit = _rules.ByCohort is { } attribute ? await CohortDeficit.MeasureAsync(encoder, _dev!, attribute, cancellationToken).ConfigureAwait(false) : null,
            Decisions = parts.Decisions,
        };
        var result = await miner.MineAsync(set, "", cancellationToken).ConfigureAwait(false);
        // Equal runs write equal bytes: no clock in what they leave.
        return new NegativeGeneration([.. result.Pairs.Select(p => p with { HardNegatives = [.. p.HardNegatives.Select(n => n with { Provenance = n.Provenance! with { Time = null, Run = null, Step = step } })] })], result.Refused);
    }

    private async Task<Fixed> FixedAsync(Corpus corpus, CancellationToken cancellationToken)
    {
        if (_fixed is { } known && ReferenceEquals(known.Corpus, corpus))
        {
            return known;
        }

        _index = null;
        var rankers = new List<IRanker>();
        foreach (var source in _sources)
        {
            rankers.Add(await VectorRanker.CreateAsync(source, corpus, cancellationToken).ConfigureAwait(false));
        }

        return _fixed = new Fixed(corpus, rankers, ReviewDecisions.Of(_decided, corpus), _rules.UseBm25 && _rules.Sampling != MiningSampling.Uniform ? new Bm25Index(corpus) : null);
    }
}
