using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Cuts at numbers: each digit by itself, or runs of them.</summary>
internal sealed class DigitSplit(bool individual) : CharacterSplit(individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous)
{
    protected override bool IsMatch(int codePoint) => UnicodeTables.IsNumber(codePoint);

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Digits");
        json.Member("individual_digits", individual);
    }
}
