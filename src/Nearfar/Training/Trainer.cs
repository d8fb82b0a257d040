using System.Runtime.InteropServices;
using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>The one training loop, for every encoder and every loss.</summary>
/// <remarks>
/// Equal options, data, start and held-out scores give equal bytes of model and history, for any number of threads, and also for a run that
/// was killed and resumed. The step is chosen by held-out quality, never by the loss.
/// </remarks>
public sealed class Trainer
{
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoss _loss;

    /// <param name="options">Checked here, before any work.</param>
    /// <param name="time">For throughput, time left and the time between checkpoints; no result depends on it. Null: the system's.</param>
    /// <exception cref="ArgumentException">Bad options; all problems in one message.</exception>
    public Trainer(TrainingOptions options, TimeProvider? time = null) : this(options, time, null) { }

    internal Trainer(TrainingOptions options, TimeProvider? time, ILoss? loss)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"Bad training options: {string.Join(" ", problems)}", nameof(options));
        }

        _options = options;
        _time = time ?? TimeProvider.System;
        _loss = loss ?? LossRegistry.Create(options.Loss);
    }

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
        cancellationToken.ThrowIfCancellationRequested();
        using var folder = RunFolder.Open(runFolder, resume);

        // What is trained on: rows the encoder can read, in batches whose number is known before the first.
        var all = TrainingRows.From(set, _options.HardNegatives);
        var encoder = start.Begin(all.Texts, _options.Threads);
        var rows = all.Readable(text => encoder.CanEmbed(text), out var leftOut);
        var sampler = rows.Sampler(_options);
        long steps = Enumerable.Range(0, _options.Epochs).Sum(epoch => (long)sampler.Epoch(epoch).Count);
        if (steps == 0)
        {
            throw new NearfarException($"Nothing to train on: {rows.Rows.Length} readable rows of {set.Pairs.Count} pairs make no batch of two different questions and documents. Add pairs.");
        }

        var rate = new LearningRate(_options.Rate, steps, _options.WarmupShare);
        _loss.Prepare(encoder.Dimensions, 0, _options.Seed);
        var lossAdam = new ParameterAdam(_loss.Parameters);
        KeyValuePair<string, string>[] identity = [.. _options.Deciding(), new("data", all.Hash), new("start", start.Hash), new("held_out", heldOut.Hash)];

        // Where it stands: at the checkpoint, or at the start, which is scored as a candidate too.
        long step = 0, bestStep = 0, history = 0;
        int epoch = 0, done = 0;
        HeldOutScore best, last;
        byte[] bestParameters;
        if (resume && File.Exists(folder.CheckpointPath))
        {
            var checkpoint = Checkpoint.Read(folder.CheckpointPath);
            checkpoint.ThrowUnlessOf(identity, folder.CheckpointPath);
            (step, epoch, done, bestStep, best, last, history) = (checkpoint.Step, checkpoint.Epoch, checkpoint.BatchOfEpoch, checkpoint.BestStep, checkpoint.Best, checkpoint.HeldOut, checkpoint.HistoryLength);
            bestParameters = checkpoint.BestParameters.ToArray();
            encoder.Load(StreamOver(checkpoint.Encoder));
            LoadLoss(checkpoint.Loss, lossAdam);
            folder.OpenHistory(history);
        }
        else
        {
            folder.OpenHistory(0);
            folder.WriteStart(identity, rows.Rows.Length, steps, leftOut);
            best = last = await ScoreAsync(heldOut, encoder, cancellationToken);
            bestParameters = BytesOf(encoder.SaveParameters);
            folder.WriteEvaluation(0, 0, best, best: true);
        }

        var buffers = new BatchBuffers(encoder.Dimensions);
        using var state = new MemoryStream((int)Math.Min(Array.MaxLength, (3L * bestParameters.Length) + 8));      // an encoder and two moments: grown by doubling, checkpoints would be the peak of a run's memory
        var pace = new Pace(_time);
        Report(null);

        for (; epoch < _options.Epochs; epoch++, done = 0)
        {
            var batches = sampler.Epoch(epoch);
            while (done < batches.Count)
            {
                // One step: embed, loss, gradient, update.
                pace.Start();
                var side = rows.Collate(batches[done], out int[] texts);
                var (columns, gradients) = buffers.For(texts.Length / batches[done].Length, batches[done].Length);
                encoder.Forward(texts, buffers.Rows, ForwardMode.Record);
                var loss = _loss.Evaluate(new LossBatch<float>(columns, side), gradients, new StepInfo(step + 1, _options.Seed, _options.Threads));
                if (!double.IsFinite(loss.Value) || !buffers.GradientsAreFinite())
                {
                    throw FailedBatch.Write(folder, rows, batches[done], step + 1, epoch, loss.Value, () => Write("failed-checkpoint.bin"));
                }

                encoder.Backward(buffers.Gradients);
                double stepRate = rate.At(step + 1);
                encoder.Step(stepRate);
                step++;
                done++;
                lossAdam.Step(stepRate, step);
                pace.Stop(loss.Pairs);
                folder.WriteStep(step, epoch, loss.Value, stepRate, loss.Pairs);

                // Held-out quality, at equal shares of the epoch and always at its end.
                if ((long)done * _options.EvaluationsPerEpoch / batches.Count > (long)(done - 1) * _options.EvaluationsPerEpoch / batches.Count)
                {
                    last = await ScoreAsync(heldOut, encoder, CancellationToken.None);
                    bool better = last.IsBetterThan(best);
                    if (better)
                    {
                        (best, bestStep) = (last, step);
                        encoder.SaveParameters(new MemoryStream(bestParameters));       // the same length every time
                    }

                    folder.WriteEvaluation(step, epoch, last, better);
                }

                Report(loss.Value);
                bool stop = cancellationToken.IsCancellationRequested;
                if (stop || step == steps || pace.CheckpointIsDue(step, _options))
                {
                    Write("checkpoint.bin");
                    folder.WriteTiming(_time.GetUtcNow(), step, pace.PairsPerSecond);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        encoder.LoadParameters(new MemoryStream(bestParameters));
        return new TrainingResult<TEncoder>(encoder, bestStep, best, steps, rows.Rows.Length, leftOut);

        void Write(string name)
        {
            state.SetLength(0);
            encoder.Save(state);
            new Checkpoint
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
            }.Write(folder.PathOf(name));
        }

        void Report(double? loss) => progress?.Report(new TrainingProgress
        {
            Step = step,
            Steps = steps,
            Epoch = epoch,
            Loss = loss,
            PairsPerSecond = pace.PairsPerSecond,
            HeldOut = last,
            Best = best,
            BestStep = bestStep,
            TimeLeft = pace.TimeLeft(steps - step),
        });
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
