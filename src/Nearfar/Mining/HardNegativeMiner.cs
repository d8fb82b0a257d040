using Nearfar.Encoding;
using Nearfar.Mining.Reviewing;
using Nearfar.Mining.Rules;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Text;
using Nearfar.Vectors;

namespace Nearfar.Mining;

/// <summary>Finds documents that are near and wrong: for training queries from the corpus, for failed traffic from what was ranked above the right page. Not thread-safe.</summary>
/// <remarks>
/// Takes <see cref="TrainingSet"/> and <see cref="TrafficRow"/> only: gate rows have another type, and a traffic question that equals a held-out
/// question, and a page that no training pair knows but a held-out one asks for, are refused by the <see cref="HeldOutSeal"/>s. Same inputs and seed give the same pairs in the same order.
/// </remarks>
public sealed class HardNegativeMiner
{
    private readonly Corpus _corpus;
    private readonly IEncoder _encoder;
    private readonly MiningOptions _options;
    private readonly IReadOnlyList<HeldOutSeal> _seals;
    private readonly TimeProvider _clock;
    private IVectorIndex? _index;
    private Bm25Index? _bm25;

    /// <param name="corpus">Where negatives come from.</param>
    /// <param name="encoder">The model whose failures are mined.</param>
    /// <param name="options">Rules. Models that they name by folder are loaded by <see cref="OpenAsync"/>.</param>
    /// <param name="seals">Of gate and dev: their questions and held-out pages are left alone. Empty only when the workspace has neither.</param>
    /// <param name="clock">Dates the provenance.</param>
    /// <exception cref="ArgumentException">Unsound options; all problems in one message.</exception>
    public HardNegativeMiner(Corpus corpus, IEncoder encoder, MiningOptions options, IReadOnlyList<HeldOutSeal> seals, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(seals);
        ArgumentNullException.ThrowIfNull(clock);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Mining options: {string.Join("; ", problems)}.", nameof(options));
        }

        _corpus = corpus;
        _encoder = encoder;
        _options = options;
        _seals = seals;
        _clock = clock;
    }

    /// <summary>Further rankers of the same corpus whose candidates join, for example <see cref="VectorRanker"/>s of other encoders. Default none.</summary>
    public IReadOnlyList<IRanker> Rankers { get; init; } = [];

    /// <summary>A second opinion on every candidate that the other rules admit; null: none.</summary>
    public ITeacher? Teacher { get; init; }

    /// <summary>Gives weak cohorts more negatives; null: all questions get <see cref="MiningOptions.PerQuery"/>.</summary>
    public CohortDeficit? Deficit { get; init; }

    /// <summary>What people decided on likely false negatives. Default none.</summary>
    public ReviewDecisions Decisions { get; init; } = ReviewDecisions.None;

    /// <summary>The corpus as the encoder sees it, where a caller has it already. Default null: made at the first call.</summary>
    internal IVectorIndex? Index
    {
        init => _index = value;
    }

    /// <summary>BM25 over the corpus, where a caller has it already. Default null: made at the first call that asks for it.</summary>
    internal Bm25Index? Bm25
    {
        init => _bm25 = value;
    }

    /// <summary>A miner with the models that the options name by folder, and with the deficits of the cohorts when they ask for them.</summary>
    /// <param name="corpus">Where negatives come from.</param>
    /// <param name="encoder">The model whose failures are mined.</param>
    /// <param name="options">Rules.</param>
    /// <param name="dev">Measures cohorts when <see cref="MiningOptions.ByCohort"/> is set; a gate set does not fit here.</param>
    /// <param name="seals">Of gate and dev.</param>
    /// <param name="clock">Dates the provenance.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="ArgumentException">Unsound options; all problems in one message.</exception>
    /// <exception cref="NearfarException">A named model or review file cannot be read, or the dev set lacks the attribute.</exception>
    public static async Task<HardNegativeMiner> OpenAsync(Corpus corpus, IEncoder encoder, MiningOptions options, DevSet? dev, IReadOnlyList<HeldOutSeal> seals, TimeProvider clock,
        CancellationToken cancellationToken = default)
    {
        _ = new HardNegativeMiner(corpus, encoder, options, seals, clock);       // refuses unsound options before any model is loaded
        ThrowUnlessThere(options, dev);
        var rankers = new List<IRanker>();
        foreach (string folder in options.SourceModels)
        {
            rankers.Add(await VectorRanker.CreateAsync(ModelFolder.Load(folder), corpus, cancellationToken).ConfigureAwait(false));
        }

        return new HardNegativeMiner(corpus, encoder, options, seals, clock)
        {
            Rankers = rankers,
            Teacher = options.TeacherModel is { } teacher ? new EncoderTeacher(ModelFolder.Load(teacher)) : null,
            Deficit = options.ByCohort is { } attribute ? await CohortDeficit.MeasureAsync(encoder, dev!, attribute, cancellationToken).ConfigureAwait(false) : null,
            Decisions = options.DecisionFile is { } file ? ReviewDecisions.Of(ReviewFile.Read(file), corpus) : ReviewDecisions.None,
        };
    }

    /// <exception cref="NearfarException">A named model is not there, or there is no dev set to measure cohorts on.</exception>
    internal static void ThrowUnlessThere(MiningOptions options, DevSet? dev)
    {
        string[] missing = [.. options.SourceModels.Append(options.TeacherModel).OfType<string>().Where(folder => !Directory.Exists(folder))];
        if (missing.Length > 0)
        {
            throw new NearfarException($"No model folder {string.Join(", ", missing.Select(m => $"\"{m}\""))}, which mining names as source or teacher. Name a folder that nearfar train wrote, such as output/runs/001/model.");
        }

        if (options.ByCohort is not null && dev is null)
        {
            throw new NearfarException($"mining.by_cohort is \"{options.ByCohort}\", and there is no dev set to measure its values on. Add data.dev, or remove by_cohort.");
        }
    }

    /// <summary>Hard negatives for training pairs, by all rules of the options; and a pair for every document that a reviewer promoted.</summary>
    /// <param name="set">Training pairs over the miner's corpus.</param>
    /// <param name="run">Name of the run, kept in the provenance.</param>
    /// <param name="cancellationToken">Stops between queries.</param>
    /// <returns>For each training pair that got a negative a pair of its id that holds the mined negatives alone (see <see cref="MinedPairs.Merge"/>); and the count of refusals by rule.</returns>
    public Task<MiningResult> MineAsync(TrainingSet set, string run, CancellationToken cancellationToken = default) => TrainingPass(set, run).MineAsync(null, cancellationToken);

    /// <summary>New pairs from failed traffic: the right page, and what the encoder ranks above it.</summary>
    /// <param name="rows">Traffic; rows that did not fail by this encoder, or whose right page nobody knows, are counted and left.</param>
    /// <param name="failsAt">The right page must stand within this rank to count as found, at least 1.</param>
    /// <param name="run">Name of the run, kept in the provenance.</param>
    /// <param name="cancellationToken">Stops between queries.</param>
    /// <remarks>Rules that compare with the positive's score do not apply here: they would drop every document that outranks the right one.</remarks>
    public Task<MiningResult> MineFailuresAsync(IReadOnlyList<TrafficRow> rows, int failsAt, string run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(failsAt, 1);
        return new FailureMining(Setting(run), rows, failsAt).MineAsync(cancellationToken);
    }

    /// <summary>What becomes of every candidate of one question, as <see cref="MineAsync"/> decides it: hubs are counted over the questions before it.</summary>
    /// <param name="set">Training pairs over the miner's corpus.</param>
    /// <param name="question">Id of a pair, its <c>query_id</c>, its text, or any other text.</param>
    /// <param name="cancellationToken">Stops between queries.</param>
    public async Task<MiningExplanation> ExplainAsync(TrainingSet set, string question, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(question);
        ArgumentNullException.ThrowIfNull(set);
        string fold = FoldKeys.Of(question);
        int at = IndexOf(set, p => p.Id == question) is var byId and >= 0 ? byId
            : IndexOf(set, p => p.QueryId == question) is var byQuery and >= 0 ? byQuery
            : IndexOf(set, p => FoldKeys.Of(p.Query) == fold);
        var target = new ExplainedQuestion(at >= 0 ? at : null, question);
        await TrainingPass(set, "explain").MineAsync(target, cancellationToken).ConfigureAwait(false);
        return target.Explanation ?? throw new InvalidOperationException("The pass explains its target or throws.");
    }

    private static int IndexOf(TrainingSet set, Func<Pair, bool> match)
    {
        for (int i = 0; i < set.Pairs.Count; i++)
        {
            if (match(set.Pairs[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private TrainingMining TrainingPass(TrainingSet set, string run)
    {
        ArgumentNullException.ThrowIfNull(set);
        return ReferenceEquals(set.Corpus, _corpus)
            ? new TrainingMining(Setting(run), set)
            : throw new ArgumentException("The pairs belong to another corpus than the miner's; make the miner with theirs.", nameof(set));
    }

    private MiningSetting Setting(string run) => new()
    {
        Corpus = _corpus,
        Encoder = _encoder,
        Options = _options,
        Seals = _seals,
        Clock = _clock,
        Rankers = Rankers,
        Teacher = Teacher is null ? null : new AskedTeacher(Teacher, _corpus),
        Deficit = Deficit,
        Decisions = Decisions,
        Run = run,
        IndexAsync = IndexAsync,
        Bm25 = () => _bm25 ??= new Bm25Index(_corpus),
    };

    private async Task<IVectorIndex> IndexAsync(CancellationToken cancellationToken) =>
        _index ??= (await VectorRanker.CreateAsync(_encoder, _corpus, cancellationToken).ConfigureAwait(false)).Index;
}
