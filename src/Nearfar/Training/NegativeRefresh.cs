using Nearfar.Encoding;
using Nearfar.Pairs;

namespace Nearfar.Training;

/// <summary>Keeps the mined negatives of a run: has them mined anew at the steps of the schedule, and puts them into force at steps that no clock moves.</summary>
/// <remarks>
/// At each multiple k N of the interval N: with lag 0 the model of that step mines, and its negatives are in force at once; with lag 1 those of the model of step
/// (k - 1) N come into force. Nobody mines at step 0 (nothing is learned yet) or where no step would use it.
/// </remarks>
internal sealed class NegativeRefresh(MiningSchedule schedule, INegativeSource source, TrainingSet set, TrainingRows rows, ITrainableEncoder<int> encoder, RunFolder folder, long steps) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, int[]> _rowsOf = Enumerable.Range(0, rows.Rows.Length).GroupBy(r => rows.Rows[r].Pair.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
    private readonly int[][] _given = [.. rows.Rows.Select(r => rows.GivenNegativesOf(r).Where(encoder.CanEmbed).ToArray())];
    private long _done;             // the last step of the schedule that was attended to
    private Pending? _pending;

    // The parameters are kept until the negatives are in force: a resumed run mines with them again.
    private sealed record Pending(long Step, string Space, byte[] Parameters, Task<NegativeGeneration> Mining);

    /// <summary>Refuses what cannot work, before the first step.</summary>
    /// <exception cref="NearfarException">The encoder gives no snapshot, or given negatives leave no room.</exception>
    public void ThrowUnlessUseful()
    {
        if (encoder.Snapshot() is null)
        {
            throw new NearfarException("mining inside the training wants the encoder as it is at a step, and this one gives none. Remove train.mining, and mine between runs: nearfar mine.");
        }

        if (Array.TrueForAll(_given, g => g.Length >= rows.MostNegatives))
        {
            throw new NearfarException($"mining inside the training replaces mined negatives, and every pair has {rows.MostNegatives} given ones or more, which stay. Raise train.hard_negatives, or remove train.mining.");
        }
    }

    /// <summary>Attends to the schedule before the batch that follows a step.</summary>
    /// <param name="step">Updates done.</param>
    /// <param name="cancellationToken">Stops mining; nothing has changed then that the checkpoint does not know.</param>
    public async Task AdvanceAsync(long step, CancellationToken cancellationToken)
    {
        if (step == 0 || step % schedule.Every != 0 || step <= _done)
        {
            return;
        }

        if (schedule.Intervals == 0)
        {
            var now = Snapshot();
            PutIntoForce(await source.MineAsync(set, now, step, cancellationToken), now.Space.Id, step, step);
        }
        else
        {
            if (_pending is { } ready)
            {
                PutIntoForce(await ready.Mining.WaitAsync(cancellationToken), ready.Space, ready.Step, step);
                _pending = null;
            }

            if (step + schedule.Every < steps)
            {
                using var parameters = new MemoryStream();
                encoder.SaveParameters(parameters);
                Begin(step, Snapshot(), parameters.ToArray());
            }
        }

        _done = step;
        await WaitUnlessAsynchronousAsync(cancellationToken);
    }

    public void Save(BinaryWriter to)
    {
        to.Write(_done);
        to.Write(_pending?.Step ?? -1);
        to.Write(_pending?.Parameters.Length ?? 0);
        to.Write(_pending?.Parameters ?? []);
        foreach (var row in rows.Rows)
        {
            to.Write(row.HardNegatives.Length);
            foreach (int text in row.HardNegatives)
            {
                to.Write(text);
            }
        }
    }

    /// <summary>Goes on where a checkpoint stood: the negatives in force, and the mining that was under way begun again. The encoder holds the checkpoint's state before and after.</summary>
    public async Task LoadAsync(BinaryReader from, CancellationToken cancellationToken)
    {
        _done = from.ReadInt64();
        long step = from.ReadInt64();
        byte[] parameters = from.ReadBytes(from.ReadInt32());
        for (int r = 0; r < rows.Rows.Length; r++)
        {
            int[] negatives = new int[from.ReadInt32()];
            for (int i = 0; i < negatives.Length; i++)
            {
                negatives[i] = from.ReadInt32();
            }

            rows.Rows[r] = rows.Rows[r] with { HardNegatives = negatives };
        }

        if (step >= 0)
        {
            using var now = new MemoryStream();
            encoder.Save(now);
            encoder.LoadParameters(new MemoryStream(parameters));
            var then = Snapshot();
            now.Position = 0;
            encoder.Load(now);
            Begin(step, then, parameters);
            await WaitUnlessAsynchronousAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_pending is { } pending)
        {
            await ((Task)pending.Mining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);       // of a run that ended otherwise: nobody asks any more
        }

        _stop.Dispose();
    }

    private IEncoder Snapshot() => encoder.Snapshot()!;

    private void Begin(long step, IEncoder model, byte[] parameters) =>
        _pending = new Pending(step, model.Space.Id, parameters, Task.Run(() => source.MineAsync(set, model, step, _stop.Token).AsTask(), _stop.Token));

    private async Task WaitUnlessAsynchronousAsync(CancellationToken cancellationToken)
    {
        if (!schedule.Asynchronous && _pending is { } pending)
        {
            await pending.Mining.WaitAsync(cancellationToken);
        }
    }

    private void PutIntoForce(NegativeGeneration generation, string space, long minedAt, long step)
    {
        var found = generation.Pairs.Where(p => _rowsOf.ContainsKey(p.Id)).ToDictionary(p => p.Id, StringComparer.Ordinal);
        var inForce = new List<Pair>();
        int negatives = 0, unchanged = 0;
        foreach (var (id, numbers) in _rowsOf)
        {
            var mined = found.GetValueOrDefault(id)?.HardNegatives ?? [];
            var kept = new List<HardNegative>();
            foreach (int r in numbers)
            {
                int[] before = rows.Rows[r].HardNegatives, next = Next(r, mined, kept);
                unchanged += next.Count(before.Contains);
                negatives += next.Length;
                rows.Rows[r] = rows.Rows[r] with { HardNegatives = next };
            }

            if (kept.Count > 0)
            {
                inForce.Add(found[id] with { HardNegatives = [.. kept.DistinctBy(n => n.DocumentId, StringComparer.Ordinal)] });
            }
        }

        string file = folder.WriteNegatives(minedAt, inForce);
        folder.History.WriteMined(new HistoryMining(minedAt, step, space, inForce.Count, inForce.Sum(p => p.HardNegatives.Count), negatives == 0 ? 0 : (double)unchanged / negatives, generation.Refused, file));
    }

    // Given ones first: they stay. A loss that cannot do without keeps what it had where too few were found.
    private int[] Next(int row, IReadOnlyList<HardNegative> mined, List<HardNegative> kept)
    {
        var next = _given[row].Take(rows.MostNegatives).ToList();
        int first = kept.Count;
        foreach (var negative in mined)
        {
            int text = rows.TextOf(negative.DocumentId);
            if (next.Count < rows.MostNegatives && rows.MayBeNegative(row, text) && encoder.CanEmbed(text) && !next.Contains(text))
            {
                next.Add(text);
                kept.Add(negative);
            }
        }

        if (next.Count >= rows.LeastNegatives)
        {
            return [.. next];
        }

        kept.RemoveRange(first, kept.Count - first);
        return rows.Rows[row].HardNegatives;
    }
}
