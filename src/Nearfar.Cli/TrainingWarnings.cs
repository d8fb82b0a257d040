using Nearfar.Training;

namespace Nearfar.Cli;

/// <summary>Says on stderr what data and options come to, and what an evaluation warns of, quiet or not: neither is progress.</summary>
internal sealed class TrainingWarnings(VerbContext context, IProgress<TrainingProgress> then) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        foreach (string note in value.Notes)
        {
            context.Warn("Note: " + note);
        }

        foreach (string warning in value.Warnings)
        {
            context.Warn($"Warning, step {value.Step}: {warning}");
        }

        then.Report(value);
    }
}
