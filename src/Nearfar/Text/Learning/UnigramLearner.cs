using Nearfar.Text.Models;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Learning;

/// <summary>Learns a Unigram vocabulary: many candidates, then rounds of expectation maximisation, each of which drops the least useful.</summary>
/// <remarks>
/// Kudo 2018, arXiv:1804.10959, section 3.2; the M step with the digamma function and the measure of use as in SentencePiece's trainer.
/// </remarks>
internal sealed class UnigramLearner(List<CountedPiece> words, IReadOnlyCollection<string> specials, int size, TokenizerTrainerOptions options)
{
    private const int CandidatesPerPiece = 8;
    private const int StepsPerRound = 2;
    private const double KeptPerRound = 0.75;
    private const double LeastExpected = 0.5;

    private readonly UnigramLattice _lattice = new();

    /// <returns>The most probable pieces first, at most the size; the characters of the texts are among them while there is room.</returns>
    public List<(string Piece, double Score)> Learn()
    {
        var characters = CountCharacters();
        var pieces = Candidates(characters);
        while (true)
        {
            for (int step = 0; step < StepsPerRound; step++)
            {
                pieces = Maximise(pieces, characters);
            }

            int target = Math.Max(size, (int)(pieces.Count * KeptPerRound));
            if (pieces.Count <= size || target >= pieces.Count)
            {
                break;
            }

            pieces = Prune(pieces, characters, target);
        }

        return Finish(pieces, characters);
    }

    private Dictionary<string, long> CountCharacters()
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (piece, count) in words)
        {
            for (int i = 0; i < piece.Length;)
            {
                CodePoints.At(piece.AsSpan(i), out int length);
                string character = piece.Substring(i, length);
                counts[character] = counts.GetValueOrDefault(character) + count;
                i += length;
            }
        }

        return counts.OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal).Take(size)
            .ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
    }

    private List<(string Piece, double Score)> Candidates(Dictionary<string, long> characters)
    {
        long most = Math.Max(10_000, (long)size * CandidatesPerPiece);
        var longer = new SubstringCounter(words, options.LongestPiece, options.MinCount).Count()
            .Where(c => !specials.Contains(c.Piece) && c.Piece.EnumerateRunes().All(r => characters.ContainsKey(r.ToString())))
            .OrderByDescending(c => c.Count * (double)c.Length).ThenBy(c => c.Piece, StringComparer.Ordinal)
            .Take((int)Math.Min(most, int.MaxValue)).Select(c => (c.Piece, Weight: c.Count * (double)c.Length));
        var all = characters.Select(c => (Piece: c.Key, Weight: (double)c.Value)).Concat(longer).ToList();
        double logTotal = Math.Log(all.Sum(c => c.Weight));
        return [.. all.Select(c => (c.Piece, Math.Log(c.Weight) - logTotal))];
    }

    private List<(string Piece, double Score)> Maximise(List<(string Piece, double Score)> pieces, Dictionary<string, long> characters)
    {
        var trie = Trie(pieces);
        var scores = pieces.Select(p => p.Score).ToArray();
        var expected = new double[pieces.Count];
        foreach (var (word, count) in words)
        {
            _lattice.AddExpected(word, count, trie, scores, expected);
        }

        var kept = new List<(string Piece, double Expected)>();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (expected[i] >= LeastExpected || characters.ContainsKey(pieces[i].Piece))
            {
                kept.Add((pieces[i].Piece, Math.Max(expected[i], LeastExpected)));
            }
        }

        double logTotal = Digamma(kept.Sum(k => k.Expected));
        return [.. kept.Select(k => (k.Piece, Digamma(k.Expected) - logTotal))];
    }

    // What the texts would lose in likelihood if a piece were spelt by its best other cut.
    private List<(string Piece, double Score)> Prune(List<(string Piece, double Score)> pieces, Dictionary<string, long> characters, int target)
    {
        var trie = Trie(pieces);
        var scores = pieces.Select(p => p.Score).ToArray();
        var uses = new double[pieces.Count];
        foreach (var (word, count) in words)
        {
            foreach (int id in _lattice.Best(word, trie, scores, excluded: -1))
            {
                uses[id] += count;
            }
        }

        double total = uses.Sum();
        var losses = new List<(int Index, double Loss)>();
        var kept = new List<int>();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (characters.ContainsKey(pieces[i].Piece))
            {
                kept.Add(i);
            }
            else if (uses[i] > 0)
            {
                losses.Add((i, Loss(pieces[i].Piece, i, trie, scores, uses, total)));
            }
        }

        kept.AddRange(losses.OrderByDescending(l => l.Loss).ThenBy(l => pieces[l.Index].Piece, StringComparer.Ordinal)
            .Take(Math.Max(0, target - kept.Count)).Select(l => l.Index));
        kept.Sort();
        return [.. kept.Select(i => pieces[i])];
    }

    private double Loss(string piece, int index, PieceTrie trie, double[] scores, double[] uses, double total)
    {
        var other = _lattice.Best(piece, trie, scores, excluded: index);
        if (other.Count == 0)
        {
            return double.PositiveInfinity;
        }

        double share = uses[index] / total;
        double logNow = Math.Log(uses[index] / total);
        double newTotal = Math.Log(total + (uses[index] * (other.Count - 1)));
        double logOther = 0;
        foreach (int id in other)
        {
            logOther += Math.Log(uses[id] + uses[index]) - newTotal;
        }

        return share * (logNow - logOther);
    }

    private List<(string Piece, double Score)> Finish(List<(string Piece, double Score)> pieces, Dictionary<string, long> characters)
    {
        var ordered = pieces.OrderByDescending(p => p.Score).ThenBy(p => p.Piece, StringComparer.Ordinal).ToList();
        int room = size - characters.Count;
        var chosen = ordered.Where(p => !characters.ContainsKey(p.Piece)).Take(room).Select(p => p.Piece).ToHashSet(StringComparer.Ordinal);
        return [.. ordered.Where(p => chosen.Contains(p.Piece) || characters.ContainsKey(p.Piece))];
    }

    private static PieceTrie Trie(List<(string Piece, double Score)> pieces) =>
        new(pieces.Select((p, i) => KeyValuePair.Create(p.Piece, i)));

    /// <summary>The derivative of ln Γ, by recurrence and the asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18).</summary>
    private static double Digamma(double x)
    {
        double below = 0;
        for (; x < 7; x++)
        {
            below -= 1 / x;
        }

        x -= 0.5;
        double square = 1 / (x * x);
        return below + Math.Log(x) + (square * ((1 / 24.0) - (square * ((7 / 960.0) - (square * ((31 / 8064.0) - (square * (127 / 30720.0))))))));
    }
}
