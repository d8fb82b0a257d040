using System.Runtime.InteropServices;
using Nearfar.Encoding;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>The steps of a run, for every encoder, every loss and every source of batches: <see cref="Trainer"/> says what may be trained, this does it.</summary>
/// <param name="options">Checked.</param>
/// <param name="loss">Of the options.</param>
/// <param name="guide">Whose vectors the loss reads; null: none.</param>
/// <param name="time">For throughput, time left and the time between checkpoints; no result depends on it.</param>
internal sealed class TrainingLoop(TrainingOptions options, ILoss loss, IEncoder? guide, TimeProvider time)
{
    private readonly ILoss _loss = loss;

    /// <summary>Trains until the last step, or until patience ends it.</summary>
    /// <param name="source">What to train on.</param>
    /// <param name="encoder">Begun with the source's texts.</param>
    /// <param name="start">Hash of what the encoder started from.</param>
    /// <param name="heldOut">Chooses the step.</param>
    /// <param name="folder">Receives history, timing and checkpoints.</param>
    /// <param name="resume">Whether to go on from the folder's checkpoint, where it has one.</param>
    /// <param name="progress">Told after each step and evaluation.</param>
    /// <param name="cancellationToken">Finishes the step, writes a checkpoint and throws.</param>
    public async Task<TrainingResult<TEncoder>> RunAsync<TEncoder>(IBatchSource source, TEncoder encoder, string start, IHeldOutScorer<TEncoder> heldOut,
        RunFolder folder, bool resume, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
        where TEncoder : ITrainableEncoder<int>
    {
        int[] counts = [.. Enumerable.Range(0, options.Epochs).Select(source.CountOf)];
        long steps = counts.Sum(count => (long)count);
        if (steps == 0)
        {
            throw new NearfarException($"Nothing to train on: {source.Rows} readable rows make no batch of two different questions and documents. Add pairs.");
        }

        var rate = new LearningRate(options.Rate, steps, options.WarmupShare, options.Schedule);
        _loss.Prepare(encoder.Dimensions, guide?.Dimensions ?? 0, options.Seed);
        var lossState = new LossState(_loss);
        var average = options.Average is { } averaging ? new ParameterAverage(averaging, steps) : null;
        KeyValuePair<string, string>[] identity =
            [.. options.Deciding(), .. source.Identity, new("start", start), new("held_out", heldOut.Hash), new("guide", guide?.Space.Id ?? "none")];
        await using var negatives = source.Mining(folder, steps);
        negatives?.ThrowUnlessUseful();
        string[] notes = source.NoteOf(counts) is { } note ? [note] : [];

        // Where it stands: at the checkpoint, or at the start, which is scored as a candidate too.
        long step = 0;
        int epoch = 0, done = 0;
        var choice = new StepChoice<TEncoder>(encoder, heldOut, average);
        IReadOnlyList<int[]>? begun = null;         // batches of the epoch under way, where their vectors are gone
        var watch = new TrainingWatch();
        if (resume && File.Exists(folder.CheckpointPath))
        {
            var checkpoint = Checkpoint.Read(folder.CheckpointPath);
            checkpoint.ThrowUnlessOf(identity, folder.CheckpointPath);
            (step, epoch, done, begun) = (checkpoint.Step, checkpoint.Epoch, checkpoint.BatchOfEpoch, checkpoint.Batches);
            choice.Resume(checkpoint);
            encoder.Load(StreamOver(checkpoint.Encoder));
            lossState.Load(new BinaryReader(StreamOver(checkpoint.Loss)));
            average?.Load(new BinaryReader(StreamOver(checkpoint.Average)));
            await (negatives?.LoadAsync(new BinaryReader(StreamOver(checkpoint.Negatives)), cancellationToken) ?? Task.CompletedTask);
            folder.OpenHistory(checkpoint.HistoryLength);
            notes = [];
            watch = TrainingWatch.After(TrainingHistory.Read(folder.HistoryPath));
        }
        else
        {
            folder.OpenHistory(0);
            folder.History.WriteStart(identity, source.Rows, steps, source.LeftOut, notes);
            await choice.BeginAsync(cancellationToken);
            watch.Judge(0, choice.Best, better: true);
            folder.History.WriteEvaluation(new HistoryEvaluation(0, 0, choice.Best, Best: true, Averaged: false, []));
        }

        await source.PrepareAsync(cancellationToken);
        var buffers = new BatchBuffers(encoder.Dimensions);
        var passes = new ChunkedPasses<TEncoder>(encoder, options.Chunk);
        var truth = new BatchTruth();
        using var state = new MemoryStream((int)Math.Min(Array.MaxLength, (3L * choice.Parameters.Length) + 8));      // an encoder and two moments: grown by doubling, checkpoints would be the peak of a run's memory
        var pace = new Pace(time);
        Report(null, notes: notes);

        for (; epoch < options.Epochs && !IsOver(); epoch++, done = 0)
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
                passes.Forward(texts, buffers.Rows);
                var loss = _loss.Evaluate(new LossBatch<float>(columns, facts) { Guide = side.GuideOf(texts, batch.Length) }, gradients, new StepInfo(step + 1, options.Seed, options.Threads));
                if (!double.IsFinite(loss.Value) || !buffers.GradientsAreFinite())
                {
                    throw FailedBatch.Write(folder, source.TextsOf(part, batch), step + 1, epoch, loss.Value, () => Write("failed-checkpoint.bin"));
                }

                BatchFacts? measured = step % BatchTruth.Every(steps) == 0 ? truth.Measure(buffers.Rows, batch.Length, facts) : null;
                passes.Backward(texts, buffers);
                double stepRate = rate.At(step + 1);
                encoder.Step(stepRate);
                step++;
                done++;
                lossState.Step(stepRate * options.Optimizer.RateFactor, step);
                average?.Observe(step, encoder);
                pace.Stop(loss.Pairs);
                watch.Saw(loss.Value);
                var (masked, absent) = BatchTruth.SharesOf(facts, batch.Length, columns.Length);
                folder.History.WriteStep(new HistoryStep(step, epoch, loss.Value, stepRate, loss.Pairs, source.SeveralSets ? TrainingRows.DataSetOf(part.Rows.Rows[batch[0]]) : null, masked, measured, HistoryStep.NoCohorts), absent, source.CohortsOf(batch, 8));

                // Held-out quality, at equal shares of the epoch and always at its end.
                IReadOnlyList<string> warnings = [];
                bool evaluates = (long)done * options.EvaluationsPerEpoch / part.Total > (long)(done - 1) * options.EvaluationsPerEpoch / part.Total;
                if (evaluates)
                {
                    var (better, averaged) = await choice.JudgeAsync(step);
                    warnings = watch.Judge(step, choice.Last, better);
                    folder.History.WriteEvaluation(new HistoryEvaluation(step, epoch, choice.Last, better, averaged, warnings));
                    if (IsOver() && step < steps)
                    {
                        folder.History.WriteStopped(step, options.Patience);
                    }
                }

                Report(loss.Value, evaluates, warnings);
                bool stop = cancellationToken.IsCancellationRequested;
                if (stop || step == steps || IsOver() || pace.CheckpointIsDue(step, options))
                {
                    Write("checkpoint.bin");
                    folder.History.WriteTiming(time.GetUtcNow(), step, pace.PairsPerSecond);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }

            begun = null;
        }

        encoder.LoadParameters(new MemoryStream(choice.Parameters));
        return new TrainingResult<TEncoder>(encoder, choice.Step, choice.Best, step, checked((int)source.Rows), source.LeftOut) { Pairs = source.Pairs };

        bool IsOver() => options.Patience > 0 && watch.Stale >= options.Patience;

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
                BestStep = choice.Step,
                Best = choice.Best,
                HeldOut = choice.Last,
                HistoryLength = folder.FlushHistory(),
                Encoder = state.GetBuffer().AsMemory(0, (int)state.Length),
                BestParameters = choice.Parameters,
                Loss = BytesOf(lossState.Save),
                Average = average is null ? Array.Empty<byte>() : BytesOf(average.Save),
                Negatives = negatives is null ? Array.Empty<byte>() : BytesOf(negatives.Save),
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
            HeldOut = choice.Last,
            Best = choice.Best,
            BestStep = choice.Step,
            Evaluated = evaluated,
            Warnings = warnings ?? [],
            Notes = notes ?? [],
            TimeLeft = pace.TimeLeft(steps - step),
        });
    }

    private static MemoryStream StreamOver(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var part) ? new MemoryStream(part.Array!, part.Offset, part.Count, writable: false) : new MemoryStream(bytes.ToArray());

    private static byte[] BytesOf(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        return stream.ToArray();
    }
}
