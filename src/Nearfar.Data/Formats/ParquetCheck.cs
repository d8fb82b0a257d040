using Parquet.Meta;

namespace Nearfar.Data.Formats;

/// <summary>Says that footer and pages of a Parquet file are whole before the library reads them.</summary>
internal static class ParquetCheck
{
    private const int Tail = 8;         // length of the footer and the mark
    private const int FirstHeader = 4096;

    /// <summary>Walks the footer.</summary>
    /// <returns>Where it begins; pages lie before it.</returns>
    /// <exception cref="InvalidDataException">Cut off or damaged.</exception>
    public static long Footer(FileStream file)
    {
        byte[] tail = new byte[Tail];
        if (file.Length < 4 + Tail)
        {
            throw new InvalidDataException("it is cut off");
        }

        ReadAt(file, file.Length - Tail, tail);
        uint length = BitConverter.ToUInt32(tail);
        if (!tail.AsSpan(4).SequenceEqual("PAR1"u8) || length > file.Length - 4 - Tail || length > Array.MaxLength)
        {
            throw new InvalidDataException("it does not end as Parquet does; it is cut off or damaged");
        }

        byte[] footer = new byte[length];
        long begin = file.Length - Tail - length;
        ReadAt(file, begin, footer);
        new ThriftWalk(footer).Struct(ThriftShape.Footer);
        return begin;
    }

    /// <summary>Walks the pages of a column.</summary>
    /// <param name="file">The file.</param>
    /// <param name="column">What the footer says of the column.</param>
    /// <param name="end">Where pages end: the begin of the footer.</param>
    /// <returns>Bytes that they hold unpacked.</returns>
    /// <exception cref="InvalidDataException">They lie outside of the file, are damaged or do not hold the values that the column has.</exception>
    public static long Pages(FileStream file, ColumnMetaData column, long end)
    {
        long at = column.DictionaryPageOffset is > 0 and var dictionary && dictionary < column.DataPageOffset ? dictionary : column.DataPageOffset;
        long values = 0, unpacked = 0;
        Span<long> numbers = stackalloc long[8 * 9];
        while (values < column.NumValues)
        {
            if (at < 4 || at >= end)
            {
                throw new InvalidDataException("a page lies outside of it");
            }

            numbers.Clear();
            at += Header(file, at, end, numbers);
            var (type, size, packed) = ((PageType)numbers[1], numbers[2], numbers[3]);
            long held = type switch { PageType.DATA_PAGE => numbers[(8 * 5) + 1], PageType.DATA_PAGE_V2 => numbers[(8 * 8) + 1], _ => 0 };
            if (size < 0 || packed < 0 || held < 0 || packed > end - at)
            {
                throw new InvalidDataException("a page is cut off or damaged");
            }

            (at, values, unpacked) = (at + packed, values + held, unpacked + size);
        }

        return values == column.NumValues ? unpacked : throw new InvalidDataException("its pages hold more values than it says");
    }

    private static int Header(FileStream file, long at, long end, Span<long> numbers)
    {
        for (long length = FirstHeader; ; length *= 16)
        {
            byte[] bytes = new byte[Math.Min(length, end - at)];
            ReadAt(file, at, bytes);
            try
            {
                var walk = new ThriftWalk(bytes);
                walk.Struct(ThriftShape.PageHeader, numbers);
                return walk.At;
            }
            catch (InvalidDataException) when (bytes.Length < end - at && length < 16 << 20)
            {
                // long statistics: the head goes on behind what was read
            }
        }
    }

    private static void ReadAt(FileStream file, long at, byte[] bytes)
    {
        file.Position = at;
        file.ReadExactly(bytes);
    }
}
