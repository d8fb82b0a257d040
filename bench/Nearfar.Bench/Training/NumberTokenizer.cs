using System.Globalization;
using Nearfar.Text;

namespace Nearfar.Bench.Training;

/// <summary>Numbers between spaces, each its own id.</summary>
internal sealed class NumberTokenizer(int vocabulary) : ITokenizer
{
    public int VocabularySize => vocabulary;

    public int? UnknownId => null;

    public void Encode(ReadOnlySpan<char> text, TokenBuffer into)
    {
        foreach (var range in text.Split(' '))
        {
            into.Add(int.Parse(text[range], CultureInfo.InvariantCulture));
        }
    }

    public string TokenOf(int id) => id.ToString(CultureInfo.InvariantCulture);

    public ReadOnlyMemory<byte> ToJson() => System.Text.Encoding.UTF8.GetBytes(vocabulary.ToString(CultureInfo.InvariantCulture));
}
