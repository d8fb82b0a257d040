using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Nearfar.Evaluation.Ranking;

/// <summary>Decimal text to the nearest double.</summary>
/// <remarks>
/// Fast where up to 19 digits make an integer below 2^53 and the power of ten is at most 22: both are exact doubles, so one rounding gives the
/// nearest (Clinger 1990, "How to read floating point numbers accurately"). All else goes to the framework's parser, which is exact too.
/// </remarks>
internal static class ScoreParser
{
    private static readonly double[] s_powers =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    private static readonly SearchValues<byte> s_allowed = SearchValues.Create("0123456789+-.eE"u8);

    /// <summary>A finite number: sign, digits with a point, exponent. No comma, no white space, no name such as nan.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        int i = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        bool negative = i == 1 && text[0] == '-';
        ulong digits = 0;
        int point = -1;
        int first = i;
        for (; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[i] == '.' && point < 0)
            {
                point = i;
            }
            else
            {
                break;
            }
        }

        int count = i - first - (point >= 0 ? 1 : 0);
        if (i < text.Length || count is 0 or > 19 || digits > 1UL << 53)
        {
            return TrySlow(text, out value);
        }

        int decimals = point >= 0 ? i - point - 1 : 0;
        value = decimals == 0 ? digits : digits / s_powers[decimals];
        value = negative ? -value : value;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TrySlow(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        return text.Length > 0 && !text.ContainsAnyExcept(s_allowed)
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }
}
