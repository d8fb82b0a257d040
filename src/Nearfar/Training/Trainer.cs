using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;

namespace Nearfar.Training;

/// <summary>The one training loop, for every encoder and every loss.</summary>
/// <remarks>
/// Equal options, data, start and held-out scores give equal bytes of model and history, for any number of threads, and also for a run that
/// was killed and resumed. The step is chosen by held-out quality, never by the loss.
/// </remarks>
public sealed class Trainer
{
    private const string SpoolName = "pairs.spool";
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoss _loss;
    private readonly LossDescription _description;

    /// <param name="options">Checked here, before any work.</param>
    /// <param name="time">For throughput, time left and the time between checkpoints; no result depends on it. Null: the system's.</param>
    /// <exception cref="ArgumentException">Bad options; all problems in one message.</exception>
    public Trainer(TrainingOptions options, TimeProvider? time = null) : this(options, time, null) { }

    internal Trainer(TrainingOptions options, TimeProvider? time, ILoss? loss, LossDescription? description = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Bad training options: {string.Join(" ", problems)}", nameof(options));
        }

        _options = options;
        _time = time ?? TimeProvider.System;
        _loss = loss ?? LossRegistry.Create(options.Loss);
        _description = description ?? LossRegistry.Of(options.Loss.Name);
    }

    /// <summary>The encoder whose vectors a loss reads (a guide, a teacher); its space is part of the run's identity. Default null: none.</summary>
    public IEncoder? Guide { get; init; }

    /// <summary>Mines negatives inside the run, by <see cref="TrainingOptions.Mining"/>; its rules are part of the run's identity. Default null: none.</summary>
    public INegativeSource? Negatives { get; init; }

    /// <summary>Reads the cohorts of training pairs, for the history, for labels and for balance. Default null: an attribute is read from the pair, else from its first positive.</summary>
    public CohortResolver? Cohorts { get; init; }

    /// <summary>Trains an encoder and returns it as it was at its best step.</summary>
    /// <typeparam name="TEncoder">The encoder.</typeparam>
    /// <param name="set">Pairs to learn from.</param>
    /// <param name="start">What to start from.</param>
    /// <param name="heldOut">Scores the encoder on questions outside <paramref name="set"/>.</param>
    /// <param name="runFolder">Receives <c>history.jsonl</c>, <c>timing.jsonl</c> and checkpoints; made if absent.</param>
    /// <param name="resume">Go on from the folder's checkpoint, or start where it has none; false refuses a folder that holds a run.</param>
    /// <param name="progress">Told after each step and evaluation.</param>
    /// <param name="cancellationToken">Finishes the step, writes a checkpoint and throws.</param>
    /// <exception cref="NearfarException">No row to train on, another run in the folder, a foreign checkpoint, or a loss or gradient that is not finite (the batch is then written for replay).</exception>
    /// <exception cref="OperationCanceledException">Cancelled; resumable.</exception>
    public async Task<TrainingResult<TEncoder>> TrainAsync<TEncoder>(TrainingSet set, ITrainingStart<TEncoder> start, IHeldOutScorer<TEncoder> heldOut,
        string runFolder, bool resume = false, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
        where TEncoder : ITrainableEncoder<int>
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(heldOut);
        if (_options.Stream is not null)
        {
            throw new ArgumentException("Stream is set, and the pairs are in memory. Hand over a StreamedPairs, or leave Stream out.", nameof(set));
        }

        if (_options.Mining is null != Negatives is null)
        {
            throw new NearfarException(Negatives is null
                ? "Negatives are to be mined inside the run (Mining), and the trainer has nothing to mine with. Give it Negatives, such as an IteratedMining."
                : "The trainer has Negatives to mine with, and the options say nothing of when. Set Mining.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        using var folder = RunFolder.Open(runFolder, resume);

        // What is trained on: rows the encoder can read, in batches whose number is known before the first.
        var plan = PlanOf();
        var all = TrainingRows.From(set, plan);
        var encoder = await start.BeginAsync(all.Texts, _options, cancellationToken);
        ChunkedPasses<TEncoder>.ThrowUnlessFit(encoder, _options.Chunk);
        var rows = all.Readable(text => encoder.CanEmbed(text), out var leftOut);
        ThrowIfNone(rows.Rows.Length, set.Pairs.Count);
        string[] wanted = [.. _options.Attributes];
        var cohorts = new TrainingCohorts(rows.Rows, set.Corpus, Cohorts, wanted);
        var rule = RuleOf(plan);
        int[]? labels = rule != BatchRule.Label && !_loss.Needs.HasFlag(LossNeeds.Labels) ? null : _options.Labels is { } attribute ? cohorts.Of(attribute) : [.. rows.Rows.Select(r => r.Positive)];
        LossFit.ThrowUnlessFit(_description.Name, _loss.Needs, plan.Least, rows, _options, rule, labels, cohorts, Guide is not null);
        var sampler = SamplerPlan.Of(rows, _options, rule, labels,
            _options.Balance is { } balance ? RowDraws.Balanced(cohorts.Of(balance.Attribute), balance.Power, balance.Cap) : null);
        var source = new HeldRows<TEncoder>(encoder, set, rows, leftOut, sampler, cohorts, wanted, _loss.Needs, labels, Guide, plan, _options, Negatives);
        return await NewLoop().RunAsync(source, encoder, start.Hash, heldOut, folder, resume, progress, cancellationToken);
    }

    /// <summary>Trains a static encoder on pairs that are read part by part (<see cref="TrainingOptions.Stream"/>), and returns it as it was at its best step.</summary>
    /// <param name="stream">Pairs to learn from.</param>
    /// <param name="start">What to start from.</param>
    /// <param name="heldOut">Scores the encoder on questions outside <paramref name="stream"/>.</param>
    /// <param name="runFolder">As for pairs in memory; holds the pairs as tokens, too, while the run lasts (<c>pairs.spool</c>, about half of the text unpacked).</param>
    /// <param name="resume">Go on from the folder's checkpoint, or start where it has none; false refuses a folder that holds a run.</param>
    /// <param name="progress">Told after each step and evaluation.</param>
    /// <param name="cancellationToken">Finishes the step, writes a checkpoint and throws.</param>
    /// <exception cref="ArgumentException">The options do not stream.</exception>
    /// <exception cref="NearfarException">Bad rows, or as for pairs in memory.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; resumable.</exception>
    public async Task<TrainingResult<StaticTrainableEncoder>> TrainAsync(StreamedPairs stream, StaticStart start, IHeldOutScorer<StaticTrainableEncoder> heldOut,
        string runFolder, bool resume = false, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(heldOut);
        if (_options.Stream is null || Guide is not null)
        {
            throw new ArgumentException(Guide is null ? "The pairs are a stream, and Stream is not set. Set its buffer." : "A guide is named, and its vectors of all texts are not held while pairs stream. Remove it.", nameof(stream));
        }

        if (_options.Stream.ProblemOf(stream.Sets.Count, _options.Batch) is { } problem)
        {
            throw new ArgumentException(problem, nameof(stream));
        }

        cancellationToken.ThrowIfCancellationRequested();
        using var folder = RunFolder.Open(runFolder, resume);
        var plan = PlanOf();
        TrainingResult<StaticTrainableEncoder> result;
        var kept = new SpoolReading(plan.HardNegatives > 0, _options.Threads, _options.MaxTokens, new StreamCohorts(stream, Cohorts, [.. _options.Attributes]));
        using (var spool = PairSpool.Open(folder.PathOf(SpoolName), stream, start, kept, cancellationToken))
        {
            ThrowIfNone(spool.Rows, spool.Pairs);
            var encoder = start.Begin(spool.Vocabulary, _options);
            ChunkedPasses<StaticTrainableEncoder>.ThrowUnlessFit(encoder, _options.Chunk);
            var source = new StreamedRows(spool, stream, encoder, _options, plan, _loss.Needs, RuleOf(plan), start);
            source.ThrowUnlessFit(_description.Name);
            result = await NewLoop().RunAsync(source, encoder, start.Hash, heldOut, folder, resume, progress, cancellationToken);
        }

        File.Delete(folder.PathOf(SpoolName));
        return result;
    }

    private RowPlan PlanOf() => new(Math.Min(_options.HardNegatives, _description.MaxHardNegatives), _description.Rows, _description.MinHardNegatives, WholeCorpus: _options.Mining is not null, _options.OtherPositives);

    private BatchRule RuleOf(RowPlan plan) => _options.Batches ?? (_loss.Needs.HasFlag(LossNeeds.Labels) ? BatchRule.Label : plan.Shape == LossRows.Scored ? BatchRule.Shuffled : BatchRule.Text);

    private TrainingLoop NewLoop() => new(_options, _loss, Guide, _time);

    private static void ThrowIfNone(long rows, long pairs)
    {
        if (rows == 0)
        {
            throw new NearfarException($"Nothing to train on: 0 readable rows of {pairs} pairs. Add pairs.");
        }
    }
}
