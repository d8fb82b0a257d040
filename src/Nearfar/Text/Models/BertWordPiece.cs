using Nearfar.Text.Normalizers;
using Nearfar.Text.PreTokenizers;

namespace Nearfar.Text.Models;

/// <summary>
/// BertNormalizer, BertPreTokenizer and WordPiece in one pass: ASCII words walk the trie while they are lowered; a stretch between
/// white space that holds anything else goes through the general parts. Gives the ids that the parts give one after the other.
/// </summary>
internal sealed class BertWordPiece
{
    private const int Space = -1, Punctuation = -2, Other = -3;

    private readonly BertNormalizer _normalizer;
    private readonly WordPieceModel _model;
    private readonly PieceTrie _trie;
    private readonly int[] _codes = new int[128];       // trie code of the lowered character, or a class below 0
    private readonly char[] _lowered = new char[128];

    public BertWordPiece(BertNormalizer normalizer, WordPieceModel model)
    {
        _normalizer = normalizer;
        _model = model;
        _trie = model.Trie;
        for (char c = '\0'; c < 128; c++)
        {
            _lowered[c] = normalizer.Lowers ? char.ToLowerInvariant(c) : c;
            _codes[c] = c switch
            {
                ' ' or '\t' or '\n' or '\r' => Space,
                < ' ' or '\x7F' => Other,
                _ when char.IsAsciiLetterOrDigit(c) => _trie.CodeOf(_lowered[c]),
                _ => Punctuation,
            };
        }
    }

    public void Encode(ReadOnlySpan<char> text, TokenizerScratch scratch, TokenBuffer into)
    {
        int i = 0;
        while (i < text.Length)
        {
            char c = text[i];
            int code = c < 128 ? _codes[c] : Other;
            if (code == Space)
            {
                i++;
            }
            else if (code == Punctuation)
            {
                _model.Encode(text.Slice(i, 1), into);
                i++;
            }
            else if (code == Other)
            {
                i = EncodeStretch(text, i, scratch, into);
            }
            else
            {
                i = EncodeWord(text, i, scratch, into);
            }
        }
    }

    // The usual word is one piece: the walk ends where the word does.
    private int EncodeWord(ReadOnlySpan<char> text, int start, TokenizerScratch scratch, TokenBuffer into)
    {
        int node = PieceTrie.Root;
        int i = start;
        while (i < text.Length && node >= 0)
        {
            char c = text[i];
            int code = c < 128 ? _codes[c] : Other;
            if (code < 0)
            {
                if (code == Other)
                {
                    return EncodeStretch(text, start, scratch, into);
                }

                break;
            }

            node = _trie.Step(node, code);
            i++;
        }

        if (node >= 0 && _trie.ValueAt(node) >= 0 && i - start <= _model.MaxCharacters)
        {
            into.Add(_trie.ValueAt(node));
            return i;
        }

        return EncodePieces(text, start, i, scratch, into);
    }

    private int EncodePieces(ReadOnlySpan<char> text, int start, int i, TokenizerScratch scratch, TokenBuffer into)
    {
        for (; i < text.Length; i++)
        {
            int code = text[i] < 128 ? _codes[text[i]] : Other;
            if (code == Other)
            {
                return EncodeStretch(text, start, scratch, into);
            }

            if (code < 0)
            {
                break;
            }
        }

        var word = scratch.RentText();
        var lowered = word.Reserve(i - start);
        for (int k = 0; k < lowered.Length; k++)
        {
            lowered[k] = _lowered[text[start + k]];
        }

        _model.Encode(lowered, into);
        scratch.Return(word);
        return i;
    }

    // Nothing crosses ASCII white space: marks reorder and compose only behind a character that is not a space.
    private int EncodeStretch(ReadOnlySpan<char> text, int start, TokenizerScratch scratch, TokenBuffer into)
    {
        int length = text[start..].IndexOfAny(" \t\n\r");
        int end = length < 0 ? text.Length : start + length;
        var normalised = scratch.RentText();
        _normalizer.Apply(text[start..end], scratch, normalised);
        int position = 0;
        while (BertPreTokenizer.Next(normalised.Span, ref position, out var word))
        {
            _model.Encode(word, into);
        }

        scratch.Return(normalised);
        return end;
    }
}
