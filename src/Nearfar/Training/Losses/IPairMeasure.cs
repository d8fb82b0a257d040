using System.Numerics;

namespace Nearfar.Training.Losses;

/// <summary>A number of two raw rows, a similarity or a distance, and its derivative by both.</summary>
internal interface IPairMeasure
{
    /// <summary>Whether the length of a row changes nothing.</summary>
    bool DirectionOnly { get; }

    T Of<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Adds factor times the derivative; 0 where there is none (a zero row of a cosine, equal rows of a distance).</summary>
    void AddGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, T factor, Span<T> gradientX, Span<T> gradientY) where T : unmanaged, IFloatingPointIeee754<T>;
}
