namespace Nearfar.Search;

/// <summary>Compares ids by their UTF-8 bytes, as trec_eval's <c>strcmp</c> does.</summary>
/// <remarks>
/// <see cref="StringComparer.Ordinal"/> compares UTF-16 units and puts U+10000 and above before U+E000 to U+FFFF; bytes put them behind.
/// A lone surrogate, which has no bytes of its own, sorts with the pairs.
/// </remarks>
public sealed class Utf8Order : IComparer<string>
{
    private Utf8Order() { }

    /// <summary>Ascending by bytes; a prefix comes first.</summary>
    public static Utf8Order Ascending { get; } = new();

    /// <summary>Negative, zero or positive, as the bytes of <paramref name="x"/> stand to those of <paramref name="y"/>; null comes first.</summary>
    /// <param name="x">An id.</param>
    /// <param name="y">An id.</param>
    public int Compare(string? x, string? y) =>
        x is null ? (y is null ? 0 : -1) : y is null ? 1 : Compare(x.AsSpan(), y.AsSpan());

    /// <summary>Negative, zero or positive, as the bytes of <paramref name="x"/> stand to those of <paramref name="y"/>.</summary>
    /// <param name="x">An id.</param>
    /// <param name="y">An id.</param>
    public static int Compare(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
    {
        int common = x.CommonPrefixLength(y);
        if (common == Math.Min(x.Length, y.Length))
        {
            return x.Length.CompareTo(y.Length);
        }

        // Units order as code points do, except that surrogates (supplementary planes) belong above U+E000 to U+FFFF.
        return Weight(x[common]).CompareTo(Weight(y[common]));
    }

    private static int Weight(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
