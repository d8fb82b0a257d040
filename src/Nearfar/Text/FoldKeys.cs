using System.Text;
using Nearfar.Text.Unicode;

namespace Nearfar.Text;

/// <summary>Identity of a question over repetitions.</summary>
public static class FoldKeys
{
    /// <summary>NFKC, case folded letter by letter ("ß" stays), white space collapsed and trimmed: equal for texts that differ only in these.</summary>
    /// <param name="text">A question.</param>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string folded = Normalization.NfkcLower(text).Replace('ς', 'σ');          // lower case keeps the final form, case folding does not
        var builder = new StringBuilder(folded.Length);
        foreach (char c in folded)
        {
            if (!UnicodeTables.IsWhiteSpace(c))
            {
                builder.Append(c);
            }
            else if (builder.Length > 0 && builder[^1] != ' ')
            {
                builder.Append(' ');
            }
        }

        return builder.ToString().TrimEnd(' ');
    }
}
