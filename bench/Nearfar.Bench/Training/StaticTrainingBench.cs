using System.Globalization;
using System.Text.Json;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Losses;

namespace Nearfar.Bench.Training;

/// <summary>Speed of the trainer on pairs that the PyTorch peer trains on: pairs per second of wall and of processor time, whole steps.</summary>
/// <remarks>
/// Arguments: PAIRS.jsonl (query, positive) TOKENIZER.json, then --dimensions 256 --batch 1024 --threads 1 --steps 200 --epochs 20 --rate 0.05
/// --max-tokens 256 --rows-out FILE (trained rows as raw float32, for scoring elsewhere). A step counts from the end of the last to its own
/// end: batch, forward, loss, backward, update, history. The first
/// 50 steps (compilation, first touch of memory) are left out. The pace takes every batch as full: leave --min-batch at 1 when it matters.
/// </remarks>
internal static class StaticTrainingBench
{
    private const int WarmUp = 50;      // a second: after it all code is compiled for good

    public static async Task<int> Run(string[] args, TextWriter output)
    {
        if (args.Length < 2)
        {
            await output.WriteLineAsync("Wanted PAIRS.jsonl TOKENIZER.json [--name value ...]");
            return 1;
        }

        int steps = int.Parse(Value(args, "steps", "200"), CultureInfo.InvariantCulture);
        var options = new TrainingOptions
        {
            Batch = int.Parse(Value(args, "batch", "1024"), CultureInfo.InvariantCulture),
            Threads = int.Parse(Value(args, "threads", "1"), CultureInfo.InvariantCulture),
            Epochs = int.Parse(Value(args, "epochs", "20"), CultureInfo.InvariantCulture),
            Rate = double.Parse(Value(args, "rate", "0.05"), CultureInfo.InvariantCulture),
            MinBatchShare = double.Parse(Value(args, "min-batch", "1"), CultureInfo.InvariantCulture),
            Loss = new LossChoice("mnrl").With("temperature", Value(args, "temperature", "0.05")),
            Seed = ulong.Parse(Value(args, "seed", "1"), CultureInfo.InvariantCulture),
            CheckpointInterval = TimeSpan.FromDays(1),
        };
        var set = ReadPairs(args[0]);
        var tokenizer = Tokenizer.Load(args[1]);
        var encoding = new StaticEncoderOptions { MaxTokens = int.Parse(Value(args, "max-tokens", "256"), CultureInfo.InvariantCulture) };
        string from = Value(args, "from", "");
        var start = from.Length > 0 ? StaticStart.From(StaticEncoder.Load(from)) : StaticStart.Random(tokenizer, int.Parse(Value(args, "dimensions", "256"), CultureInfo.InvariantCulture), options.Seed, encoding);
        string folder = Directory.CreateTempSubdirectory("nearfar-bench-").FullName;
        try
        {
            using var enough = new CancellationTokenSource();
            var meter = new Meter(options.Batch, steps, enough);
            TrainingResult<StaticTrainableEncoder>? result = null;
            try
            {
                result = await new Trainer(options).TrainAsync(set, start, new NoScore(), folder, progress: meter, cancellationToken: enough.Token);
            }
            catch (OperationCanceledException) when (steps > 0)
            {
            }

            await output.WriteLineAsync(meter.Summary());
            if (result is not null && Value(args, "rows-out", "") is { Length: > 0 } path)
            {
                await File.WriteAllBytesAsync(path, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(result.Encoder.ToRows()).ToArray());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    internal static TrainingSet ReadPairs(string path)
    {
        var documents = new Dictionary<string, Document>(StringComparer.Ordinal);
        var pairs = new List<Pair>();
        foreach (string line in File.ReadLines(path))
        {
            using var json = JsonDocument.Parse(line);
            string positive = json.RootElement.GetProperty("positive").GetString()!;
            string id = ContentHash.IdOf(positive);
            documents.TryAdd(id, new Document { Id = id, Text = positive });
            pairs.Add(new Pair { Id = pairs.Count.ToString(CultureInfo.InvariantCulture), Query = json.RootElement.GetProperty("query").GetString()!, PositiveIds = [id] });
        }

        return new TrainingSet(new Corpus(documents.Values), pairs);
    }

    internal static string Value(string[] args, string name, string fallback)
    {
        int at = Array.IndexOf(args, "--" + name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
    }

    // Held-out scoring is not what is measured; with equal scores the last step counts (the margin rises).
    private sealed class NoScore : IHeldOutScorer<StaticTrainableEncoder>
    {
        private int _calls;

        public string Hash => "none";

        public ValueTask<HeldOutScore> ScoreAsync(StaticTrainableEncoder encoder, CancellationToken cancellationToken) => ValueTask.FromResult(new HeldOutScore(0, _calls++));
    }

    private sealed class Meter(int batch, int steps, CancellationTokenSource enough) : IProgress<TrainingProgress>
    {
        private readonly List<(double Wall, double Cpu)> _rates = [];
        private long _wall;
        private TimeSpan _cpu;
        private TrainingProgress? _last;

        public void Report(TrainingProgress value)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            if (value.Step > WarmUp)
            {
                _rates.Add((batch / System.Diagnostics.Stopwatch.GetElapsedTime(_wall).TotalSeconds, batch / (cpu - _cpu).TotalSeconds));
            }

            if (steps > 0 && value.Step >= steps)
            {
                enough.Cancel();
            }

            _last = value;
            (_wall, _cpu) = (System.Diagnostics.Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        }

        public string Summary() => string.Create(CultureInfo.InvariantCulture,
            $"{{\"steps\": {_last?.Step}, \"of\": {_last?.Steps}, \"pairs_per_wall_second\": {Median(r => r.Wall):F0}, \"pairs_per_cpu_second\": {Median(r => r.Cpu):F0}, \"loss\": {_last?.Loss:F4}}}");

        private double Median(Func<(double Wall, double Cpu), double> of)
        {
            double[] sorted = [.. _rates.Select(of).Order()];
            return sorted.Length == 0 ? double.NaN : (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
        }
    }
}
