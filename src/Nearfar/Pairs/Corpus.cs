using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Nearfar.Pairs;

/// <summary>All documents of a workspace, in file order; immutable and safe to share between threads.</summary>
public sealed class Corpus
{
    private readonly Dictionary<string, int> _index;
    private readonly Lazy<string> _hash;

    /// <param name="documents">Unique ids.</param>
    /// <exception cref="ArgumentException">Two documents share an id.</exception>
    public Corpus(IEnumerable<Document> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        Documents = [.. documents];
        _index = new Dictionary<string, int>(Documents.Count, StringComparer.Ordinal);
        for (int i = 0; i < Documents.Count; i++)
        {
            if (!_index.TryAdd(Documents[i].Id, i))
            {
                throw new ArgumentException($"Document id \"{Documents[i].Id}\" stands twice in the corpus; ids must be unique.", nameof(documents));
            }
        }

        _hash = new Lazy<string>(ComputeHash);
    }

    /// <summary>In file order.</summary>
    public IReadOnlyList<Document> Documents { get; }

    /// <summary>Number of documents.</summary>
    public int Count => Documents.Count;

    /// <summary>SHA-256 (64 hex) over ids and contents in ordinal id order; attributes are not part of it.</summary>
    public string Hash => _hash.Value;

    /// <param name="id">A document id.</param>
    /// <exception cref="KeyNotFoundException">No such document.</exception>
    public Document this[string id] => TryGetIndex(id, out int i) ? Documents[i] : throw new KeyNotFoundException($"No document \"{id}\" in the corpus of {Count}.");

    /// <summary>Position of a document in <see cref="Documents"/>.</summary>
    /// <param name="id">A document id.</param>
    /// <param name="index">Its position, when found.</param>
    public bool TryGetIndex(string id, out int index) => _index.TryGetValue(id, out index);

    /// <summary>The document of an id, when there is one.</summary>
    /// <param name="id">A document id.</param>
    /// <param name="document">The document, when found.</param>
    public bool TryGet(string id, [NotNullWhen(true)] out Document? document)
    {
        document = _index.TryGetValue(id, out int i) ? Documents[i] : null;
        return document is not null;
    }

    private string ComputeHash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var document in Documents.OrderBy(d => d.Id, StringComparer.Ordinal))
        {
            ContentHash.Append(sha, document.Id);
            ContentHash.Append(sha, document.Content);
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
