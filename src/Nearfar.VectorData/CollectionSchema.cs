using Microsoft.Extensions.VectorData.ProviderServices;

namespace Nearfar.VectorData;

/// <summary>What every record of a collection has. Columns are ordered by storage name, so that any definition of them gives the same places.</summary>
internal sealed record CollectionSchema(DataColumn Key, IReadOnlyList<DataColumn> Data, IReadOnlyList<VectorShape> Vectors)
{
    public static CollectionSchema Of(CollectionModel model) => new(
        new DataColumn(model.KeyProperty.StorageName, DataType.Of(model.KeyProperty.Type)!),
        [.. InOrder(model.DataProperties).Select(p => new DataColumn(p.StorageName, DataType.Of(p.Type)!))],
        [.. InOrder(model.VectorProperties).Select(p => new VectorShape(p.StorageName, p.Dimensions, VectorForm.Of(p)))]);

    public static T[] InOrder<T>(IEnumerable<T> properties) where T : PropertyModel => [.. properties.OrderBy(p => p.StorageName, StringComparer.Ordinal)];

    /// <summary>What differs, or null. The index kind may differ: the one who made the collection chose it.</summary>
    public string? DifferenceFrom(CollectionSchema other)
    {
        string mine = ToString(), theirs = other.ToString();
        return mine == theirs ? null : $"it holds {mine}; the definition wants {theirs}";
    }

    public override string ToString() => string.Join(", ", [
        $"key {Key.Name}: {Key.Type.Name}",
        .. Data.Select(d => $"{d.Name}: {d.Type.Name}"),
        .. Vectors.Select(v => $"{v.Name}: vector of {v.Dimensions} by {v.Form.Distance}"),
    ]);
}

/// <summary>A key or data column.</summary>
internal sealed record DataColumn(string Name, DataType Type);

/// <summary>A vector column.</summary>
internal sealed record VectorShape(string Name, int Dimensions, VectorForm Form);
