using System.Globalization;
using System.Text.Json;
using Nearfar.Pairs;

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

        string negatives = Path.Combine(path, "negatives");
        foreach (string leftover in Directory.EnumerateFiles(path, ".*.tmp").Concat(Directory.Exists(negatives) ? Directory.EnumerateFiles(negatives, ".*.tmp") : []))
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
        _history = new FileStream(HistoryPath, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);        // a full disk must fail the line, not the closing
        if (_history.Length < length)
        {
            throw new NearfarException(HistoryPath, 0, $"The checkpoint knows {length} bytes of history; the file has {_history.Length}. Restore it, or delete the folder and start again.");
        }

        if (_history.Length > length)
        {
            _history.SetLength(length);
        }

        _history.Seek(0, SeekOrigin.End);
        _timing = new FileStream(Path.Combine(_path, "timing.jsonl"), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>Puts the history on the disk, so that a checkpoint never knows more of it than is there.</summary>
    public long FlushHistory()
    {
        _history!.Flush(flushToDisk: true);
        return _history.Length;
    }

    public void WriteStep(HistoryStep line, double absent, IEnumerable<(string Attribute, IEnumerable<(string Value, int Rows)> Values)> cohorts) => WriteLine(_history!, w =>
    {
        w.WriteString("kind", "step");
        w.WriteNumber("step", line.Step);
        w.WriteNumber("epoch", line.Epoch);
        w.WriteNumber("loss", line.Loss);
        w.WriteNumber("rate", line.Rate);
        w.WriteNumber("pairs", line.Pairs);
        if (line.DataSet is { } set)
        {
            w.WriteString("data_set", set);
        }

        w.WriteNumber("masked", line.Masked ?? 0);
        w.WriteNumber("absent", absent);
        if (line.Facts is { } facts)
        {
            w.WriteNumber("accuracy", facts.Accuracy);
            w.WriteNumber("alignment", facts.Alignment);
            Optional(w, "uniformity", facts.Uniformity);
            Optional(w, "likely_false_negatives", facts.LikelyFalseNegatives);
        }

        w.WriteStartObject("cohorts");
        foreach (var (attribute, values) in cohorts)
        {
            w.WriteStartObject(attribute);
            foreach (var (value, rows) in values)
            {
                w.WriteNumber(value, rows);
            }

            w.WriteEndObject();
        }

        w.WriteEndObject();
    });

    public void WriteEvaluation(HistoryEvaluation line) => WriteLine(_history!, w =>
    {
        w.WriteString("kind", "evaluation");
        w.WriteNumber("step", line.Step);
        w.WriteNumber("epoch", line.Epoch);
        w.WriteNumber("ndcg@10", line.Score.Ndcg10);
        Optional(w, "margin_mean", line.Score.Margin);
        w.WriteBoolean("best", line.Best);
        if (line.Averaged)
        {
            w.WriteString("candidate", "average");
        }

        if (line.Score.Detail is { } detail)
        {
            w.WriteNumber("questions", detail.Questions);
            w.WriteNumber("recall@5", detail.Recall5);
            WriteCohorts(w, detail.Cohorts);
        }

        if (line.Warnings.Count > 0)
        {
            w.WriteStartArray("warnings");
            foreach (string warning in line.Warnings)
            {
                w.WriteStringValue(warning);
            }

            w.WriteEndArray();
        }
    });

    /// <summary>A mining whose negatives come into force.</summary>
    public void WriteMined(HistoryMining line) => WriteLine(_history!, w =>
    {
        w.WriteString("kind", "mined");
        w.WriteNumber("mined_at", line.MinedAt);
        w.WriteNumber("step", line.Step);
        w.WriteString("space", line.Space);
        w.WriteNumber("pairs", line.Pairs);
        w.WriteNumber("negatives", line.Negatives);
        w.WriteNumber("unchanged", Math.Round(line.Unchanged, 4));
        w.WriteStartObject("refused");
        foreach (var (rule, count) in line.Refused)
        {
            w.WriteNumber(rule, count);
        }

        w.WriteEndObject();
        w.WriteString("file", line.File);
    });

    /// <summary>Writes the negatives that a mining put into force.</summary>
    /// <returns>The file, below the run's folder.</returns>
    public string WriteNegatives(long minedAt, IReadOnlyList<Pair> pairs)
    {
        string file = string.Create(CultureInfo.InvariantCulture, $"negatives/{minedAt:00000000}.jsonl");
        try
        {
            PairFile.Write(PathOf(file), pairs);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(PathOf(file), e);
        }
    }

    /// <summary>The last line of a run that patience ended.</summary>
    public void WriteStopped(long step, int patience) => WriteLine(_history!, w =>
    {
        w.WriteString("kind", "stopped");
        w.WriteNumber("step", step);
        w.WriteString("why", $"{patience} held-out evaluations without a better one");
    });

    private static void WriteCohorts(Utf8JsonWriter w, IReadOnlyList<HeldOutCohort> cohorts)
    {
        w.WriteStartObject("cohorts");
        foreach (var attribute in cohorts.GroupBy(c => c.Attribute, StringComparer.Ordinal))
        {
            w.WriteStartObject(attribute.Key);
            foreach (var cohort in attribute)
            {
                w.WriteStartObject(cohort.Value);
                w.WriteNumber("n", cohort.Questions);
                w.WriteNumber("ndcg@10", cohort.Ndcg10);
                w.WriteNumber("recall@5", cohort.Recall5);
                Optional(w, "margin_mean", cohort.Margin);
                if (cohort.Protected)
                {
                    w.WriteBoolean("protected", true);
                }

                w.WriteEndObject();
            }

            w.WriteEndObject();
        }

        w.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter w, string name, double? value)
    {
        if (value is { } number)
        {
            w.WriteNumber(name, number);
        }
    }

    /// <summary>The first line: what is trained on what.</summary>
    public void WriteStart(IEnumerable<KeyValuePair<string, string>> identity, long rows, long steps, IReadOnlyList<string> leftOut, IReadOnlyList<string> notes) => WriteLine(_history!, w =>
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
        if (notes.Count > 0)
        {
            w.WriteStartArray("notes");
            foreach (string note in notes)
            {
                w.WriteStringValue(note);
            }

            w.WriteEndArray();
        }

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

    /// <summary>Writes a checkpoint under a name of the folder; the one before stays whole until the new one is.</summary>
    /// <exception cref="NearfarException">It cannot be written.</exception>
    public void WriteCheckpoint(string name, Checkpoint checkpoint)
    {
        try
        {
            checkpoint.Write(PathOf(name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(PathOf(name), e);
        }
    }

    // A full disk, most of the time.
    private static NearfarException Unwritable(string path, Exception e) =>
        new(path, 0, $"cannot be written: {e.Message} The last checkpoint is whole: make room and go on with --resume.", e);

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
        try
        {
            to.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            to.Flush();
        }
        catch (IOException e)
        {
            throw Unwritable(to.Name, e);
        }
    }
}
