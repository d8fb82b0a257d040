namespace Nearfar.Reporting;

/// <summary>A cell's state as a symbol with a word, and as a colour that never stands alone.</summary>
internal static class CellWords
{
    public static string Mark(CellState state) => state switch
    {
        CellState.TooFew => "· too few",
        CellState.Better => "▲ up",
        CellState.Worse => "▼ down",
        CellState.Watch => "◆ watch",
        CellState.Fine => "✓ fine",
        CellState.Open => "? open",
        CellState.Bad => "✕ bad",
        _ => "",
    };

    /// <summary>Class name of the style sheet.</summary>
    public static string Colour(CellState state) => state switch
    {
        CellState.Better or CellState.Fine => "good",
        CellState.Worse or CellState.Bad => "bad",
        CellState.Watch or CellState.Open => "open",
        _ => "soft",
    };
}
