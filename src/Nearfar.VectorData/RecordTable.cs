namespace Nearfar.VectorData;

/// <summary>Records by key; a key keeps the place at which it came first, until it is deleted.</summary>
internal sealed class RecordTable
{
    private readonly Dictionary<object, (StoredRecord Record, long Place)> _records = [];
    private long _next;

    public int Count => _records.Count;

    /// <summary>In no order.</summary>
    public IEnumerable<StoredRecord> All => _records.Values.Select(v => v.Record);

    public StoredRecord? Get(object key) => _records.TryGetValue(key, out var found) ? found.Record : null;

    public void Put(StoredRecord record) => _records[record.Key] = (record, _records.TryGetValue(record.Key, out var old) ? old.Place : _next++);

    public void Remove(object key) => _records.Remove(key);

    /// <summary>Those that pass, by place.</summary>
    public StoredRecord[] InOrder(Func<StoredRecord, bool> passes) => [.. _records.Values.Where(v => passes(v.Record)).OrderBy(v => v.Place).Select(v => v.Record)];
}
