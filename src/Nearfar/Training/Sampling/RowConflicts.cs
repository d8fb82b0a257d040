namespace Nearfar.Training.Sampling;

/// <summary>Which rows may not share a batch: those of which one has a mark that the other shuns. Immutable, thread-safe.</summary>
/// <remarks>With equal marks on both sides no mark stands twice in a batch. A row that has the document and shuns all answers of its question keeps every answer of a batch's questions but its own out.</remarks>
internal sealed class RowConflicts
{
    private readonly int[] _hasEnds, _has, _shunEnds, _shuns;

    /// <param name="has">Marks of each row, 0 and above.</param>
    /// <param name="shuns">Marks that each row keeps out of its batch.</param>
    public RowConflicts(IReadOnlyList<int[]> has, IReadOnlyList<int[]> shuns)
    {
        (_hasEnds, _has) = Flatten(has);
        (_shunEnds, _shuns) = Flatten(shuns);
        Rows = has.Count;
        Marks = Math.Max(_has.Length == 0 ? 0 : _has.Max() + 1, _shuns.Length == 0 ? 0 : _shuns.Max() + 1);
    }

    public int Rows { get; }

    public int Marks { get; }

    /// <summary>No mark stands twice.</summary>
    public static RowConflicts Equal(IReadOnlyList<int[]> marks) => new(marks, marks);

    private ReadOnlySpan<int> Has(int row) => _has.AsSpan(row == 0 ? 0 : _hasEnds[row - 1], _hasEnds[row] - (row == 0 ? 0 : _hasEnds[row - 1]));

    private ReadOnlySpan<int> Shuns(int row) => _shuns.AsSpan(row == 0 ? 0 : _shunEnds[row - 1], _shunEnds[row] - (row == 0 ? 0 : _shunEnds[row - 1]));

    private static (int[] Ends, int[] Values) Flatten(IReadOnlyList<int[]> lists)
    {
        int[] ends = new int[lists.Count];
        int total = 0;
        for (int i = 0; i < lists.Count; i++)
        {
            ends[i] = total += lists[i].Length;
        }

        return (ends, [.. lists.SelectMany(l => l)]);
    }

    /// <summary>The marks of batches under way, each batch by a number above 0. Not thread-safe.</summary>
    public sealed class Table(RowConflicts conflicts)
    {
        private readonly int[] _hadIn = new int[conflicts.Marks], _shunnedIn = new int[conflicts.Marks];

        /// <summary>Whether the row fits the batch of this number. Numbers only grow: the table remembers the last batch alone.</summary>
        public bool Admits(int row, int batch)
        {
            foreach (int mark in conflicts.Has(row))
            {
                if (_shunnedIn[mark] == batch)
                {
                    return false;
                }
            }

            foreach (int mark in conflicts.Shuns(row))
            {
                if (_hadIn[mark] == batch)
                {
                    return false;
                }
            }

            return true;
        }

        public void Take(int row, int batch)
        {
            foreach (int mark in conflicts.Has(row))
            {
                _hadIn[mark] = batch;
            }

            foreach (int mark in conflicts.Shuns(row))
            {
                _shunnedIn[mark] = batch;
            }
        }
    }
}
