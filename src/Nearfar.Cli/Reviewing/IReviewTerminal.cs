namespace Nearfar.Cli.Reviewing;

/// <summary>Where a review is shown, and whence its keys come.</summary>
internal interface IReviewTerminal
{
    /// <summary>Replaces what is shown.</summary>
    void Show(string screen);

    /// <summary>The next key; null when there is none any more.</summary>
    char? ReadKey();
}
