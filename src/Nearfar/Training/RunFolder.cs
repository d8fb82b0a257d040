using System.Globalization;
using System.Text.Json;

namespace Nearfar.Training;

/// <summary>The files of one run: lock, checkpoint, history, timing. One process at a time.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;
    private FileStream? _history;
    private FileStream? _timing;

    private RunFolder(string path, FileStream @lock) => (_path, _lock) = (path, @lock);

    public string CheckpointPath => Path.Combine(_path, "checkpoint.bin");

    public string HistoryPath => Path.Combine(_path, "history.jsonl");

    public string PathOf(string name) => Path.Combine(_path, name);

    /// <summary>Takes the folder; the lock falls with the process, however it ends.</summary>
    /// <exception cref="NearfarException">Another process holds it, or it holds a run and <paramref name="resume"/> is false.</exception>
    public static RunFolder Open(string path, bool resume)
    {
        Directory.CreateDirectory(path);
        FileStream @lock;
        try
        {
            @lock = new FileStream(Path.Combine(path, "run.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new NearfarException($"Run folder {path} is in use by another training run. Wait for it, or name another folder.", e);
        }

        foreach (string leftover in Directory.EnumerateFiles(path, ".*.tmp"))
        {
            File.Delete(leftover);      // of a write that was killed; the lock is ours
        }

        var folder = new RunFolder(path, @lock);
        if (!resume && (File.Exists(folder.CheckpointPath) || File.Exists(folder.HistoryPath)))
        {
            folder.Dispose();
            throw new NearfarException($"Run folder {path} holds a run already. Resume it (--resume), delete it, or name another folder.");
        }

        return folder;
    }

    /// <summary>Opens the history, cut to the length that the checkpoint knows: lines behind it will be written again.</summary>
    public void OpenHistory(long length)
    {
        _history = new FileStream(HistoryPath, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        if (_history.Length < length)
        {
            throw new NearfarException(HistoryPath, 0, $"The checkpoint knows {length} bytes of history; the file has {_history.Length}. Restore it, or delete the folder and start again.");
        }

        _history.SetLength(length);
        _history.Seek(0, SeekOrigin.End);
        _timing = new FileStream(Path.Combine(_path, "timing.jsonl"), FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Puts the history on the disk, so that a checkpoint never knows more of it than is there.</summary>
    public long FlushHistory()
    {
        _history!.Flush(flushToDisk: true);
        return _history.Length;
    }

    public void WriteStep(long step, int epoch, double loss, double rate, int pairs) => WriteLine(_history!, w =>
    {
        w.WriteString("kind", "step");
        w.WriteNumber("step", step);
        w.WriteNumber("epoch", epoch);
        w.WriteNumber("loss", loss);
        w.WriteNumber("rate", rate);
        w.WriteNumber("pairs", pairs);
    });

    public void WriteEvaluation(long step, int epoch, HeldOutScore score, bool best) => WriteLine(_history!, w =>
    {
        w.WriteString("kind", "evaluation");
        w.WriteNumber("step", step);
        w.WriteNumber("epoch", epoch);
        w.WriteNumber("ndcg@10", score.Ndcg10);
        if (score.Margin is { } margin)
        {
            w.WriteNumber("margin_mean", margin);
        }

        w.WriteBoolean("best", best);
    });

    /// <summary>The first line: what is trained on what.</summary>
    public void WriteStart(IEnumerable<KeyValuePair<string, string>> identity, int rows, long steps, IReadOnlyList<string> leftOut) => WriteLine(_history!, w =>
    {
        w.WriteString("kind", "start");
        w.WriteNumber("rows", rows);
        w.WriteNumber("steps", steps);
        w.WriteStartArray("left_out");
        foreach (string id in leftOut)
        {
            w.WriteStringValue(id);
        }

        w.WriteEndArray();
        foreach (var (name, value) in identity)
        {
            w.WriteString(name, value);
        }
    });

    /// <summary>Wall-clock values, kept apart: they differ between equal runs.</summary>
    public void WriteTiming(DateTimeOffset now, long step, double pairsPerSecond) => WriteLine(_timing!, w =>
    {
        w.WriteString("time", now.ToString("O", CultureInfo.InvariantCulture));
        w.WriteNumber("step", step);
        w.WriteNumber("pairs_per_second", Math.Round(pairsPerSecond, 1));
    });

    public void Dispose()
    {
        _history?.Dispose();
        _timing?.Dispose();
        _lock.Dispose();
    }

    private static void WriteLine(FileStream to, Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        to.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        to.Flush();
    }
}
