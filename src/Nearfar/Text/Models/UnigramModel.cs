using System.Text;
using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Models;

/// <summary>The most probable cut of a piece: Viterbi over the log probabilities of the vocabulary.</summary>
/// <remarks>Kudo 2018, arXiv:1804.10959, section 3.2. An unknown character costs 10 more than the rarest piece; neighbouring ones give one unknown.</remarks>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly double[] _scores;
    private readonly int _unknownId;
    private readonly double _unknownScore;
    private readonly bool _byteFallback;
    private readonly int[] _byteIds;
    private readonly PieceTrie _trie;

    /// <summary>The vocabulary has no holes; the scores are the log probabilities of its ids.</summary>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int unknownId, bool byteFallback)
        : base(vocabulary)
    {
        _scores = scores;
        _unknownId = unknownId;
        _unknownScore = scores.Min() - UnknownPenalty;
        _byteFallback = byteFallback;
        _byteIds = byteFallback ? ByteFallback.IdsOf(vocabulary) : ByteFallback.None;
        _trie = vocabulary.Trie;
    }

    public override int? UnknownId => _unknownId;

    public override void Encode(ReadOnlySpan<char> piece, TokenizerScratch scratch, TokenBuffer into)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        if (piece.Length > PieceCache.LongestPiece)
        {
            EncodeNew(piece, scratch.Unigram, into);
            return;
        }

        if (!scratch.Cache.TryGet(this, piece, into, out int slot))
        {
            int before = into.Count;
            EncodeNew(piece, scratch.Unigram, into);
            scratch.Cache.Store(slot, piece, into.Ids[before..]);
        }
    }

    private void EncodeNew(ReadOnlySpan<char> piece, UnigramScratch scratch, TokenBuffer into)
    {
        scratch.Reset(piece.Length);
        FindBest(piece, scratch.Scores, scratch.Starts, scratch.Ids);
        var starts = scratch.Starts;
        var ids = scratch.Ids;

        // Turn the chain of starts round, so that it reads from the left: starts[a] becomes the end of the piece that begins at a.
        for (int end = piece.Length, behind = -1; end >= 0;)
        {
            int start = end == 0 ? -1 : starts[end];
            starts[end] = behind;
            behind = end;
            end = start;
        }

        for (int start = 0; start < piece.Length;)
        {
            int end = starts[start];
            if (ids[end] != _unknownId)
            {
                into.Add(ids[end]);
            }
            else
            {
                while (end < piece.Length && ids[starts[end]] == _unknownId)
                {
                    end = starts[end];
                }

                AddUnknown(piece[start..end], into);
            }

            start = end;
        }
    }

    private void FindBest(ReadOnlySpan<char> piece, Span<double> scores, Span<int> starts, Span<int> ids)
    {
        for (int start = 0; start < piece.Length;)
        {
            CodePoints.At(piece[start..], out int width);
            double here = scores[start];
            bool single = false;
            int node = PieceTrie.Root;
            for (int end = start + 1; end <= piece.Length; end++)
            {
                node = _trie.Step(node, piece[end - 1]);
                if (node < 0)
                {
                    break;
                }

                int id = _trie.ValueAt(node);
                if (id < 0)
                {
                    continue;
                }

                single |= end - start == width;
                double score = here + _scores[id];
                if (starts[end] < 0 || score > scores[end])
                {
                    (scores[end], starts[end], ids[end]) = (score, start, id);
                }
            }

            int next = start + width;
            if (!single && (starts[next] < 0 || here + _unknownScore > scores[next]))
            {
                (scores[next], starts[next], ids[next]) = (here + _unknownScore, start, _unknownId);
            }

            start = next;
        }
    }

    // Unknown characters together may spell a piece, when scores are such that it lost to them; then it counts.
    private void AddUnknown(ReadOnlySpan<char> text, TokenBuffer into)
    {
        int id = _trie.Find(text);
        if (id >= 0)
        {
            into.Add(id);
        }
        else if (_byteFallback && ByteFallback.AllKnown(_byteIds, text))
        {
            Span<byte> bytes = stackalloc byte[4];
            foreach (var rune in text.EnumerateRunes())
            {
                foreach (byte b in bytes[..rune.EncodeToUtf8(bytes)])
                {
                    into.Add(_byteIds[b]);
                }
            }
        }
        else
        {
            into.Add(_unknownId);
        }
    }

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Unigram");
        json.Member("unk_id", _unknownId);
        json.StartArray("vocab");
        foreach (var (token, id) in Vocabulary.InOrder)
        {
            json.StartArray();
            json.Value(token);
            json.Value(_scores[id]);
            json.EndArray();
        }

        json.EndArray();
        json.Member("byte_fallback", _byteFallback);
    }
}
