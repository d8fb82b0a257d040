namespace Nearfar.Cli.Reviewing;

/// <summary>The process's own terminal.</summary>
internal sealed class ConsoleReviewTerminal : IReviewTerminal
{
    /// <summary>Whether keys can be read and screens drawn.</summary>
    public static bool IsThere => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    public void Show(string screen)
    {
        Console.Clear();
        Console.Write(screen);
    }

    public char? ReadKey() => Console.ReadKey(intercept: true).KeyChar;
}
