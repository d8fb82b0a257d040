namespace Nearfar.Text.Models;

/// <summary>The best way to each position of one piece.</summary>
internal sealed class UnigramScratch
{
    private double[] _scores = new double[64];
    private int[] _starts = new int[64];
    private int[] _ids = new int[64];

    public Span<double> Scores => _scores;

    /// <summary>Where the last piece of the best way begins; -1 where no way leads.</summary>
    public Span<int> Starts => _starts;

    public Span<int> Ids => _ids;

    public void Reset(int length)
    {
        if (_scores.Length <= length)
        {
            int size = Math.Max(length + 1, _scores.Length * 2);
            _scores = new double[size];
            _starts = new int[size];
            _ids = new int[size];
        }

        _starts.AsSpan(0, length + 1).Fill(-1);
        _scores[0] = 0;
    }
}
