using System.Globalization;
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

    /// <summary>Writes lines, once <see cref="OpenHistory"/> has run.</summary>
    public HistoryWriter History { get; private set; } = null!;

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
        History = new HistoryWriter(_history, _timing);
    }

    /// <summary>Puts the history on the disk, so that a checkpoint never knows more of it than is there.</summary>
    public long FlushHistory()
    {
        _history!.Flush(flushToDisk: true);
        return _history.Length;
    }

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

    public void Dispose()
    {
        _history?.Dispose();
        _timing?.Dispose();
        _lock.Dispose();
    }

    /// <summary>A full disk, most of the time.</summary>
    internal static NearfarException Unwritable(string path, Exception e) =>
        new(path, 0, $"cannot be written: {e.Message} The last checkpoint is whole: make room and go on with --resume.", e);
}
