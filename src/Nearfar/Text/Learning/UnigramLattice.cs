using Nearfar.Text.Models;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Learning;

/// <summary>All cuts of one word into pieces: expected counts by the forward-backward algorithm, and the best cut by Viterbi's.</summary>
internal sealed class UnigramLattice
{
    private readonly List<(int Start, int End, int Id)> _edges = [];
    private readonly List<int> _best = [];
    private double[] _forward = new double[64];
    private double[] _backward = new double[64];
    private int[] _from = new int[64];

    /// <summary>Adds to each piece how often it is expected in a word that occurs <paramref name="count"/> times.</summary>
    public void AddExpected(string word, long count, PieceTrie trie, double[] scores, double[] expected)
    {
        Fill(word, trie, excluded: -1);
        _forward.AsSpan(0, word.Length + 1).Fill(double.NegativeInfinity);
        _backward.AsSpan(0, word.Length + 1).Fill(double.NegativeInfinity);
        _forward[0] = _backward[word.Length] = 0;
        foreach (var (start, end, id) in _edges)
        {
            _forward[end] = LogAdd(_forward[end], _forward[start] + scores[id]);
        }

        for (int i = _edges.Count - 1; i >= 0; i--)
        {
            var (start, end, id) = _edges[i];
            _backward[start] = LogAdd(_backward[start], _backward[end] + scores[id]);
        }

        double whole = _forward[word.Length];
        if (double.IsNegativeInfinity(whole))
        {
            return;     // a character found no room in the vocabulary
        }

        foreach (var (start, end, id) in _edges)
        {
            expected[id] += count * Math.Exp(_forward[start] + scores[id] + _backward[end] - whole);
        }
    }

    /// <summary>The most probable cut without one piece; empty when there is none. Valid until the next call.</summary>
    public List<int> Best(string word, PieceTrie trie, double[] scores, int excluded)
    {
        Fill(word, trie, excluded);
        _forward.AsSpan(0, word.Length + 1).Fill(double.NegativeInfinity);
        _forward[0] = 0;
        for (int i = 0; i < _edges.Count; i++)
        {
            var (start, end, id) = _edges[i];
            double score = _forward[start] + scores[id];
            if (score > _forward[end])
            {
                _forward[end] = score;
                _from[end] = i;
            }
        }

        _best.Clear();
        if (!double.IsNegativeInfinity(_forward[word.Length]))
        {
            for (int end = word.Length; end > 0; end = _edges[_from[end]].Start)
            {
                _best.Add(_edges[_from[end]].Id);
            }

            _best.Reverse();
        }

        return _best;
    }

    // Edges in ascending order of their start, so that one pass forward and one backward suffice.
    private void Fill(string word, PieceTrie trie, int excluded)
    {
        if (_forward.Length <= word.Length)
        {
            int size = Math.Max(word.Length + 1, _forward.Length * 2);
            (_forward, _backward, _from) = (new double[size], new double[size], new int[size]);
        }

        _edges.Clear();
        for (int start = 0; start < word.Length;)
        {
            int node = PieceTrie.Root;
            for (int end = start + 1; end <= word.Length; end++)
            {
                node = trie.Step(node, word[end - 1]);
                if (node < 0)
                {
                    break;
                }

                int id = trie.ValueAt(node);
                if (id >= 0 && id != excluded)
                {
                    _edges.Add((start, end, id));
                }
            }

            CodePoints.At(word.AsSpan(start), out int length);
            start += length;
        }
    }

    private static double LogAdd(double a, double b)
    {
        if (double.IsNegativeInfinity(a))
        {
            return b;
        }

        if (double.IsNegativeInfinity(b))
        {
            return a;
        }

        return a > b ? a + Math.Log(1 + Math.Exp(b - a)) : b + Math.Log(1 + Math.Exp(a - b));
    }
}
