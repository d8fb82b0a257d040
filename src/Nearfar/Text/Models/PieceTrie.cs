using System.Runtime.InteropServices;

namespace Nearfar.Text.Models;

/// <summary>The pieces of a vocabulary as a double-array trie over UTF-16 characters; a step costs one look at one cell.</summary>
/// <remarks>Aoe 1989, "An efficient digital search algorithm by using a double-array structure". Immutable once built.</remarks>
internal sealed class PieceTrie
{
    public const int Root = 0;

    private const int TriesBeforeGrowing = 128;     // bounds the build: a dense array costs room, never minutes

    private readonly ushort[] _codes = new ushort[char.MaxValue + 1];    // 0: the character is in no piece
    private readonly int _alphabet;
    private Cell[] _cells = [];

    /// <param name="pieces">Distinct, none empty, with values of at least 0.</param>
    public PieceTrie(IEnumerable<KeyValuePair<string, int>> pieces)
    {
        var sorted = pieces.OrderBy(p => p.Key, StringComparer.Ordinal).ToArray();
        var counts = new int[char.MaxValue + 1];
        foreach (var (piece, _) in sorted)
        {
            foreach (char c in piece)
            {
                counts[c]++;
            }
        }

        // Frequent characters get low codes, so that most nodes' children lie close together.
        var used = Enumerable.Range(0, counts.Length).Where(c => counts[c] > 0).OrderByDescending(c => counts[c]).ThenBy(c => c).ToArray();
        for (int i = 0; i < used.Length; i++)
        {
            _codes[used[i]] = checked((ushort)(i + 1));
        }

        _alphabet = used.Length + 1;
        new Builder(this, sorted).Build();
    }

    /// <summary>The code of a character for <see cref="Step(int, int)"/>; 0 when no piece has it.</summary>
    public ushort CodeOf(char c) => _codes[c];

    /// <summary>The node behind a character, or -1.</summary>
    public int Step(int node, char c) => Step(node, _codes[c]);

    /// <summary>The node behind a character's code, or -1.</summary>
    public int Step(int node, int code)
    {
        int next = _cells[node].Base + code;
        return _cells[next].Parent == node ? next : -1;
    }

    /// <summary>The value of the piece that ends at a node, or -1.</summary>
    public int ValueAt(int node) => _cells[node].Value;

    /// <summary>The node behind a text, or -1.</summary>
    public int Walk(int node, ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length && node >= 0; i++)
        {
            node = Step(node, text[i]);
        }

        return node;
    }

    /// <summary>The value of a whole piece, or -1.</summary>
    public int Find(ReadOnlySpan<char> piece)
    {
        int node = Walk(Root, piece);
        return node < 0 ? -1 : _cells[node].Value;
    }

    /// <summary>The longest piece that begins a text: its value and length, or -1 and 0.</summary>
    public int FindLongest(int node, ReadOnlySpan<char> text, out int length)
    {
        int value = -1;
        length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            node = Step(node, _codes[text[i]]);
            if (node < 0)
            {
                break;
            }

            if (_cells[node].Value >= 0)
            {
                value = _cells[node].Value;
                length = i + 1;
            }
        }

        return value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Cell
    {
        public int Base;
        public int Parent;
        public int Value;
    }

    private sealed class Builder(PieceTrie trie, KeyValuePair<string, int>[] pieces)
    {
        // Free cells form a ring through cell 0, which is the root and never free.
        private int[] _next = [0];
        private int[] _previous = [0];

        public void Build()
        {
            Grow(1024);
            trie._cells[Root].Parent = -2;
            trie._cells[Root].Value = -1;
            var pending = new Stack<(int Node, int From, int To, int Depth)>();
            pending.Push((Root, 0, pieces.Length, 0));
            var children = new List<(int Code, int From, int To)>();
            while (pending.TryPop(out var work))
            {
                int from = work.From;
                if (from < work.To && pieces[from].Key.Length == work.Depth)
                {
                    trie._cells[work.Node].Value = pieces[from++].Value;
                }

                children.Clear();
                while (from < work.To)
                {
                    char c = pieces[from].Key[work.Depth];
                    int to = from + 1;
                    while (to < work.To && pieces[to].Key[work.Depth] == c)
                    {
                        to++;
                    }

                    children.Add((trie._codes[c], from, to));
                    from = to;
                }

                Place(work.Node, work.Depth, children, pending);
            }

            // Every base plus every code stays inside the array, so Step needs no test.
            int longest = trie._cells.Max(c => c.Base) + trie._alphabet;
            int before = trie._cells.Length;
            Array.Resize(ref trie._cells, Math.Max(before, longest));
            trie._cells.AsSpan(before).Fill(new Cell { Parent = -1, Value = -1 });
        }

        private void Place(int node, int depth, List<(int Code, int From, int To)> children, Stack<(int, int, int, int)> pending)
        {
            if (children.Count == 0)
            {
                return;
            }

            children.Sort((a, b) => a.Code.CompareTo(b.Code));
            int start = FindBase(children);
            trie._cells[node].Base = start;
            foreach (var (code, from, to) in children)
            {
                Take(start + code);
                trie._cells[start + code].Parent = node;
                pending.Push((start + code, from, to, depth + 1));
            }
        }

        private int FindBase(List<(int Code, int From, int To)> children)
        {
            int first = children[0].Code;
            int last = children[^1].Code;
            int tries = 0;
            for (int cell = _next[0]; cell != 0 && tries < TriesBeforeGrowing; cell = _next[cell])
            {
                int start = cell - first;
                if (start < 0)
                {
                    continue;
                }

                tries++;
                if (start + last >= trie._cells.Length)
                {
                    Grow(start + last + 1);
                }

                bool free = true;
                for (int i = 1; i < children.Count && free; i++)
                {
                    free = trie._cells[start + children[i].Code].Parent == -1;
                }

                if (free)
                {
                    return start;
                }
            }

            int end = trie._cells.Length;
            Grow(end + last + 1);
            return end;
        }

        private void Take(int cell)
        {
            _next[_previous[cell]] = _next[cell];
            _previous[_next[cell]] = _previous[cell];
        }

        private void Grow(int atLeast)
        {
            int before = trie._cells.Length;
            int size = Math.Max(atLeast, checked(before * 2));
            Array.Resize(ref trie._cells, size);
            Array.Resize(ref _next, size);
            Array.Resize(ref _previous, size);
            for (int i = Math.Max(before, 1); i < size; i++)
            {
                trie._cells[i] = new Cell { Parent = -1, Value = -1 };
                int last = _previous[0];
                _next[last] = i;
                _previous[i] = last;
                _next[i] = 0;
                _previous[0] = i;
            }
        }
    }
}
