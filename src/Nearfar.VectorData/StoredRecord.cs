using System.Globalization;

namespace Nearfar.VectorData;

/// <summary>A record as it is kept; never changed, replaced by an upsert.</summary>
/// <param name="Key">string, Guid, int or long.</param>
/// <param name="Data">By data column; null for no value.</param>
/// <param name="Vectors">By vector column, as they came; null for no vector.</param>
internal sealed record StoredRecord(object Key, object?[] Data, float[]?[] Vectors)
{
    /// <summary>The key as text: id in the index and in files.</summary>
    public string Id { get; } = IdOf(Key);

    public static string IdOf(object key) => key is string text ? text : ((IFormattable)key).ToString(null, CultureInfo.InvariantCulture);

    public bool Equals(StoredRecord? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
