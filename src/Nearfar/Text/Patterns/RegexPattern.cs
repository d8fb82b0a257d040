using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Patterns;

/// <summary>
/// A regular expression over code points. The platform's works on UTF-16 units, where a letter outside the basic plane is no letter, and takes
/// its categories from the runtime; ids would depend on both.
/// </summary>
internal sealed class RegexPattern(string source) : TextPattern
{
    private const int StepsPerCharacter = 2000;

    private readonly PatternCode[] _code = PatternCompiler.Compile(source);

    public override bool TryFind(ReadOnlySpan<char> text, int from, TokenizerScratch scratch, out int start, out int length)
    {
        long steps = 0;
        for (start = from; start <= text.Length; start++)
        {
            if (start > from && start < text.Length && char.IsLowSurrogate(text[start]) && char.IsHighSurrogate(text[start - 1]))
            {
                continue;
            }

            int end = Match(text, 0, start, scratch.Pattern, ref steps);
            if (end >= 0)
            {
                length = end - start;
                return true;
            }
        }

        length = 0;
        return false;
    }

    /// <returns>Where the match ends, or -1.</returns>
    private int Match(ReadOnlySpan<char> text, int code, int position, PatternScratch ways, ref long steps)
    {
        int floor = ways.Count;
        while (true)
        {
            if (++steps > (long)StepsPerCharacter * (text.Length + 100))
            {
                ways.Count = floor;
                throw new NearfarException($"The pattern \"{source}\" tries too many ways on a text of {text.Length} characters. Simplify it in tokenizer.json.");
            }

            var instruction = _code[code];
            bool goesOn = true;
            switch (instruction.Operation)
            {
                case PatternOperation.One:
                    goesOn = TakeOne(instruction.Set!, text, ref position);
                    code++;
                    break;
                case PatternOperation.Greedy or PatternOperation.Lazy or PatternOperation.Possessive:
                    goesOn = Repeat(instruction, code, text, ref position, ways);
                    code++;
                    break;
                case PatternOperation.Fork:
                    ways.Push(instruction.Max, position, -1);
                    code = instruction.Min;
                    break;
                case PatternOperation.Jump:
                    code = instruction.Min;
                    break;
                case PatternOperation.Ahead or PatternOperation.NotAhead or PatternOperation.Atomic:
                    int end = Match(text, code + 1, position, ways, ref steps);
                    goesOn = end >= 0 != (instruction.Operation == PatternOperation.NotAhead);
                    position = instruction.Operation == PatternOperation.Atomic && goesOn ? end : position;
                    code = instruction.Max;
                    break;
                case PatternOperation.Start:
                    goesOn = position == 0;
                    code++;
                    break;
                case PatternOperation.End:
                    goesOn = position == text.Length;
                    code++;
                    break;
                case PatternOperation.Done:
                    ways.Count = floor;
                    return position;
            }

            if (!goesOn && !NextWay(text, floor, ways, ref code, ref position))
            {
                return -1;
            }
        }
    }

    private static bool TakeOne(CodePointSet set, ReadOnlySpan<char> text, ref int position)
    {
        if (position >= text.Length)
        {
            return false;
        }

        int c = CodePoints.At(text[position..], out int length);
        position += length;
        return set.Contains(c);
    }

    private static bool Repeat(PatternCode instruction, int code, ReadOnlySpan<char> text, ref int position, PatternScratch ways)
    {
        int count = 0;
        int least = position;
        int most = instruction.Operation == PatternOperation.Lazy ? instruction.Min : instruction.Max;
        while (count < most)
        {
            int next = position;
            if (!TakeOne(instruction.Set!, text, ref next))
            {
                break;
            }

            position = next;
            if (++count == instruction.Min)
            {
                least = position;
            }
        }

        if (count < instruction.Min)
        {
            return false;
        }

        if (instruction.Operation == PatternOperation.Lazy)
        {
            if (count < instruction.Max)
            {
                ways.Push(code, position, instruction.Max - count);
            }
        }
        else if (instruction.Operation == PatternOperation.Greedy && position > least)
        {
            ways.Push(code, position, least);
        }

        return true;
    }

    // A kept repetition gives back one code point (greedy) or takes one more (lazy); a kept fork goes on at its other side.
    private bool NextWay(ReadOnlySpan<char> text, int floor, PatternScratch ways, ref int code, ref int position)
    {
        while (ways.Count > floor)
        {
            int limit;
            (code, position, limit) = ways.Pop();
            if (limit < 0)
            {
                return true;
            }

            var instruction = _code[code];
            if (instruction.Operation == PatternOperation.Greedy)
            {
                CodePoints.Last(text[..position], out int length);
                position -= length;
                if (position > limit)
                {
                    ways.Push(code, position, limit);
                }

                code++;
                return true;
            }

            if (TakeOne(instruction.Set!, text, ref position))
            {
                if (limit > 1)
                {
                    ways.Push(code, position, limit - 1);
                }

                code++;
                return true;
            }
        }

        return false;
    }

    public override void Write(CanonicalJson json)
    {
        json.StartObject();
        json.Member("Regex", source);
        json.EndObject();
    }
}
