using Microsoft.Extensions.VectorData;

namespace Nearfar.VectorData.Tests;

internal sealed class Page<TKey>
{
    [VectorStoreKey]
    public TKey Key { get; set; } = default!;

    [VectorStoreData(IsFullTextIndexed = true, StorageName = "text")]
    public string? Text { get; set; }

    [VectorStoreData(IsIndexed = true)]
    public int Number { get; set; }

    [VectorStoreData]
    public short? Small { get; set; }

    [VectorStoreData]
    public bool IsOpen { get; set; }

    [VectorStoreData]
    public string[]? Tags { get; set; }

    [VectorStoreData]
    public List<string>? Words { get; set; }

    [VectorStoreVector(3, DistanceFunction = DistanceFunction.CosineSimilarity)]
    public ReadOnlyMemory<float>? Vector { get; set; }
}
