namespace Nearfar.Training;

/// <summary>Batches that are in memory: those of a whole epoch, or of one part of a streamed file.</summary>
/// <param name="First">Number of the first one in its epoch.</param>
/// <param name="Batches">Row numbers of each.</param>
/// <param name="Total">Batches of the whole epoch.</param>
/// <param name="Rows">Where the numbers point.</param>
/// <param name="Side">Collates them.</param>
/// <param name="Kept">The batches again where they came from vectors that are gone by now: a checkpoint must hold them.</param>
internal sealed record BatchPart(int First, IReadOnlyList<int[]> Batches, int Total, TrainingRows Rows, SideData Side, IReadOnlyList<int[]>? Kept = null)
{
    /// <summary>Number of the first batch behind them.</summary>
    public int End => First + Batches.Count;
}
