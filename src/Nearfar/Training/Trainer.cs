using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;
using Nearfar.Vectors;

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
        ThrowUnlessChunks(encoder);
        var rows = all.Readable(text => encoder.CanEmbed(text), out var leftOut);
        ThrowIfNone(rows.Rows.Length, set.Pairs.Count);
        string[] wanted = [.. new[] { _options.Labels, _options.Balance?.Attribute }.OfType<string>().Distinct(StringComparer.Ordinal)];
        var cohorts = new TrainingCohorts(rows.Rows, set.Corpus, Cohorts, wanted);
        var rule = _options.Batches ?? (_loss.Needs.HasFlag(LossNeeds.Labels) ? BatchRule.Label : plan.Shape == LossRows.Scored ? BatchRule.Shuffled : BatchRule.Text);
        int[]? labels = rule != BatchRule.Label && !_loss.Needs.HasFlag(LossNeeds.Labels) ? null : _options.Labels is { } attribute ? cohorts.Of(attribute) : [.. rows.Rows.Select(r => r.Positive)];
        LossFit.ThrowUnlessFit(_description.Name, _loss.Needs, plan.Least, rows, _options, rule, labels, cohorts, Guide is not null);
        var sampler = SamplerPlan.Of(rows, _options, rule, labels,
            _options.Balance is { } balance ? RowDraws.Balanced(cohorts.Of(balance.Attribute), balance.Power, balance.Cap) : null);
        var source = new HeldRows<TEncoder>(encoder, set, rows, leftOut, sampler, cohorts, wanted, _loss.Needs, labels, Guide, plan, _options, Negatives);
        return await TrainAsync(source, encoder, start.Hash, heldOut, folder, resume, progress, cancellationToken);
    }

    /// <summary>Trains a static encoder on a file of pairs that is read part by part (<see cref="TrainingOptions.Stream"/>), and returns it as it was at its best step.</summary>
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

        cancellationToken.ThrowIfCancellationRequested();
        using var folder = RunFolder.Open(runFolder, resume);
        var plan = PlanOf();
        TrainingResult<StaticTrainableEncoder> result;
        using (var spool = PairSpool.Open(folder.PathOf(SpoolName), stream, start, plan.HardNegatives > 0, _options.Threads, _options.MaxTokens, cancellationToken))
        {
            ThrowIfNone(spool.Rows, spool.Pairs);
            var encoder = start.Begin(spool.Vocabulary, _options);
            ThrowUnlessChunks(encoder);
            var source = new StreamedRows(spool, stream, encoder, _options, plan, _loss.Needs, start);
            result = await TrainAsync(source, encoder, start.Hash, heldOut, folder, resume, progress, cancellationToken);
        }

        File.Delete(folder.PathOf(SpoolName));
        return result;
    }

    private RowPlan PlanOf() => new(Math.Min(_options.HardNegatives, _description.MaxHardNegatives), _description.Rows, _description.MinHardNegatives, WholeCorpus: _options.Mining is not null, _options.OtherPositives);

    private static void ThrowIfNone(long rows, long pairs)
    {
        if (rows == 0)
        {
            throw new NearfarException($"Nothing to train on: 0 readable rows of {pairs} pairs. Add pairs.");
        }
    }

    private async Task<TrainingResult<TEncoder>> TrainAsync<TEncoder>(IBatchSource source, TEncoder encoder, string start, IHeldOutScorer<TEncoder> heldOut,
        RunFolder folder, bool resume, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
        where TEncoder : ITrainableEncoder<int>
    {
        int[] counts = [.. Enumerable.Range(0, _options.Epochs).Select(source.CountOf)];
        long steps = counts.Sum(count => (long)count);
        if (steps == 0)
        {
            throw new NearfarException($"Nothing to train on: {source.Rows} readable rows make no batch of two different questions and documents. Add pairs.");
        }

        var rate = new LearningRate(_options.Rate, steps, _options.WarmupShare, _options.Schedule);
        _loss.Prepare(encoder.Dimensions, Guide?.Dimensions ?? 0, _options.Seed);
        var lossAdam = new ParameterAdam(_loss.Parameters);
        var average = _options.Average is { } averaging ? new ParameterAverage(averaging, steps) : null;
        KeyValuePair<string, string>[] identity =
            [.. _options.Deciding(), .. source.Identity, new("start", start), new("held_out", heldOut.Hash), new("guide", Guide?.Space.Id ?? "none")];
        await using var negatives = source.Mining(folder, steps);
        negatives?.ThrowUnlessUseful();
        string[] notes = source.NoteOf(counts) is { } note ? [note] : [];

        // Where it stands: at the checkpoint, or at the start, which is scored as a candidate too.
        long step = 0, bestStep = 0;
        int epoch = 0, done = 0;
        HeldOutScore best, last;
        byte[] bestParameters;
        IReadOnlyList<int[]>? begun = null;         // batches of the epoch under way, where their vectors are gone
        var watch = new TrainingWatch();
        if (resume && File.Exists(folder.CheckpointPath))
        {
            var checkpoint = Checkpoint.Read(folder.CheckpointPath);
            checkpoint.ThrowUnlessOf(identity, folder.CheckpointPath);
            (step, epoch, done, bestStep, best, last, begun) = (checkpoint.Step, checkpoint.Epoch, checkpoint.BatchOfEpoch, checkpoint.BestStep, checkpoint.Best, checkpoint.HeldOut, checkpoint.Batches);
            bestParameters = checkpoint.BestParameters.ToArray();
            encoder.Load(StreamOver(checkpoint.Encoder));
            LoadLoss(checkpoint.Loss, lossAdam);
            average?.Load(new BinaryReader(StreamOver(checkpoint.Average)));
            await (negatives?.LoadAsync(new BinaryReader(StreamOver(checkpoint.Negatives)), cancellationToken) ?? Task.CompletedTask);
            folder.OpenHistory(checkpoint.HistoryLength);
            notes = [];
            watch = TrainingWatch.After(TrainingHistory.Read(folder.HistoryPath));
        }
        else
        {
            folder.OpenHistory(0);
            folder.WriteStart(identity, source.Rows, steps, source.LeftOut, notes);
            best = last = await ScoreAsync(heldOut, encoder, cancellationToken);
            bestParameters = BytesOf(encoder.SaveParameters);
            watch.Judge(0, best, better: true);
            folder.WriteEvaluation(new HistoryEvaluation(0, 0, best, Best: true, Averaged: false, []));
        }

        await source.PrepareAsync(cancellationToken);
        var buffers = new BatchBuffers(encoder.Dimensions);
        var truth = new BatchTruth();
        using var state = new MemoryStream((int)Math.Min(Array.MaxLength, (3L * bestParameters.Length) + 8));      // an encoder and two moments: grown by doubling, checkpoints would be the peak of a run's memory
        var pace = new Pace(_time);
        Report(null, notes: notes);

        for (; epoch < _options.Epochs && !IsOver(); epoch++, done = 0)
        {
            var part = source.Open(epoch, done, begun);
            begun = part.Kept;
            while (done < part.Total && !IsOver())
            {
                if (done == part.End)
                {
                    part = source.Open(epoch, done, null);
                }

                if (negatives is not null)
                {
                    await MinedAsync(negatives);
                }

                // One step: embed, loss, gradient, update.
                pace.Start();
                int[] batch = part.Batches[done - part.First];
                var side = part.Side;
                var facts = side.Collate(batch, out int[] texts);
                var (columns, gradients) = buffers.For(texts.Length / batch.Length, batch.Length);
                Forward(encoder, texts, buffers.Rows);
                var loss = _loss.Evaluate(new LossBatch<float>(columns, facts) { Guide = side.GuideOf(texts, batch.Length) }, gradients, new StepInfo(step + 1, _options.Seed, _options.Threads));
                if (!double.IsFinite(loss.Value) || !buffers.GradientsAreFinite())
                {
                    throw FailedBatch.Write(folder, source.TextsOf(part, batch), step + 1, epoch, loss.Value, () => Write("failed-checkpoint.bin"));
                }

                BatchFacts? measured = step % BatchTruth.Every(steps) == 0 ? truth.Measure(buffers.Rows, batch.Length, facts) : null;
                Backward(encoder, texts, buffers);
                double stepRate = rate.At(step + 1);
                encoder.Step(stepRate);
                step++;
                done++;
                lossAdam.Step(stepRate * _options.Optimizer.RateFactor, step);
                average?.Observe(step, encoder);
                pace.Stop(loss.Pairs);
                watch.Saw(loss.Value);
                var (masked, absent) = BatchTruth.SharesOf(facts, batch.Length, columns.Length);
                folder.WriteStep(new HistoryStep(step, epoch, loss.Value, stepRate, loss.Pairs, source.SeveralSets ? TrainingRows.DataSetOf(part.Rows.Rows[batch[0]]) : null, masked, measured, HistoryStep.NoCohorts), absent, source.CohortsOf(batch, 8));

                // Held-out quality, at equal shares of the epoch and always at its end.
                IReadOnlyList<string> warnings = [];
                bool evaluates = (long)done * _options.EvaluationsPerEpoch / part.Total > (long)(done - 1) * _options.EvaluationsPerEpoch / part.Total;
                if (evaluates)
                {
                    bool averaged;
                    (last, averaged) = await CandidateAsync(heldOut, encoder, average);
                    bool better = last.IsBetterThan(best);
                    if (better)
                    {
                        (best, bestStep) = (last, step);
                        Keep(encoder, averaged ? average : null, bestParameters);
                    }

                    warnings = watch.Judge(step, last, better);
                    folder.WriteEvaluation(new HistoryEvaluation(step, epoch, last, better, averaged, warnings));
                    if (IsOver() && step < steps)
                    {
                        folder.WriteStopped(step, _options.Patience);
                    }
                }

                Report(loss.Value, evaluates, warnings);
                bool stop = cancellationToken.IsCancellationRequested;
                if (stop || step == steps || IsOver() || pace.CheckpointIsDue(step, _options))
                {
                    Write("checkpoint.bin");
                    folder.WriteTiming(_time.GetUtcNow(), step, pace.PairsPerSecond);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }

            begun = null;
        }

        encoder.LoadParameters(new MemoryStream(bestParameters));
        return new TrainingResult<TEncoder>(encoder, bestStep, best, step, checked((int)source.Rows), source.LeftOut) { Pairs = source.Pairs };

        bool IsOver() => _options.Patience > 0 && watch.Stale >= _options.Patience;

        async Task MinedAsync(NegativeRefresh refresh)
        {
            try
            {
                await refresh.AdvanceAsync(step, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Write("checkpoint.bin");        // mining may take long: the steps before it are not lost
                throw;
            }
        }

        void Write(string name)
        {
            state.SetLength(0);
            encoder.Save(state);
            folder.WriteCheckpoint(name, new Checkpoint
            {
                Identity = identity,
                Step = step,
                Epoch = epoch,
                BatchOfEpoch = done,
                BestStep = bestStep,
                Best = best,
                HeldOut = last,
                HistoryLength = folder.FlushHistory(),
                Encoder = state.GetBuffer().AsMemory(0, (int)state.Length),
                BestParameters = bestParameters,
                Loss = BytesOf(to => SaveLoss(to, lossAdam)),
                Average = average is null ? Array.Empty<byte>() : BytesOf(to => average.Save(new BinaryWriter(to))),
                Negatives = negatives is null ? Array.Empty<byte>() : BytesOf(to => negatives.Save(new BinaryWriter(to))),
                Batches = begun,
            });
        }

        void Report(double? loss, bool evaluated = false, IReadOnlyList<string>? warnings = null, string[]? notes = null) => progress?.Report(new TrainingProgress
        {
            Step = step,
            Steps = steps,
            Epoch = epoch,
            Loss = loss,
            PairsPerSecond = pace.PairsPerSecond,
            HeldOut = last,
            Best = best,
            BestStep = bestStep,
            Evaluated = evaluated,
            Warnings = warnings ?? [],
            Notes = notes ?? [],
            TimeLeft = pace.TimeLeft(steps - step),
        });
    }

    private void ThrowUnlessChunks<TEncoder>(TEncoder encoder) where TEncoder : ITrainableEncoder<int>
    {
        if (_options.Chunk > 0 && !(encoder.RowsIndependent && encoder.AddsGradients))
        {
            throw new NearfarException(encoder.RowsIndependent
                ? "chunk is set, and this encoder keeps nothing of a forward pass but its rows: chunks would save no memory. Remove train.chunk."
                : "chunk is set, and the rows of this encoder depend on the whole batch (batch normalisation): a chunk would give others. Remove train.chunk.");
        }
    }

    // Gradient caching, Gao et al. 2021: rows first, chunk by chunk and unrecorded; after the loss each chunk again, recorded.
    private void Forward<TEncoder>(TEncoder encoder, int[] texts, Rows<float> into) where TEncoder : ITrainableEncoder<int>
    {
        if (_options.Chunk == 0)
        {
            encoder.Forward(texts, into, ForwardMode.Record);
            return;
        }

        for (int at = 0; at < texts.Length; at += _options.Chunk)
        {
            int count = Math.Min(_options.Chunk, texts.Length - at);
            encoder.Forward(texts.AsSpan(at, count), into.Slice(at, count), ForwardMode.Infer);
        }
    }

    private void Backward<TEncoder>(TEncoder encoder, int[] texts, BatchBuffers buffers) where TEncoder : ITrainableEncoder<int>
    {
        if (_options.Chunk == 0)
        {
            encoder.Backward(buffers.Gradients);
            return;
        }

        for (int at = 0; at < texts.Length; at += _options.Chunk)
        {
            int count = Math.Min(_options.Chunk, texts.Length - at);
            encoder.Forward(texts.AsSpan(at, count), buffers.Rows.Slice(at, count), ForwardMode.Record);
            encoder.Backward(buffers.Gradients.Slice(at, count));
        }
    }

    // The parameters as they are, and their average beside them: the better one stands for the step, ties go to the parameters.
    private static async ValueTask<(HeldOutScore Score, bool Averaged)> CandidateAsync<TEncoder>(IHeldOutScorer<TEncoder> heldOut, TEncoder encoder, ParameterAverage? average)
        where TEncoder : ITrainableEncoder<int>
    {
        var own = await ScoreAsync(heldOut, encoder, CancellationToken.None);
        if (average is not { HasValue: true })
        {
            return (own, false);
        }

        var averaged = await average.WithAsync(encoder, () => ScoreAsync(heldOut, encoder, CancellationToken.None));
        return averaged.IsBetterThan(own) ? (averaged, true) : (own, false);
    }

    private static void Keep<TEncoder>(TEncoder encoder, ParameterAverage? average, byte[] into) where TEncoder : ITrainableEncoder<int>
    {
        if (average is null)
        {
            encoder.SaveParameters(new MemoryStream(into));       // the same length every time
        }
        else
        {
            average.Bytes.CopyTo(into, 0);
        }
    }

    private static async ValueTask<HeldOutScore> ScoreAsync<TEncoder>(IHeldOutScorer<TEncoder> heldOut, TEncoder encoder, CancellationToken cancellationToken)
    {
        var score = await heldOut.ScoreAsync(encoder, cancellationToken);
        return double.IsFinite(score.Ndcg10) && double.IsFinite(score.Margin ?? 0)
            ? score
            : throw new NearfarException($"The held-out score is nDCG@10 {score.Ndcg10}, margin {score.Margin}; wanted finite numbers. Check the dev set.");
    }

    private void SaveLoss(Stream to, ParameterAdam adam)
    {
        using var writer = new BinaryWriter(to, System.Text.Encoding.UTF8, leaveOpen: true);
        adam.Save(writer);
        foreach (var state in _loss.State)
        {
            writer.Write(state.Span);
        }
    }

    private void LoadLoss(ReadOnlyMemory<byte> bytes, ParameterAdam adam)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        adam.Load(reader);
        foreach (var state in _loss.State)
        {
            reader.BaseStream.ReadExactly(state.Span);
        }
    }

    private static MemoryStream StreamOver(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var part) ? new MemoryStream(part.Array!, part.Offset, part.Count, writable: false) : new MemoryStream(bytes.ToArray());

    private static byte[] BytesOf(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return stream.ToArray();
    }
}
