namespace Nearfar.Training;

/// <summary>The clock of a run: throughput of this process, time left, when a checkpoint is due. No result depends on it.</summary>
internal sealed class Pace(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private long _started;
    private long _lastCheckpoint = time.GetTimestamp();
    private TimeSpan _stepping;
    private long _steps;
    private long _pairs;

    public double PairsPerSecond => _stepping > TimeSpan.Zero ? _pairs / _stepping.TotalSeconds : 0;

    public void Start() => _started = time.GetTimestamp();

    public void Stop(int pairs)
    {
        _stepping += time.GetElapsedTime(_started);
        _pairs += pairs;
        _steps++;
    }

    // Evaluations count: they take part of the time that is left.
    public TimeSpan? TimeLeft(long steps) => _steps == 0 ? null : time.GetElapsedTime(_began) / _steps * steps;

    public bool CheckpointIsDue(long step, TrainingOptions options)
    {
        bool due = (options.CheckpointSteps > 0 && step % options.CheckpointSteps == 0) || time.GetElapsedTime(_lastCheckpoint) >= options.CheckpointInterval;
        _lastCheckpoint = due ? time.GetTimestamp() : _lastCheckpoint;
        return due;
    }
}
