using System.Text;
using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Models;

/// <summary>Byte-pair encoding: characters merge in the order in which training joined them.</summary>
/// <remarks>Sennrich et al. 2015, arXiv:1508.07909, section 3.2.</remarks>
internal sealed class BpeModel : TokenModel
{
    private const int ShortPiece = 48;      // above it the queue wins over looking through all pairs

    private readonly BpeOptions _options;
    private readonly IReadOnlyList<(string Left, string Right)> _merges;
    private readonly PairTable _pairs;
    private readonly int[] _products;       // by rank
    private readonly bool _productsDiffer;
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

        _pairs = new PairTable(merges.Count);
        _products = new int[merges.Count];
        for (int rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _products[rank] = vocabulary.IdOf(Product(left, right, options.Prefix))!.Value;
            _pairs.Set(vocabulary.IdOf(left)!.Value, vocabulary.IdOf(right)!.Value, rank);
        }

        _productsDiffer = _products.Distinct().Count() == _products.Length;
    }

    public override int? UnknownId => _unknownId < 0 ? null : _unknownId;

    /// <summary>What a merge makes; the right side loses its prefix.</summary>
    public static string Product(string left, string right, string prefix) =>
        string.Concat(left, right.AsSpan(right.StartsWith(prefix, StringComparison.Ordinal) ? prefix.Length : 0));

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
        if (_productsDiffer && merge.Count <= ShortPiece)
        {
            MergeShort(merge.Ids.AsSpan(0, merge.Count), merge.Ranks, into);
        }
        else
        {
            MergeLong(merge, into);
        }
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

    private void MergeShort(Span<int> ids, Span<int> ranks, TokenBuffer into)
    {
        for (int i = 0; i + 1 < ids.Length; i++)
        {
            ranks[i] = _pairs.RankOf(ids[i], ids[i + 1]);
        }

        while (ids.Length > 1)
        {
            var pairs = ranks[..(ids.Length - 1)];
            int best = 0;
            for (int i = 1; i < pairs.Length; i++)
            {
                best = pairs[i] < pairs[best] ? i : best;
            }

            if (pairs[best] == int.MaxValue)
            {
                break;
            }

            ids[best] = _products[pairs[best]];
            ids[(best + 2)..].CopyTo(ids[(best + 1)..]);
            pairs[(best + 1)..].CopyTo(pairs[best..]);
            ids = ids[..^1];
            if (best > 0)
            {
                ranks[best - 1] = _pairs.RankOf(ids[best - 1], ids[best]);
            }

            if (best + 1 < ids.Length)
            {
                ranks[best] = _pairs.RankOf(ids[best], ids[best + 1]);
            }
        }

        foreach (int id in ids)
        {
            into.Add(id);
        }
    }

    // A queue entry that went stale still merges what stands there now if that makes the same product: as the original does.
    private void MergeLong(MergeScratch merge, TokenBuffer into)
    {
        const int Merged = -1;
        int count = merge.Count;
        var ids = merge.Ids;
        var next = merge.Next;
        var previous = merge.Previous;
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            Queue(merge, i, i + 1);
        }

        while (merge.TryPop(out int rank, out int position))
        {
            int right = ids[position] == Merged ? count : next[position];
            if (right >= count)
            {
                continue;
            }

            int current = _pairs.RankOf(ids[position], ids[right]);
            if (current == int.MaxValue || _products[current] != _products[rank])
            {
                continue;
            }

            ids[position] = _products[rank];
            ids[right] = Merged;
            next[position] = next[right];
            if (next[right] < count)
            {
                previous[next[right]] = position;
            }

            Queue(merge, previous[position], position);
            Queue(merge, position, next[position]);
        }

        for (int i = 0; i < count; i = next[i])
        {
            into.Add(ids[i]);
        }
    }

    private void Queue(MergeScratch merge, int left, int right)
    {
        if (left >= 0 && right < merge.Count)
        {
            int rank = _pairs.RankOf(merge.Ids[left], merge.Ids[right]);
            if (rank != int.MaxValue)
            {
                merge.Push(rank, left);
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
