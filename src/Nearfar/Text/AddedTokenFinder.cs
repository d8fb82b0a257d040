using System.Buffers;
using Nearfar.Text.Models;
using Nearfar.Text.Unicode;

namespace Nearfar.Text;

/// <summary>Finds added tokens in a text: the leftmost, of those the longest. Immutable.</summary>
internal sealed class AddedTokenFinder
{
    private readonly AddedToken[] _tokens;
    private readonly PieceTrie _trie;
    private readonly SearchValues<char> _firsts;

    /// <param name="tokens">The text to look for, none empty, and the token. Of equal texts the last one counts.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        var distinct = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (var (text, token) in tokens)
        {
            distinct[text] = token;
        }

        _tokens = [.. distinct.Values];
        _trie = new PieceTrie(distinct.Keys.Select((text, i) => KeyValuePair.Create(text, i)));
        _firsts = SearchValues.Create([.. distinct.Keys.Select(text => text[0]).Distinct()]);
    }

    /// <summary>Whether a text may hold a token at all; cheap, and mostly false.</summary>
    public bool MayOccur(ReadOnlySpan<char> text) => text.ContainsAny(_firsts);

    /// <summary>The next token.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="search">Where to look on; moved behind the match.</param>
    /// <param name="taken">Characters before this belong to an earlier token.</param>
    /// <param name="start">Where the token and the white space it swallows begin.</param>
    /// <param name="end">Where they end.</param>
    /// <param name="id">The token.</param>
    public bool TryNext(ReadOnlySpan<char> text, ref int search, int taken, out int start, out int end, out int id)
    {
        while (search < text.Length)
        {
            int skip = text[search..].IndexOfAny(_firsts);
            if (skip < 0)
            {
                break;
            }

            start = search + skip;
            int index = _trie.FindLongest(PieceTrie.Root, text[start..], out int length);
            if (index < 0)
            {
                search = start + 1;
                continue;
            }

            end = search = start + length;
            var token = _tokens[index];
            if (token.SingleWord && (TouchesWordBefore(text[..start]) || TouchesWordAfter(text[end..])))
            {
                continue;
            }

            if (token.StripLeft)
            {
                start = Math.Max(taken, start - SpaceAtEnd(text[..start]));
            }

            if (token.StripRight)
            {
                end += SpaceAtStart(text[end..]);
            }

            id = token.Id;
            return true;
        }

        (start, end, id) = (text.Length, text.Length, -1);
        return false;
    }

    private static bool TouchesWordBefore(ReadOnlySpan<char> text) =>
        !text.IsEmpty && UnicodeTables.IsWord(CodePoints.Last(text, out _));

    private static bool TouchesWordAfter(ReadOnlySpan<char> text) =>
        !text.IsEmpty && UnicodeTables.IsWord(CodePoints.At(text, out _));

    private static int SpaceAtEnd(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && UnicodeTables.IsWhiteSpace(text[^(length + 1)]))
        {
            length++;
        }

        return length;
    }

    private static int SpaceAtStart(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && UnicodeTables.IsWhiteSpace(text[length]))
        {
            length++;
        }

        return length;
    }
}
