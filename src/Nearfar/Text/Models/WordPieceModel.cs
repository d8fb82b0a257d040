using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Models;

/// <summary>Greedy longest match from the left; a word with a part that no piece covers is one unknown.</summary>
/// <remarks>Devlin et al. 2018, arXiv:1810.04805; Wu et al. 2016, arXiv:1609.08144, section 4.1.</remarks>
internal sealed class WordPieceModel : TokenModel
{
    private readonly string _unknown;
    private readonly int _unknownId;
    private readonly string _prefix;
    private readonly int _maxCharacters;
    private readonly PieceTrie _trie;
    private readonly int _inside;       // the node behind the prefix, or -1

    public WordPieceModel(Vocabulary vocabulary, string unknown, string prefix, int maxCharacters)
        : base(vocabulary)
    {
        _unknown = unknown;
        _unknownId = vocabulary.IdOf(unknown)!.Value;
        _prefix = prefix;
        _maxCharacters = maxCharacters;
        _trie = vocabulary.Trie;
        _inside = _trie.Walk(PieceTrie.Root, prefix);
    }

    public override int? UnknownId => _unknownId;

    public PieceTrie Trie => _trie;

    public int MaxCharacters => _maxCharacters;

    public override void Encode(ReadOnlySpan<char> piece, TokenizerScratch scratch, TokenBuffer into) => Encode(piece, into);

    public void Encode(ReadOnlySpan<char> word, TokenBuffer into)
    {
        if (word.Length > _maxCharacters && CodePoints.Count(word) > _maxCharacters)
        {
            into.Add(_unknownId);
            return;
        }

        int before = into.Count;
        int node = PieceTrie.Root;
        while (!word.IsEmpty)
        {
            int length = 0;
            int id = node < 0 ? -1 : _trie.FindLongest(node, word, out length);
            if (id < 0)
            {
                into.Truncate(before);
                into.Add(_unknownId);
                return;
            }

            into.Add(id);
            word = word[length..];
            node = _inside;
        }
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "WordPiece");
        json.Member("unk_token", _unknown);
        json.Member("continuing_subword_prefix", _prefix);
        json.Member("max_input_chars_per_word", _maxCharacters);
        Vocabulary.Write(json);
    }
}
