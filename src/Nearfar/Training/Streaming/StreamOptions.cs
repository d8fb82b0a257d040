using System.Globalization;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;

namespace Nearfar.Training.Streaming;

/// <summary>Trains on files of pairs larger than memory: part after part of them, each part's pairs from everywhere in each file.</summary>
/// <remarks>
/// In each epoch blocks of 256 pairs are put into random order and cut into parts of about <see cref="Buffer"/> pairs; batches are made inside a part. Each of several
/// data sets has its share of every part, or four batches where that is more.
/// What a batch may not hold twice, and which documents answer a question, is known inside the part. With a buffer that holds all pairs every byte of
/// model and history steps is that of training on the same pairs in memory.
/// </remarks>
public sealed record StreamOptions
{
    /// <summary>Pairs of one block: read, checked and mixed together.</summary>
    internal const int BlockPairs = 256;

    /// <summary>Pairs in memory at a time, 1,024 to 100,000,000, and at least four batches of each data set; rounded up to whole blocks of 256. Default 100,000.</summary>
    public int Buffer { get; init; } = 100_000;

    internal IEnumerable<string> Problems(TrainingOptions options)
    {
        if (Buffer is < 1024 or > 100_000_000)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Stream.Buffer is {Buffer}; wanted 1024 to 100000000.");
        }
        else if (Buffer < 4L * options.Batch)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Stream.Buffer is {Buffer}; wanted at least four batches of {options.Batch}: what is left of each part of the file must be little.");
        }

        if (options.Batches is BatchRule.Answer or BatchRule.Hard)
        {
            yield return $"Batches is {options.Batches.Value.ToString().ToLowerInvariant()}, and stream knows one part of the file at a time; wanted text, label or shuffled. "
                + (options.Batches == BatchRule.Answer ? "Near-duplicates are found among all texts." : "Neighbours are found among all rows.");
        }

        if (options.Mining is not null)
        {
            yield return "Mining is set, and stream does not hold the texts that would be ranked. Mine between runs (nearfar mine), or remove one of them.";
        }

        if (LossRegistry.Problems(options.Loss).Count == 0 && Refused(options.Loss) is { } refused)
        {
            yield return refused;
        }
    }

    /// <summary>What is wrong with the buffer for several data sets; null: nothing.</summary>
    internal string? ProblemOf(int sets, int batch) => sets < 2 || Buffer >= 4L * batch * sets ? null
        : string.Create(CultureInfo.InvariantCulture, $"Stream.Buffer is {Buffer}; wanted at least {4L * batch * sets}: four batches of {batch} for each of {sets} data sets.");

    private static string? Refused(LossChoice loss)
    {
        var description = LossRegistry.Of(loss.Name);
        var needs = LossRegistry.Create(loss).Needs & ~(LossNeeds.Mask | LossNeeds.Labels);
        string? reads = description.Rows != LossRows.Pairs ? "graded pairs"
            : description.MinHardNegatives > 0 ? "a hard negative of every pair"
            : needs.HasFlag(LossNeeds.Identity) ? "documents of earlier batches"
            : needs != LossNeeds.None ? "targets, grades or another encoder's vectors"
            : null;
        return reads is null ? null : $"Loss {loss.Name} reads {reads}, which stream does not hold. Choose a loss over pairs such as mnrl, or remove stream.";
    }
}
