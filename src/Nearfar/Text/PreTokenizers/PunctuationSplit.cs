using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts at punctuation.</summary>
internal sealed class PunctuationSplit(SplitBehavior behavior) : CharacterSplit(behavior)
{
    protected override bool IsMatch(int codePoint) => UnicodeTables.IsBertPunctuation(codePoint);

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Punctuation");
        json.Member("behavior", Behavior.ToString());
    }
}
