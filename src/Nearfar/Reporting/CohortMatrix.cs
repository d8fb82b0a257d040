using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>What a cell of the matrix says; words and symbols stand beside the colour.</summary>
internal enum CellState
{
    /// <summary>Under 3 questions or 2 documents: a number without evidence.</summary>
    TooFew,

    /// <summary>The interval of the difference holds 0.</summary>
    Still,

    /// <summary>The interval lies on the better side. No test: nothing is adjusted for the number of cells.</summary>
    Better,

    /// <summary>The interval lies on the worse side. No test likewise.</summary>
    Worse,

    /// <summary>On the gate's watch list: it may have fallen.</summary>
    Watch,

    /// <summary>The gate tested it and found it fine.</summary>
    Fine,

    /// <summary>The gate tested it and could not tell.</summary>
    Open,

    /// <summary>The gate blocks for it.</summary>
    Bad,
}

/// <summary>A measure of a cohort. Without reference, or where the reference lacks the measure, only the candidate's summary is there.</summary>
internal sealed record MatrixCell(string Metric, MetricSummary Now, MetricChange? Change, CellState State);

/// <summary>A cohort.</summary>
internal sealed record MatrixRow(string Attribute, string Value, int N, int Clusters, QuestionCounts Counts, IReadOnlyList<MatrixCell?> Cells)
{
    /// <summary>Larger is worth reading first: what the gate decided on, then how far the main measure moved for its size.</summary>
    public double Weight
    {
        get
        {
            double size = Cells is [{ State: not CellState.TooFew, Change: { } change }, ..] ? Math.Abs(change.Difference) * Math.Sqrt(N) : 0;
            int state = Cells.Max(c => c?.State >= CellState.Watch ? (int)c.State : 0);
            return (1000 * state) + size;
        }
    }
}

/// <summary>Cohort by measure: rows grouped by attribute.</summary>
internal sealed record CohortMatrix(IReadOnlyList<string> Metrics, IReadOnlyList<(string Attribute, IReadOnlyList<MatrixRow> Rows)> Groups)
{
    /// <summary>The measure that leads every row.</summary>
    public string Main => Metrics[0];

    public IEnumerable<MatrixRow> Rows => Groups.SelectMany(g => g.Rows);

    /// <summary>Every difference that has an interval.</summary>
    public IEnumerable<MetricChange> Changes => Rows.SelectMany(r => r.Cells).Select(c => c?.Change).OfType<MetricChange>().Where(c => c.Low is not null);
}
