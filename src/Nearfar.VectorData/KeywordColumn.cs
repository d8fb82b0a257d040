using Nearfar.Pairs;
using Nearfar.Search;

namespace Nearfar.VectorData;

/// <summary>BM25 over one text property of the records as they were at one version.</summary>
internal sealed class KeywordColumn
{
    private readonly StoredRecord[] _records;
    private readonly Bm25Index _index;

    public KeywordColumn(long version, int ordinal, IEnumerable<StoredRecord> records)
    {
        Version = version;
        _records = [.. records.Where(r => !string.IsNullOrWhiteSpace((string?)r.Data[ordinal]))];
        _index = new Bm25Index(new Corpus(_records.Select(r => new Document { Id = r.Id, Text = (string)r.Data[ordinal]! })));
    }

    public long Version { get; }

    /// <summary>The best records that have a word of the keywords and pass, best first.</summary>
    public async ValueTask<IReadOnlyList<StoredRecord>> RankAsync(IEnumerable<string> keywords, int k, Func<StoredRecord, bool>? passes, CancellationToken cancellationToken)
    {
        if (_records.Length == 0)
        {
            return [];
        }

        // All are ranked when some may not pass: a cut before the filter would lose answers.
        int depth = passes is null ? Math.Min(k, _records.Length) : _records.Length;
        var hits = await _index.RankAsync([string.Join(' ', keywords)], depth, cancellationToken).ConfigureAwait(false);
        return [.. hits[0].Select(h => _records[h.Document]).Where(r => passes is null || passes(r)).Take(k)];
    }
}
