using System.Runtime.InteropServices;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Learning;

/// <summary>Joins neighbouring symbols, the best pair first, until the vocabulary is full: BPE and WordPiece.</summary>
/// <remarks>
/// By count: Sennrich et al. 2015, arXiv:1508.07909, algorithm 1. By likelihood: Schuster and Nakajima 2012, "Japanese and Korean voice search": the pair
/// whose joining raises the likelihood of the texts most, n(ab) ln(n(ab) N / (n(a) n(b))). Differs: a pair's gain is looked at anew when the pair
/// comes up or its own count changes, not whenever one of its sides became rarer.
/// </remarks>
internal sealed class MergeLearner
{
    private readonly int _size;
    private readonly string _prefix;
    private readonly int _minCount;
    private readonly bool _byLikelihood;
    private readonly List<string> _tokens;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<(string Left, string Right)> _merges = [];
    private readonly List<long> _symbolCounts = [];
    private readonly List<int[]> _words = [];
    private readonly List<long> _wordCounts = [];
    private readonly Dictionary<ulong, Pair> _pairs = [];
    private readonly PriorityQueue<ulong, (double, ulong)> _queue = new();
    private long _total;

    /// <summary>The first tokens are given; characters follow by code point, the rarest left out where the size does not hold all.</summary>
    public MergeLearner(List<CountedPiece> words, IReadOnlyList<string> first, int size, string prefix, int minCount, bool byLikelihood)
    {
        _size = size;
        _prefix = prefix;
        _minCount = minCount;
        _byLikelihood = byLikelihood;
        _tokens = [.. first];
        for (int id = 0; id < first.Count; id++)
        {
            _ids.Add(first[id], id);
        }

        AddAlphabet(words);
        _symbolCounts.AddRange(new long[_tokens.Count]);
        foreach (var word in words)
        {
            AddWord(word);
        }
    }

    public IReadOnlyList<string> Tokens => _tokens;

    public IReadOnlyList<(string Left, string Right)> Merges => _merges;

    public void Learn()
    {
        foreach (ulong key in _pairs.Keys)
        {
            Enqueue(key);
        }

        while (_tokens.Count < _size && _queue.TryDequeue(out ulong key, out var priority))
        {
            if (!_pairs.TryGetValue(key, out var pair) || pair.Count < _minCount)
            {
                continue;
            }

            double gain = Gain(key, pair);
            if (gain <= 0)
            {
                continue;
            }

            if (gain != -priority.Item1)
            {
                _queue.Enqueue(key, (-gain, key));      // it changed since; its turn comes later or at once
                continue;
            }

            Merge(key, pair);
        }
    }

    private void AddAlphabet(List<CountedPiece> words)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (piece, count) in words)
        {
            foreach (string symbol in Symbols(piece))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, symbol, out _) += count;
            }
        }

        var wanted = counts.Where(p => !_ids.ContainsKey(p.Key)).OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal)
            .Take(_size - _tokens.Count).Select(p => p.Key).Order(StringComparer.Ordinal);
        foreach (string symbol in wanted.ToArray())
        {
            _ids.Add(symbol, _tokens.Count);
            _tokens.Add(symbol);
        }
    }

    private IEnumerable<string> Symbols(string word)
    {
        for (int i = 0; i < word.Length;)
        {
            CodePoints.At(word.AsSpan(i), out int length);
            string symbol = word.Substring(i, length);
            yield return i == 0 ? symbol : _prefix + symbol;
            i += length;
        }
    }

    private void AddWord(CountedPiece word)
    {
        var symbols = new List<int>();
        foreach (string symbol in Symbols(word.Piece))
        {
            if (!_ids.TryGetValue(symbol, out int id))
            {
                return;     // a character that found no room makes the whole word unknown
            }

            symbols.Add(id);
        }

        int index = _words.Count;
        _words.Add([.. symbols]);
        _wordCounts.Add(word.Count);
        foreach (int id in symbols)
        {
            _symbolCounts[id] += word.Count;
        }

        _total += word.Count * symbols.Count;
        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            PairOf(Key(symbols[i], symbols[i + 1])).Add(word.Count, index);
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private Pair PairOf(ulong key)
    {
        ref var pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _);
        return pair ??= new Pair();
    }

    private double Gain(ulong key, Pair pair)
    {
        if (!_byLikelihood)
        {
            return pair.Count;
        }

        double left = _symbolCounts[(int)(key >> 32)];
        double right = _symbolCounts[(int)key];
        return pair.Count * Math.Log(pair.Count * (double)_total / (left * right));
    }

    private void Enqueue(ulong key)
    {
        if (_pairs.TryGetValue(key, out var pair) && pair.Count >= _minCount)
        {
            _queue.Enqueue(key, (-Gain(key, pair), key));
        }
    }

    private void Merge(ulong key, Pair pair)
    {
        int left = (int)(key >> 32);
        int right = (int)key;
        string product = Models.MergeTable.Product(_tokens[left], _tokens[right], _prefix);
        _merges.Add((_tokens[left], _tokens[right]));
        if (!_ids.TryGetValue(product, out int id))
        {
            id = _tokens.Count;
            _ids.Add(product, id);
            _tokens.Add(product);
            _symbolCounts.Add(0);
        }

        var changed = new HashSet<ulong>();
        foreach (int word in pair.Words)
        {
            MergeIn(word, left, right, id, changed);
        }

        _pairs.Remove(key);
        foreach (ulong other in changed)
        {
            Enqueue(other);     // the queue orders by gain and key, so the order of this set does not matter
        }
    }

    private void MergeIn(int word, int left, int right, int product, HashSet<ulong> changed)
    {
        var symbols = _words[word];
        long count = _wordCounts[word];
        int length = 0;
        for (int i = 0; i < symbols.Length; i++, length++)
        {
            bool joins = i + 1 < symbols.Length && symbols[i] == left && symbols[i + 1] == right;
            i += joins ? 1 : 0;
        }

        if (length == symbols.Length)
        {
            return;
        }

        var merged = new int[length];
        for (int i = 0, to = 0; i < symbols.Length; i++, to++)
        {
            bool joins = i + 1 < symbols.Length && symbols[i] == left && symbols[i + 1] == right;
            merged[to] = joins ? product : symbols[i];
            i += joins ? 1 : 0;
        }

        long joined = count * (symbols.Length - length);
        _symbolCounts[left] -= joined;
        _symbolCounts[right] -= joined;
        _symbolCounts[product] += joined;
        _total -= joined;
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            PairOf(Key(symbols[i], symbols[i + 1])).Count -= count;
        }

        for (int i = 0; i + 1 < merged.Length; i++)
        {
            ulong key = Key(merged[i], merged[i + 1]);
            var pair = PairOf(key);
            pair.Count += count;
            if (merged[i] == product || merged[i + 1] == product)
            {
                pair.Words.Add(word);
                changed.Add(key);
            }
        }

        _words[word] = merged;
    }

    private sealed class Pair
    {
        public long Count { get; set; }

        /// <summary>Words that held the pair when it was added; some hold it no more.</summary>
        public List<int> Words { get; } = [];

        public void Add(long count, int word)
        {
            Count += count;
            if (Words.Count == 0 || Words[^1] != word)
            {
                Words.Add(word);
            }
        }
    }
}
