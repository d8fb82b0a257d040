using System.Numerics;
using System.Runtime.CompilerServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Runs a rule over the similarities of a batch: tiles in float, plain loops in any other type. Thread-safe.</summary>
internal sealed class PairEngine
{
    private PairStripes? _stripes;      // scratch, handed from step to step; a second caller at the same time makes its own

    /// <param name="columns">Raw rows [B, D] each.</param>
    /// <param name="guide">Another encoder's rows of the same texts; empty where the rule reads none.</param>
    /// <param name="cosine">Whether the similarity is the cosine; else the dot product. A guide's similarity is always the cosine.</param>
    /// <param name="views">What the rule reads.</param>
    /// <param name="rule">Turns a pair's similarities into their derivatives.</param>
    /// <param name="gradients">Receives the derivatives by raw rows; null when only what the rule gathers is wanted.</param>
    /// <param name="threads">At least 1; no result depends on it.</param>
    /// <param name="keptBytes">Similarities held at a time; no result depends on it.</param>
    public PairShare Evaluate<T>(IReadOnlyList<Rows<T>> columns, IReadOnlyList<Rows<T>> guide, bool cosine, PairView[] views, IPairRule rule,
        IReadOnlyList<Rows<T>>? gradients, int threads, long keptBytes) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float))
        {
            return PairLoops.Evaluate(columns, guide, cosine, views, rule, gradients);
        }

        var stripes = Interlocked.Exchange(ref _stripes, null) ?? new PairStripes();
        var share = stripes.Evaluate(As(columns), As(guide), cosine, views, rule, gradients is null ? null : As(gradients), threads, keptBytes);
        _stripes = stripes;
        return share;
    }

    private static Rows<float>[] As<T>(IReadOnlyList<Rows<T>> rows) where T : unmanaged =>
        [.. rows.Select(r => Unsafe.BitCast<Rows<T>, Rows<float>>(r))];     // only where T is float
}
