namespace Nearfar.Data.Formats;

/// <summary>Walks a struct of Thrift's compact protocol and says whether its bytes are one.</summary>
/// <remarks>
/// The library that reads Parquet believes the counts and kinds that it finds: a damaged byte sends it through a list of two thousand million
/// entries without reading one. What was walked here is what its shape says, entry by entry, and as deep.
/// </remarks>
internal ref struct ThriftWalk(ReadOnlySpan<byte> bytes)
{
    private const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes walked.</summary>
    public int At { get; private set; }

    /// <summary>Walks a struct.</summary>
    /// <param name="shape">Its fields; null for one that has no meaning here.</param>
    /// <param name="numbers">Receives whole numbers by field, of inner structs behind 8 times the field's number; may be empty.</param>
    /// <param name="depth">0 outside.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public void Struct(ThriftShape? shape, Span<long> numbers = default, int depth = 0)
    {
        ThrowIf(depth > MaxDepth);
        int id = 0;
        for (byte header = Byte(); header != 0; header = Byte())
        {
            int kind = header & 0x0F;
            id = (short)(header >> 4 == 0 ? Number() : id + (header >> 4));        // 16 bits, as the library has it
            if (shape is null || !shape.TryField(id, out var wanted, out var element, out var inner))
            {
                Value(kind, null, default, depth, isField: true);
                continue;
            }

            ThrowIf(kind != (int)wanted && !(wanted == ThriftKind.Truth && kind == 2));
            long? number = wanted == ThriftKind.List ? List(element, inner, depth) : Value(kind, inner, id > 0 && numbers.Length > 8 * id ? numbers[(8 * id)..] : default, depth, isField: true);
            if (number is { } whole && id >= 0 && id < numbers.Length)
            {
                numbers[id] = whole;
            }
        }
    }

    private static void ThrowIf(bool bad)
    {
        if (bad)
        {
            throw new InvalidDataException("its footer or the head of a page is damaged");
        }
    }

    private long? Value(int kind, ThriftShape? inner, Span<long> numbers, int depth, bool isField)
    {
        switch (kind)
        {
            case 1 or 2:
                Skip(isField ? 0 : 1);
                return null;
            case 3:
                Skip(1);
                return null;
            case 4 or 5 or 6:
                return Number();
            case 7:
                Skip(8);
                return null;
            case 8:
                Skip(Length());
                return null;
            case 9 or 10:
                return List(null, null, depth);
            case 12:
                Struct(inner, numbers, depth + 1);
                return null;
            default:
                ThrowIf(true);      // maps and kinds to come: nothing in Parquet has them
                return null;
        }
    }

    private long? List(ThriftKind? element, ThriftShape? inner, int depth)
    {
        ThrowIf(depth > MaxDepth);
        byte header = Byte();
        int kind = header & 0x0F;
        long count = header >> 4 == 15 ? Length() : header >> 4;
        ThrowIf(count > _bytes.Length - At || (count > 0 && element is { } wanted && kind != (int)wanted) || (element is null && kind is 1 or 2));
        for (long i = 0; i < count; i++)
        {
            Value(kind, inner, default, depth + 1, isField: false);
        }

        return null;
    }

    private byte Byte()
    {
        ThrowIf(At >= _bytes.Length);
        return _bytes[At++];
    }

    private void Skip(long count)
    {
        ThrowIf(count > _bytes.Length - At);
        At += (int)count;
    }

    private long Length() => (long)(Unsigned() is var length && length <= int.MaxValue ? length : ulong.MaxValue >> 1);

    private long Number() => Unsigned() is var n ? (long)(n >> 1) ^ -(long)(n & 1) : 0;

    private ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        ThrowIf(true);
        return 0;
    }
}
