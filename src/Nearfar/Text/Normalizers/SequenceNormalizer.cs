using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>One normalizer after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        if (steps.Count == 0)
        {
            into.Add(text);
            return;
        }

        var current = scratch.RentText();
        var next = scratch.RentText();
        current.Add(text);
        for (int i = 0; i < steps.Count - 1; i++)
        {
            next.Clear();
            steps[i].Apply(current.Span, scratch, next);
            (current, next) = (next, current);
        }

        steps[^1].Apply(current.Span, scratch, into);
        scratch.Return(next);
        scratch.Return(current);
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Sequence");
        json.StartArray("normalizers");
        foreach (var step in steps)
        {
            json.StartObject();
            step.Write(json);
            json.EndObject();
        }

        json.EndArray();
    }
}
