using System.Text;
using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Models;

/// <summary>Byte-pair encoding: characters merge in the order in which training joined them.</summary>
/// <remarks>Sennrich et al. 2015, arXiv:1508.07909, section 3.2.</remarks>
internal sealed class BpeModel : TokenModel
{
    private readonly BpeOptions _options;
    private readonly IReadOnlyList<(string Left, string Right)> _merges;
    private readonly MergeTable _table;
    private readonly PieceTrie _trie;
    private readonly int _inside;           // the node behind the prefix, or -1
    private readonly int _unknownId = -1;
    private readonly int[] _byteIds = ByteFallback.None;

    /// <summary>The vocabulary must hold both sides and the product of each merge, and the unknown token.</summary>
    public BpeModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, BpeOptions options)
        : base(vocabulary)
    {
        _options = options;
        _merges = merges;
        _trie = vocabulary.Trie;
        _inside = _trie.Walk(PieceTrie.Root, options.Prefix);
        _unknownId = options.Unknown is null ? -1 : vocabulary.IdOf(options.Unknown)!.Value;
        if (options.ByteFallback)
        {
            _byteIds = ByteFallback.IdsOf(vocabulary);
        }

        _table = new MergeTable(vocabulary, merges, options.Prefix);
    }

    public override int? UnknownId => _unknownId < 0 ? null : _unknownId;

    public override void Encode(ReadOnlySpan<char> piece, TokenizerScratch scratch, TokenBuffer into)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        if (piece.Length > PieceCache.LongestPiece)
        {
            EncodeNew(piece, scratch, into);
            return;
        }

        if (!scratch.Cache.TryGet(this, piece, into, out int slot))
        {
            int before = into.Count;
            EncodeNew(piece, scratch, into);
            scratch.Cache.Store(slot, piece, into.Ids[before..]);
        }
    }

    private void EncodeNew(ReadOnlySpan<char> piece, TokenizerScratch scratch, TokenBuffer into)
    {
        if (_options.IgnoreMerges)
        {
            int whole = _trie.Find(piece);
            if (whole >= 0)
            {
                into.Add(whole);
                return;
            }
        }

        var merge = scratch.Merge;
        merge.Clear();
        AddSymbols(piece, merge);
        _table.Merge(merge, into);
    }

    private void AddSymbols(ReadOnlySpan<char> piece, MergeScratch symbols)
    {
        int unknowns = 0;
        int start = 0;
        while (start < piece.Length)
        {
            CodePoints.At(piece[start..], out int length);
            int id = IdOf(piece, start, length);
            if (id >= 0)
            {
                AddUnknown(ref unknowns, symbols);
                symbols.Add(id);
            }
            else if (!AddBytes(piece, start, length, symbols) && _unknownId >= 0)
            {
                if (unknowns > 0 && !_options.FuseUnknown)
                {
                    AddUnknown(ref unknowns, symbols);
                }

                unknowns++;
            }

            start += length;
        }

        AddUnknown(ref unknowns, symbols);
    }

    private int IdOf(ReadOnlySpan<char> piece, int start, int length)
    {
        int node = start == 0 ? PieceTrie.Root : _inside;
        node = node < 0 ? -1 : _trie.Walk(node, piece.Slice(start, length));
        if (start + length == piece.Length)
        {
            node = _trie.Walk(node, _options.Suffix);
        }

        return node < 0 ? -1 : _trie.ValueAt(node);
    }

    private void AddUnknown(ref int unknowns, MergeScratch symbols)
    {
        if (unknowns > 0)
        {
            symbols.Add(_unknownId);
            unknowns = 0;
        }
    }

    // The bytes of the prefix and of the suffix count too; all bytes must be known or none is taken.
    private bool AddBytes(ReadOnlySpan<char> piece, int start, int length, MergeScratch symbols)
    {
        if (!_options.ByteFallback)
        {
            return false;
        }

        var prefix = start > 0 ? _options.Prefix : "";
        var suffix = start + length == piece.Length ? _options.Suffix : "";
        var character = piece.Slice(start, length);
        if (!ByteFallback.AllKnown(_byteIds, prefix) || !ByteFallback.AllKnown(_byteIds, character) || !ByteFallback.AllKnown(_byteIds, suffix))
        {
            return false;
        }

        AddBytes(prefix, symbols);
        AddBytes(character, symbols);
        AddBytes(suffix, symbols);
        return true;
    }

    private void AddBytes(ReadOnlySpan<char> text, MergeScratch symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (byte b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                symbols.Add(_byteIds[b]);
            }
        }
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "BPE");
        json.Member("dropout", (string?)null);
        json.Member("unk_token", _options.Unknown);
        json.Member("continuing_subword_prefix", _options.Prefix.Length > 0 ? _options.Prefix : null);
        json.Member("end_of_word_suffix", _options.Suffix.Length > 0 ? _options.Suffix : null);
        json.Member("fuse_unk", _options.FuseUnknown);
        json.Member("byte_fallback", _options.ByteFallback);
        json.Member("ignore_merges", _options.IgnoreMerges);
        Vocabulary.Write(json);
        json.StartArray("merges");
        foreach (var (left, right) in _merges)
        {
            json.StartArray();
            json.Value(left);
            json.Value(right);
            json.EndArray();
        }

        json.EndArray();
    }
}
