using Nearfar.Pairs;

namespace Nearfar.Mining.Reviewing;

/// <summary>Decisions of a review, by question and document. Immutable, thread-safe.</summary>
public sealed class ReviewDecisions
{
    private readonly Dictionary<(string FoldKey, string DocumentId), ReviewRow> _byPlace = [];

    private ReviewDecisions() { }

    /// <summary>No decision.</summary>
    public static ReviewDecisions None { get; } = new();

    /// <summary>Decisions that hold.</summary>
    public int Count => _byPlace.Count;

    /// <summary>Decisions on a page that has changed or gone since: they do not hold, and the page is listed anew.</summary>
    public int Stale { get; private init; }

    /// <summary>Promoted rows, in file order.</summary>
    internal IReadOnlyList<ReviewRow> Promoted { get; private init; } = [];

    /// <summary>Takes the decided rows of a file.</summary>
    /// <param name="rows">Rows; undecided ones say nothing.</param>
    /// <param name="corpus">The texts as they are now.</param>
    /// <exception cref="NearfarException">Two rows decide differently on one question and document.</exception>
    public static ReviewDecisions Of(IReadOnlyList<ReviewRow> rows, Corpus corpus)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(corpus);
        ReviewRow[] decided = [.. rows.Where(r => r.Decision is not null)];
        ReviewRow[] holding = [.. decided.Where(r => corpus.TryGet(r.DocumentId, out var page) && ContentHash.IdOf(page.Content) == r.TextHash)];
        var decisions = new ReviewDecisions { Stale = decided.Length - holding.Length, Promoted = [.. holding.Where(r => r.Decision == ReviewDecision.Promote)] };
        foreach (var row in holding)
        {
            if (!decisions._byPlace.TryAdd((row.FoldKey, row.DocumentId), row) && decisions._byPlace[(row.FoldKey, row.DocumentId)].Decision != row.Decision)
            {
                throw new NearfarException($"The review decides twice, and differently, on document \"{row.DocumentId}\" for \"{row.Query}\". Keep one.");
            }
        }

        return decisions;
    }

    /// <summary>The row that decides on a document for a question; null when none does.</summary>
    internal ReviewRow? Find(string foldKey, string documentId) => _byPlace.GetValueOrDefault((foldKey, documentId));

    /// <summary>Documents that a reviewer accepted as negatives of a question.</summary>
    internal IEnumerable<string> AcceptedFor(string foldKey) => _byPlace.Where(d => d.Key.FoldKey == foldKey && d.Value.Decision == ReviewDecision.Accept).Select(d => d.Key.DocumentId);
}
