namespace Nearfar.Data.Formats;

/// <summary>Kinds of value in Thrift's compact protocol, by the numbers that stand for them there.</summary>
internal enum ThriftKind
{
    Truth = 1,
    Byte = 3,
    Int16 = 4,
    Int32 = 5,
    Int64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Struct = 12,
}

/// <summary>The fields of a struct in the compact protocol, as far as Parquet gives them numbers.</summary>
/// <remarks>github.com/apache/parquet-format, parquet.thrift, format 2.12.</remarks>
internal sealed class ThriftShape
{
    private readonly Dictionary<int, (ThriftKind Kind, ThriftKind Element, ThriftShape? Inner)> _fields = [];

    private static readonly ThriftShape s_empty = new();

    private static readonly ThriftShape s_keyValue = new ThriftShape().With(ThriftKind.Binary, 1, 2);

    private static readonly ThriftShape s_statistics = new ThriftShape().With(ThriftKind.Binary, 1, 2, 5, 6).With(ThriftKind.Int64, 3, 4).With(ThriftKind.Truth, 7, 8);

    private static readonly ThriftShape s_time = new ThriftShape().With(ThriftKind.Truth, 1).With(new ThriftShape().With(s_empty, 1, 2, 3), 2);

    private static readonly ThriftShape s_logical = new ThriftShape().With(s_empty, 1, 2, 3, 4, 6, 11, 12, 13, 14, 15)
        .With(new ThriftShape().With(ThriftKind.Int32, 1, 2), 5).With(s_time, 7, 8).With(new ThriftShape().With(ThriftKind.Byte, 1).With(ThriftKind.Truth, 2), 10)
        .With(new ThriftShape().With(ThriftKind.Byte, 1), 16).With(new ThriftShape().With(ThriftKind.Binary, 1).With(ThriftKind.Int32, 2), 17, 18);

    private static readonly ThriftShape s_element = new ThriftShape().With(ThriftKind.Int32, 1, 2, 3, 5, 6, 7, 8, 9).With(ThriftKind.Binary, 4).With(s_logical, 10);

    private static readonly ThriftShape s_columnMetadata = new ThriftShape().With(ThriftKind.Int32, 1, 4, 15).With(ThriftKind.Int64, 5, 6, 7, 9, 10, 11, 14)
        .Many(ThriftKind.Int32, 2).Many(ThriftKind.Binary, 3).Many(s_keyValue, 8).With(s_statistics, 12).Many(new ThriftShape().With(ThriftKind.Int32, 1, 2, 3), 13)
        .With(new ThriftShape().With(ThriftKind.Int64, 1).Many(ThriftKind.Int64, 2, 3), 16)
        .With(new ThriftShape().With(new ThriftShape().With(ThriftKind.Double, 1, 2, 3, 4, 5, 6, 7, 8), 1).Many(ThriftKind.Int32, 2), 17);

    private static readonly ThriftShape s_columnCrypto = new ThriftShape().With(s_empty, 1).With(new ThriftShape().Many(ThriftKind.Binary, 1).With(ThriftKind.Binary, 2), 2);

    private static readonly ThriftShape s_columnChunk = new ThriftShape().With(ThriftKind.Binary, 1, 9).With(ThriftKind.Int64, 2, 4, 6).With(ThriftKind.Int32, 5, 7)
        .With(s_columnMetadata, 3).With(s_columnCrypto, 8);

    private static readonly ThriftShape s_rowGroup = new ThriftShape().Many(s_columnChunk, 1).With(ThriftKind.Int64, 2, 3, 5, 6).With(ThriftKind.Int16, 7)
        .Many(new ThriftShape().With(ThriftKind.Int32, 1).With(ThriftKind.Truth, 2, 3), 4);

    /// <summary>What stands at the end of a file.</summary>
    public static ThriftShape Footer { get; } = new ThriftShape().With(ThriftKind.Int32, 1).Many(s_element, 2).With(ThriftKind.Int64, 3).Many(s_rowGroup, 4).Many(s_keyValue, 5)
        .With(ThriftKind.Binary, 6, 9).Many(new ThriftShape().With(s_empty, 1, 2), 7)
        .With(new ThriftShape().With(new ThriftShape().With(ThriftKind.Binary, 1, 2).With(ThriftKind.Truth, 3), 1, 2), 8);

    /// <summary>What stands before each page.</summary>
    public static ThriftShape PageHeader { get; } = new ThriftShape().With(ThriftKind.Int32, 1, 2, 3, 4)
        .With(new ThriftShape().With(ThriftKind.Int32, 1, 2, 3, 4).With(s_statistics, 5), 5).With(s_empty, 6)
        .With(new ThriftShape().With(ThriftKind.Int32, 1, 2).With(ThriftKind.Truth, 3), 7)
        .With(new ThriftShape().With(ThriftKind.Int32, 1, 2, 3, 4, 5, 6).With(ThriftKind.Truth, 7).With(s_statistics, 8), 8);

    /// <summary>The kind of a field, of its elements where it is a list, and their shape where they are structs; false for a number that has no meaning.</summary>
    public bool TryField(int id, out ThriftKind kind, out ThriftKind element, out ThriftShape? inner)
    {
        bool known = _fields.TryGetValue(id, out var field);
        (kind, element, inner) = field;
        return known;
    }

    private ThriftShape With(ThriftKind kind, params ReadOnlySpan<int> ids) => Add(kind, default, null, ids);

    private ThriftShape With(ThriftShape inner, params ReadOnlySpan<int> ids) => Add(ThriftKind.Struct, default, inner, ids);

    private ThriftShape Many(ThriftKind element, params ReadOnlySpan<int> ids) => Add(ThriftKind.List, element, null, ids);

    private ThriftShape Many(ThriftShape inner, params ReadOnlySpan<int> ids) => Add(ThriftKind.List, ThriftKind.Struct, inner, ids);

    private ThriftShape Add(ThriftKind kind, ThriftKind element, ThriftShape? inner, ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            _fields.Add(id, (kind, element, inner));
        }

        return this;
    }
}
