using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nearfar.Pairs;

/// <summary>
/// Documents that belong together: connected components over equal <c>group</c>, <c>replaces</c>, near-duplicate text (five-word shingles,
/// Jaccard at least .8; five characters in scripts without spaces) and being positives of one query. Immutable and thread-safe.
/// </summary>
public sealed class DocumentClusters
{
    private readonly Corpus _corpus;
    private readonly string[] _cluster;
    private readonly uint[][] _shingles;
    private readonly int[] _sameText;

    private DocumentClusters(Corpus corpus, string[] cluster, uint[][] shingles, int[] sameText)
    {
        _corpus = corpus;
        _cluster = cluster;
        _shingles = shingles;
        _sameText = sameText;
    }

    /// <summary>Clusters a corpus.</summary>
    /// <param name="corpus">All documents.</param>
    /// <param name="pairs">Rows of all sets: positives of one question (equal fold key) belong together. Ids that the corpus lacks are passed over.</param>
    public static DocumentClusters Of(Corpus corpus, IEnumerable<Pair> pairs)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(pairs);
        var union = new UnionFind(corpus.Count);
        var shingles = NearDuplicateJoin.ShinglesOf(corpus.Count, i => corpus.Documents[i].Text);
        JoinDeclared(corpus, union);
        int[] sameText = SameText(shingles, union);
        JoinPositives(corpus, pairs, union);
        return new DocumentClusters(corpus, Name(corpus, union), shingles, sameText);
    }

    /// <summary>The smallest document id of the cluster, by ordinal order.</summary>
    /// <param name="documentId">A document of the corpus.</param>
    /// <exception cref="KeyNotFoundException">No such document.</exception>
    public string ClusterOf(string documentId) => _cluster[IndexOf(documentId)];

    /// <summary>A number in [0, 1) that stays when data grow: the hash of the cluster's smallest id.</summary>
    /// <param name="documentId">A document of the corpus.</param>
    /// <exception cref="KeyNotFoundException">No such document.</exception>
    public double FoldOf(string documentId) => FractionOf(ClusterOf(documentId));

    /// <summary>Whether two documents share at least .8 of their shingles.</summary>
    /// <param name="first">A document of the corpus.</param>
    /// <param name="second">Another.</param>
    /// <exception cref="KeyNotFoundException">No such document.</exception>
    public bool AreNearDuplicates(string first, string second) =>
        Shingles.AreNear(_shingles[IndexOf(first)], _shingles[IndexOf(second)]);

    /// <summary>Of each document, in corpus order, the first that it is joined to by near-duplicate texts alone; itself when there is none.</summary>
    internal IReadOnlyList<int> FirstOfText => _sameText;

    /// <summary>A text as a number in [0, 1): 53 bits of its SHA-256.</summary>
    internal static double FractionOf(string text) =>
        (BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))) >> 11) * (1.0 / (1UL << 53));

    private int IndexOf(string id) => _corpus.TryGetIndex(id, out int i) ? i : throw new KeyNotFoundException($"No document \"{id}\" in the corpus of {_corpus.Count}.");

    private static void JoinDeclared(Corpus corpus, UnionFind union)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < corpus.Count; i++)
        {
            var attributes = corpus.Documents[i].Attributes;
            if (attributes.TryGetValue("group", out string? group) && !first.TryAdd("group:" + group, i))
            {
                union.Union(first["group:" + group], i);
            }

            if (!attributes.TryGetValue("replaces", out string? replaced))
            {
                continue;
            }

            // Two successors of a document that was deleted still belong together.
            if (corpus.TryGetIndex(replaced, out int old) || !first.TryAdd("replaced:" + replaced, i))
            {
                union.Union(corpus.TryGetIndex(replaced, out old) ? old : first["replaced:" + replaced], i);
            }
        }
    }

    private static int[] SameText(uint[][] shingles, UnionFind union)
    {
        var near = new UnionFind(shingles.Length);
        NearDuplicateJoin.Join(shingles, near);
        int[] first = new int[shingles.Length];
        for (int i = 0; i < first.Length; i++)
        {
            first[i] = near.Find(i);
            union.Union(i, first[i]);
        }

        return first;
    }

    private static void JoinPositives(Corpus corpus, IEnumerable<Pair> pairs, UnionFind union)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            string key = pair.FoldKey;
            foreach (string id in pair.PositiveIds)
            {
                if (corpus.TryGetIndex(id, out int i) && !first.TryAdd(key, i))
                {
                    union.Union(first[key], i);
                }
            }
        }
    }

    private static string[] Name(Corpus corpus, UnionFind union)
    {
        var smallest = new string[corpus.Count];
        for (int i = 0; i < corpus.Count; i++)
        {
            int root = union.Find(i);
            string id = corpus.Documents[i].Id;
            smallest[root] = smallest[root] is { } known && string.CompareOrdinal(known, id) < 0 ? known : id;
        }

        return [.. Enumerable.Range(0, corpus.Count).Select(i => smallest[union.Find(i)])];
    }
}
