using Nearfar.Pairs;

namespace Nearfar.Mining.Rules;

/// <summary>
/// A candidate that shares .8 of its shingles with a right document is no negative, unless the two differ in <c>replaces</c>, version, product or
/// country: those near-duplicates are the negatives we want.
/// </summary>
/// <remarks>Exact similarity, without MinHash in front: one candidate meets a handful of right documents, so there is nothing to sift.</remarks>
internal sealed class NearDuplicateRule(Corpus corpus) : IMiningRule
{
    private const long KeptShingles = 32 << 20;          // 128 MB, then the texts are cut anew
    private readonly Dictionary<int, uint[]> _shingles = [];
    private long _kept;

    public string? Refusal(Candidate candidate, MiningQuestion question)
    {
        foreach (int right in question.Right)
        {
            if (Shingles.AreNear(Of(candidate.Document), Of(right)) && !DocumentVariants.Differ(corpus.Documents[candidate.Document], corpus.Documents[right]))
            {
                return "near-duplicate of a positive";
            }
        }

        return null;
    }

    public double? Likelihood(Candidate candidate, MiningQuestion question) => question.Right.Max(right => Shared(Of(candidate.Document), Of(right)));

    private uint[] Of(int document)
    {
        if (_shingles.TryGetValue(document, out var known))
        {
            return known;
        }

        if (_kept > KeptShingles)
        {
            _shingles.Clear();
            _kept = 0;
        }

        uint[] shingles = Shingles.Of(corpus.Documents[document].Text);
        _kept += shingles.Length;
        return _shingles[document] = shingles;
    }

    // Jaccard; both ascending and distinct.
    private static double Shared(uint[] a, uint[] b)
    {
        int shared = a.Count(s => Array.BinarySearch(b, s) >= 0);
        return (double)shared / (a.Length + b.Length - shared);
    }
}
