namespace Nearfar.Gating;

/// <summary>Words of the gate's enums in files.</summary>
internal static class Names
{
    public static string Of(ReferenceKind kind) => kind switch { ReferenceKind.Current => "current", ReferenceKind.Bm25 => "bm25", ReferenceKind.Untrained => "untrained", _ => "earlier" };

    public static string Of(InconclusiveAction action) => action switch { InconclusiveAction.Stop => "stop", InconclusiveAction.Pass => "pass", _ => "block" };

    public static string Of(FloorTransfer transfer) => transfer == FloorTransfer.Spread ? "spread" : "quantile";

    public static string Of(Verdict verdict) => verdict switch { Verdict.Passed => "passed", Verdict.Blocked => "blocked", _ => "inconclusive" };

    public static string Of(TestOutcome outcome) => outcome switch { TestOutcome.Fine => "fine", TestOutcome.Bad => "bad", _ => "open" };

    /// <summary>The value whose word this is; null when there is none.</summary>
    public static T? Find<T>(string word, Func<T, string> name) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (name(value) == word)
            {
                return value;
            }
        }

        return null;
    }
}
