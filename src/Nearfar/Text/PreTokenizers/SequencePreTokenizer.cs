using Nearfar.Text.Json;

namespace Nearfar.Text.PreTokenizers;

/// <summary>Each pre-tokenizer cuts the pieces of the one before.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> piece, bool atStart, TokenizerScratch scratch, PieceBuffer into)
    {
        if (steps.Count == 0)
        {
            into.Add(piece, atStart);
            return;
        }

        var current = scratch.RentPieces();
        var next = scratch.RentPieces();
        current.Add(piece, atStart);
        for (int i = 0; i < steps.Count; i++)
        {
            var target = i == steps.Count - 1 ? into : next;
            next.Clear();
            for (int k = 0; k < current.Count; k++)
            {
                steps[i].Split(current[k], current.IsAtStart(k), scratch, target);
            }

            (current, next) = (next, current);
        }

        scratch.Return(next);
        scratch.Return(current);
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Sequence");
        json.StartArray("pretokenizers");
        foreach (var step in steps)
        {
            json.StartObject();
            step.Write(json);
            json.EndObject();
        }

        json.EndArray();
    }
}
