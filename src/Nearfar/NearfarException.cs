namespace Nearfar;

/// <summary>Bad data or a failed step: the message says what was wanted, what came and what to do.</summary>
/// <remarks>A caller's slip is an <see cref="ArgumentException"/> instead; cancellation passes through untouched.</remarks>
public sealed class NearfarException : Exception
{
    /// <summary>An error without a message; prefer the other constructors.</summary>
    public NearfarException() { }

    /// <param name="message">What was wanted, what came, what to do.</param>
    public NearfarException(string message) : base(message) { }

    /// <param name="message">What was wanted, what came, what to do.</param>
    /// <param name="innerException">The cause.</param>
    public NearfarException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>An error at a place in a file; the message is prefixed with <c>path:line:</c>.</summary>
    /// <param name="path">The file as the user named it.</param>
    /// <param name="line">1-based; 0 when the whole file is meant.</param>
    /// <param name="message">What was wanted, what came, what to do.</param>
    /// <param name="innerException">The cause, if any.</param>
    public NearfarException(string path, long line, string message, Exception? innerException = null)
        : base(line > 0 ? $"{path}:{line}: {message}" : $"{path}: {message}", innerException)
    {
        Path = path;
        Line = line;
    }

    /// <summary>The file, when the error has one.</summary>
    public string? Path { get; }

    /// <summary>1-based line, or 0.</summary>
    public long Line { get; }
}
