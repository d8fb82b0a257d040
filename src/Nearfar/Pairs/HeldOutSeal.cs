using System.Security.Cryptography;
using Nearfar.Text;

namespace Nearfar.Pairs;

/// <summary>
/// Says whether a question is one of a held-out set's, and whether a page is held out by it; nothing else: it holds hashes, no row. Miners ask
/// the seals of gate and dev before they learn from traffic or pick a negative. Immutable and thread-safe.
/// </summary>
public sealed class HeldOutSeal
{
    private readonly HashSet<string> _foldKeys = new(StringComparer.Ordinal);
    private readonly NearDuplicateIndex _near = new();
    private readonly HashSet<string> _heldOut = new(StringComparer.Ordinal);
    private readonly HashSet<string> _beside = new(StringComparer.Ordinal);

    internal HeldOutSeal(IEnumerable<string> questions, IEnumerable<string>? heldOutPages = null, IEnumerable<string>? pagesBeside = null)
    {
        _heldOut.UnionWith((heldOutPages ?? []).Select(ContentHash.IdOf));
        _beside.UnionWith((pagesBeside ?? []).Select(ContentHash.IdOf));
        foreach (string question in questions)
        {
            if (_foldKeys.Add(ContentHash.IdOf(FoldKeys.Of(question))))
            {
                _near.Add(Shingles.Of(question));
            }
        }
    }

    /// <summary>Whether the set holds this question: the same text but for case and white space, or at least .8 of its shingles.</summary>
    /// <param name="query">A question, for example from traffic.</param>
    public bool Contains(string query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _foldKeys.Contains(ContentHash.IdOf(FoldKeys.Of(query))) || _near.Find(Shingles.Of(query)).Count > 0;
    }

    /// <summary>Whether a document is an answer of the set whose cluster no training pair names: it is not trained against either.</summary>
    /// <param name="documentId">Id in the corpus.</param>
    public bool IsHeldOutPage(string documentId)
    {
        ArgumentNullException.ThrowIfNull(documentId);
        return _heldOut.Contains(ContentHash.IdOf(documentId));
    }

    /// <summary>Whether a document belongs to a cluster of such an answer: learning from it as the right page would make a new page a known one.</summary>
    /// <param name="documentId">Id in the corpus.</param>
    public bool IsBesideHeldOutPage(string documentId) => IsHeldOutPage(documentId) || _beside.Contains(ContentHash.IdOf(documentId));

    /// <summary>Identity of the pages that seals keep from being trained against: equal for equal pages.</summary>
    internal static string HashOfPages(IEnumerable<HeldOutSeal> seals)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string page in seals.SelectMany(s => s._heldOut).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            ContentHash.Append(sha, page);
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
