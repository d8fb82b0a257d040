using System.Text.Json;

namespace Nearfar.Releases;

/// <summary>The append-only, hash-chained record of gate openings and releases, and the pointer to the current model.</summary>
/// <remarks>
/// One process writes at a time: an operating system lock on <c>ledger.lock</c> guards each append. Every read verifies the whole chain, and
/// that it still holds the newest line that <c>ledger.head</c> knows. A crash between two files is no damage. Thread-safe.
/// </remarks>
public sealed class ReleaseLedger
{
    private static readonly string s_genesis = new('0', 64);
    private readonly TimeProvider _clock;

    /// <param name="folder">The <c>releases</c> folder; made when absent.</param>
    /// <param name="clock">Gives the times.</param>
    public ReleaseLedger(string folder, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(clock);
        Folder = folder;
        _clock = clock;
    }

    /// <summary>The <c>releases</c> folder.</summary>
    public string Folder { get; }

    private string LedgerPath => Path.Combine(Folder, "ledger.jsonl");

    private string HeadPath => Path.Combine(Folder, "ledger.head");

    private string CurrentPath => Path.Combine(Folder, "current");

    // What the pointer is about to be: written before the ledger, renamed after it.
    private string PendingPath => Path.Combine(Folder, "current.next");

    /// <summary>All entries, oldest first, after verifying the chain.</summary>
    /// <exception cref="NearfarException">A line is broken, missing or altered; the message names it.</exception>
    public IReadOnlyList<LedgerEntry> Read()
    {
        string? head = ReadText(HeadPath);      // before the ledger: a writer may add a line between the two
        var entries = new List<LedgerEntry>();
        string previous = s_genesis;
        long line = 0;
        foreach (string text in File.Exists(LedgerPath) ? File.ReadLines(LedgerPath) : [])
        {
            line++;
            LedgerEntry entry;
            try
            {
                entry = JsonSerializer.Deserialize(text, LedgerContext.Default.LedgerEntry) ?? throw new JsonException("null");
            }
            catch (JsonException e)
            {
                throw new NearfarException(LedgerPath, line, $"not a ledger entry: {e.Message} Nothing may be edited here; restore the file from a copy.", e);
            }

            if (entry.Sequence != line || entry.Previous != previous || entry.Hash != entry.ComputeHash())
            {
                throw new NearfarException(LedgerPath, line, "the hash chain breaks here: a line was altered, removed or inserted. Restore the file from a copy; until then nothing is released.");
            }

            previous = entry.Hash!;
            entries.Add(entry);
        }

        return (head is null ? entries.Count <= 1 : entries.Any(e => e.Hash == head))
            ? entries
            : throw new NearfarException(LedgerPath, 0, $"lines are missing at its end: ledger.head knows line {head ?? "none"}. Restore both files from a copy; until then nothing is released.");
    }

    /// <summary>How many times the gate was opened on a gate set so far.</summary>
    /// <param name="gateSetHash">Hash of the set.</param>
    public int AttemptsOn(string gateSetHash) => AttemptsOn(Read(), gateSetHash);

    internal static int AttemptsOn(IEnumerable<LedgerEntry> entries, string gateSetHash) => entries.Count(e => e.Event == LedgerEvent.Gate && e.GateSet == gateSetHash);

    /// <summary>The entry that made the current model current; null when nothing was released.</summary>
    /// <exception cref="NearfarException">The pointer and the ledger disagree.</exception>
    public LedgerEntry? Current()
    {
        var last = Read().LastOrDefault(e => e.Event is LedgerEvent.Promote or LedgerEvent.Rollback);
        string? pointer = ReadText(CurrentPath);
        return pointer == last?.Space || (last is not null && ReadText(PendingPath) == last.Space)
            ? last
            : throw new NearfarException(CurrentPath, 0, $"names {pointer ?? "nothing"}, the ledger's last release is {last?.Space ?? "none"}. Run: nearfar release promote, for the model that is meant.");
    }

    /// <summary>Folder of the current model; null when nothing was released.</summary>
    public string? CurrentModelFolder() => Current() is { } entry ? ModelFolder(entry.Space) : null;

    /// <summary>Where the released model of a space stands.</summary>
    /// <param name="space">Space id.</param>
    public string ModelFolder(string space) => Path.Combine(Folder, space);

    /// <summary>Appends an entry; sequence, time, previous and hash are filled in.</summary>
    /// <param name="make">Makes the entry from sequence, time and previous hash.</param>
    /// <exception cref="NearfarException">Another process is writing, or the chain is broken.</exception>
    public LedgerEntry Append(Func<long, DateTimeOffset, string, LedgerEntry> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        using var guard = Lock();
        return AppendLocked(make);
    }

    private LedgerEntry AppendLocked(Func<long, DateTimeOffset, string, LedgerEntry> make)
    {
        var entries = Read();
        var entry = make(entries.Count + 1, _clock.GetUtcNow(), entries.Count == 0 ? s_genesis : entries[^1].Hash!);
        entry = entry with { Hash = entry.ComputeHash() };
        bool moves = entry.Event is LedgerEvent.Promote or LedgerEvent.Rollback;
        if (moves)
        {
            AtomicFile.Write(PendingPath, entry.Space + "\n");
        }

        byte[] existing = File.Exists(LedgerPath) ? File.ReadAllBytes(LedgerPath) : [];
        // Rewritten whole and renamed: an append torn by a crash would break the chain for ever.
        AtomicFile.Write(LedgerPath, [.. existing, .. JsonSerializer.SerializeToUtf8Bytes(entry, LedgerContext.Default.LedgerEntry), (byte)'\n']);
        AtomicFile.Write(HeadPath, entry.Hash + "\n");
        if (moves)
        {
            File.Move(PendingPath, CurrentPath, overwrite: true);
        }

        return entry;
    }

    /// <summary>Copies a model into <c>releases/SPACE</c> and makes it current.</summary>
    /// <param name="modelFolder">The run's model folder.</param>
    /// <param name="space">Its space id.</param>
    /// <param name="run">Its run.</param>
    /// <param name="by">By whose decision.</param>
    /// <param name="decision">SHA-256 of the decision that passed it, if one did.</param>
    /// <param name="reason">Why, in the actor's words.</param>
    public LedgerEntry Promote(string modelFolder, string space, string run, string by, string? decision, string? reason)
    {
        using var guard = Lock();
        CopyFolder(modelFolder, ModelFolder(space));
        return AppendLocked((sequence, time, previous) => new LedgerEntry
        {
            Sequence = sequence,
            Time = time,
            Previous = previous,
            Event = LedgerEvent.Promote,
            Space = space,
            Run = run,
            Decision = decision,
            Verdict = decision is null ? null : "passed",
            By = by,
            Reason = reason,
        });
    }

    /// <summary>Makes an earlier released model current again.</summary>
    /// <param name="space">Space id of a model that was current before; null: the one that was current when the current one was promoted, so that two rollbacks go two steps back.</param>
    /// <param name="by">By whose decision.</param>
    /// <param name="reason">Why.</param>
    /// <exception cref="NearfarException">No such earlier release, it is current, or its folder is gone.</exception>
    public LedgerEntry Rollback(string? space, string by, string? reason)
    {
        using var guard = Lock();
        var entries = Read();
        var standing = Standing(entries);
        var target = (space is null ? standing.SkipLast(1).LastOrDefault() : entries.LastOrDefault(e => e.Event != LedgerEvent.Gate && e.Space == space))
            ?? throw new NearfarException($"No earlier release{(space is null ? "" : $" of space {space}")} to go back to. See: nearfar release list");
        if (target.Space == standing[^1].Space)
        {
            throw new NearfarException($"{target.Space} is current already.");
        }

        if (!Directory.Exists(ModelFolder(target.Space)))
        {
            throw new NearfarException(ModelFolder(target.Space), 0, "the released model folder is gone; restore it before rolling back.");
        }

        return AppendLocked((sequence, time, previous) => new LedgerEntry
        {
            Sequence = sequence,
            Time = time,
            Previous = previous,
            Event = LedgerEvent.Rollback,
            Space = target.Space,
            Run = target.Run,
            By = by,
            Reason = reason,
        });
    }

    /// <summary>The rollback that took a model back after its last promotion, when it was not promoted again; else null.</summary>
    /// <param name="space">Space id.</param>
    internal LedgerEntry? WithdrawalOf(string space)
    {
        var entries = Read();
        return entries.Any(e => e.Event == LedgerEvent.Promote && e.Space == space) && Standing(entries).All(e => e.Space != space)
            ? entries.Last(e => e.Event == LedgerEvent.Rollback)
            : null;
    }

    // Releases that a rollback can go back to, oldest first, the current one last.
    internal static List<LedgerEntry> Standing(IEnumerable<LedgerEntry> entries)
    {
        var standing = new List<LedgerEntry>();
        foreach (var entry in entries.Where(e => e.Event != LedgerEvent.Gate))
        {
            int known = standing.FindIndex(e => e.Space == entry.Space);
            if (known >= 0)
            {
                standing.RemoveRange(known, entry.Event == LedgerEvent.Rollback ? standing.Count - known : 1);
            }

            standing.Add(entry);
        }

        return standing;
    }

    private static string? ReadText(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    private FileStream Lock()
    {
        Directory.CreateDirectory(Folder);
        try
        {
            return new FileStream(Path.Combine(Folder, "ledger.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new NearfarException(LedgerPath, 0, "another process is writing the ledger. Try again when it has finished.", e);
        }
    }

    private static void CopyFolder(string from, string to)
    {
        if (Directory.Exists(to))
        {
            return;
        }

        foreach (string leftover in Directory.EnumerateDirectories(Path.GetDirectoryName(to)!, "*.copying"))
        {
            Directory.Delete(leftover, recursive: true);      // of a copy that was killed; the lock is ours
        }

        string temporary = to + ".copying";
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(temporary, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }

        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(temporary, Path.GetRelativePath(from, folder)));
        }

        Directory.Move(temporary, to);
    }
}
