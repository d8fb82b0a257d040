using Nearfar.Training;

namespace Nearfar.Cli;

/// <summary>Says on stderr what an evaluation warns of, quiet or not: a warning is no progress.</summary>
internal sealed class TrainingWarnings(VerbContext context, IProgress<TrainingProgress> then) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        foreach (string warning in value.Warnings)
        {
            context.Warn($"Warning, step {value.Step}: {warning}");
        }

        then.Report(value);
    }
}
