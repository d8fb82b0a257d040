using Nearfar.Training;

namespace Nearfar.Reporting;

/// <summary>Writes <c>run.html</c> into a run's folder at each held-out evaluation, as the history stands. Not thread-safe.</summary>
public sealed class RunPage : IProgress<TrainingProgress>
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);       // between two pages: short runs evaluate many times a second
    private readonly string _folder;
    private readonly IProgress<TrainingProgress>? _then;
    private readonly TimeProvider _clock;
    private long? _written;

    /// <param name="folder">The run's folder.</param>
    /// <param name="clock">Spares pages that nobody could look at; the last is always written.</param>
    /// <param name="then">Told everything too.</param>
    public RunPage(string folder, TimeProvider clock, IProgress<TrainingProgress>? then = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(clock);
        (_folder, _clock, _then) = (folder, clock, then);
    }

    /// <inheritdoc />
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        // Of several recipes each has a history of its own, and the run gets one when dev has chosen.
        if (value.Evaluated && value.Recipe is null && (_written is not { } last || value.Step == value.Steps || _clock.GetElapsedTime(last) >= Least))
        {
            Write(_folder);
            _written = _clock.GetTimestamp();
        }

        _then?.Report(value);
    }

    /// <summary>Renders the page of a run, finished or not, from its <c>history.jsonl</c>.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <returns>Where the page stands.</returns>
    /// <exception cref="NearfarException">No history, or a broken one.</exception>
    public static string Write(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string history = Path.Combine(folder, "history.jsonl"), page = Path.Combine(folder, "run.html");
        if (!File.Exists(history))
        {
            throw new NearfarException(history, 0, "no training history. Name the folder of a run: nearfar train makes one.");
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        AtomicFile.Write(page, TrainingPage.Render(TrainingHistory.Read(history), name));
        return page;
    }
}
