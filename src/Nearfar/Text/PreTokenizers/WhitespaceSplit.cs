using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts at white space, which goes.</summary>
internal sealed class WhitespaceSplit() : CharacterSplit(SplitBehavior.Removed)
{
    protected override bool IsMatch(int codePoint) => UnicodeTables.IsWhiteSpace(codePoint);

    public override void Write(CanonicalJson json) => json.Member("type", "WhitespaceSplit");
}
