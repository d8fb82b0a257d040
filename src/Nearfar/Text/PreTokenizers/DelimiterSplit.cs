using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts at one character, which goes.</summary>
internal sealed class DelimiterSplit(string delimiter) : CharacterSplit(SplitBehavior.Removed)
{
    private readonly int _delimiter = CodePoints.At(delimiter, out _);

    protected override bool IsMatch(int codePoint) => codePoint == _delimiter;

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "CharDelimiterSplit");
        json.Member("delimiter", delimiter);
    }
}
