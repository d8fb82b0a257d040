using System.Runtime.InteropServices;

namespace Nearfar.Evaluation.Slices;

/// <summary>All conjunctions of conditions on different attributes that enough questions meet, level by level.</summary>
/// <remarks>A level splits each slice of the one before by every later attribute in one counting pass over its members: cost follows what is kept.</remarks>
internal sealed class SliceLattice
{
    // Sums of one block of resamples then take 64 MB a thread.
    private const int MostNodes = 500_000;
    private readonly SliceAttribute[] _attributes;
    private readonly int[] _offsets;
    private readonly int _least;
    private readonly List<int> _members = [];
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<Items, int> _byItems = [];

    /// <param name="attributes">What is combined.</param>
    /// <param name="questions">How many there are.</param>
    /// <param name="least">Questions of a slice.</param>
    /// <param name="depth">Conditions of a slice, 1 to 3.</param>
    /// <exception cref="NearfarException">More slices than can be tested.</exception>
    public SliceLattice(IReadOnlyList<SliceAttribute> attributes, int questions, int least, int depth)
    {
        _attributes = [.. attributes];
        _least = least;
        _offsets = new int[_attributes.Length + 1];
        for (int a = 0; a < _attributes.Length; a++)
        {
            _offsets[a + 1] = _offsets[a] + _attributes[a].Values.Length;
        }

        Questions = questions;
        var counts = new int[_attributes.Select(a => a.Values.Length).DefaultIfEmpty().Max()];
        int[] all = [.. Enumerable.Range(0, questions)];
        for (int a = 0; a < _attributes.Length; a++)
        {
            Split(all, Items.None, a, counts);
        }

        for (int level = 2, from = 0; level <= depth; level++)
        {
            for (int to = _nodes.Count; from < to; from++)
            {
                int[] members = Members(from).ToArray();
                for (int a = AttributeOf(_nodes[from].Items.Last) + 1; a < _attributes.Length; a++)
                {
                    Split(members, _nodes[from].Items, a, counts);
                }
            }
        }
    }

    public int Questions { get; }

    public int Count => _nodes.Count;

    /// <summary>Ascending.</summary>
    public ReadOnlySpan<int> Members(int node) => CollectionsMarshal.AsSpan(_members).Slice(_nodes[node].Start, _nodes[node].Count);

    /// <summary>Slices with one condition less; none when all questions are the parent.</summary>
    public IEnumerable<int> Parents(int node) => _nodes[node].Items.Parents().Select(p => _byItems[p]);

    /// <summary>A slice that holds the same questions as one with a condition less says nothing new.</summary>
    public bool IsRedundant(int node) => Parents(node).Any(p => _nodes[p].Count == _nodes[node].Count);

    public SliceCondition[] Conditions(int node) =>
        [.. _nodes[node].Items.All().Select(i => (Attribute: AttributeOf(i), Item: i)).Select(i => new SliceCondition(_attributes[i.Attribute].Name, _attributes[i.Attribute].Values[i.Item - _offsets[i.Attribute]])).OrderBy(c => c.Attribute, StringComparer.Ordinal)];

    /// <summary>Equal for slices of the same attributes.</summary>
    public (int First, int Second, int Third) FamilyOf(int node)
    {
        var items = _nodes[node].Items;
        return (AttributeOf(items.First), AttributeOf(items.Second), AttributeOf(items.Third));
    }

    private int AttributeOf(int item)
    {
        int place = Array.BinarySearch(_offsets, item);
        // Attributes without values share an offset with the next: the last of them owns the item.
        while (place >= 0 && place + 1 < _offsets.Length && _offsets[place + 1] == item)
        {
            place++;
        }

        return place >= 0 ? place : ~place - 1;
    }

    private void Split(ReadOnlySpan<int> members, Items items, int attribute, int[] counts)
    {
        var by = _attributes[attribute];
        var met = new List<int>();
        foreach (int question in members)
        {
            foreach (int code in by[question])
            {
                if (counts[code]++ == 0)
                {
                    met.Add(code);
                }
            }
        }

        int end = _members.Count;
        foreach (int code in met)
        {
            bool kept = counts[code] >= _least;
            if (kept)
            {
                var own = items.With(_offsets[attribute] + code);
                _byItems.Add(own, _nodes.Count);
                _nodes.Add(new(own, end, counts[code]));
                end += counts[code];
            }

            counts[code] = kept ? end - counts[code] : -1;      // now: where its next member goes
        }

        if (_nodes.Count > MostNodes)
        {
            throw new NearfarException($"More than {MostNodes} slices have {_least} questions. Combine fewer attributes, less deeply, or ask for larger slices.");
        }

        CollectionsMarshal.SetCount(_members, end);
        var into = CollectionsMarshal.AsSpan(_members);
        foreach (int question in members)
        {
            foreach (int code in by[question])
            {
                if (counts[code] >= 0)
                {
                    into[counts[code]++] = question;
                }
            }
        }

        foreach (int code in met)
        {
            counts[code] = 0;
        }
    }

    /// <summary>Up to three conditions, each a number over all attributes, ascending; -1: none.</summary>
    private readonly record struct Items(int First, int Second, int Third)
    {
        public static readonly Items None = new(-1, -1, -1);

        public int Last => Third >= 0 ? Third : Second >= 0 ? Second : First;

        public Items With(int item) => First < 0 ? this with { First = item } : Second < 0 ? this with { Second = item } : this with { Third = item };

        public int[] All() => [.. new[] { First, Second, Third }.Where(i => i >= 0)];

        public IEnumerable<Items> Parents() => Third >= 0
            ? [new(First, Second, -1), new(First, Third, -1), new(Second, Third, -1)]
            : Second >= 0 ? [new(First, -1, -1), new(Second, -1, -1)] : [];
    }

    private readonly record struct Node(Items Items, int Start, int Count);
}
