namespace Nearfar.Pairs;

/// <summary>Rows of a file as JSON objects, with the lines they stand on.</summary>
internal abstract class RowSource : IDisposable
{
    /// <summary>1-based line of the row last returned.</summary>
    public long Line { get; protected set; }

    /// <summary>What <see cref="Line"/> counts.</summary>
    public virtual string Unit => "line";

    /// <summary>What was wrong with the row last returned, when it could not be read at all; the row is then empty.</summary>
    public string? Trouble { get; protected set; }

    /// <summary>The next row; false behind the last. The bytes are valid until the next call.</summary>
    public abstract bool Next(out ReadOnlySpan<byte> row);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
