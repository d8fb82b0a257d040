using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace Nearfar.Data.Formats;

/// <summary>The values of one column of a row group, and where the reader stands in them.</summary>
/// <remarks>Levels as in Dremel (Melnik et al. 2010, VLDB 3): the definition level says how much of the path is there, the repetition level what goes on.</remarks>
internal abstract class ParquetLeaf(DataField field)
{
    private int[] _definitions = [];
    private int[] _repetitions = [];
    private int _at;
    private int _value;

    public DataField Field { get; } = field;

    /// <summary>Values and nulls in the row group.</summary>
    public int Count { get; private set; }

    public bool IsAtEnd => _at == Count;

    /// <summary>How much of the path is there at the place where the reader stands.</summary>
    /// <exception cref="InvalidDataException">Behind the last value.</exception>
    public int Definition => IsAtEnd ? throw new InvalidDataException($"column \"{Field.Path}\" has fewer values than the row group has rows") : Field.MaxDefinitionLevel == 0 ? 0 : _definitions[_at];

    /// <summary>0 where a row begins, and behind the last value.</summary>
    public int Repetition => IsAtEnd || Field.MaxRepetitionLevel == 0 ? 0 : _repetitions[_at];

    /// <summary>The leaf of a column; null for a type that has no counterpart in JSON.</summary>
    public static ParquetLeaf? Of(DataField field) => field switch
    {
        _ when field.ClrType == typeof(ReadOnlyMemory<char>) => new ParquetLeaf<ReadOnlyMemory<char>>(field, static (cell, v) => cell.Json.WriteStringValue(v.Span)),
        _ when field.ClrType == typeof(ReadOnlyMemory<byte>) => new ParquetLeaf<ReadOnlyMemory<byte>>(field, static (cell, v) => cell.WriteUtf8(v.Span)),
        _ when field.ClrType == typeof(bool) => new ParquetLeaf<bool>(field, static (cell, v) => cell.Json.WriteBooleanValue(v)),
        _ when field.ClrType == typeof(sbyte) => new ParquetLeaf<sbyte>(field, static (cell, v) => cell.Json.WriteNumberValue((int)v)),
        _ when field.ClrType == typeof(byte) => new ParquetLeaf<byte>(field, static (cell, v) => cell.Json.WriteNumberValue((int)v)),
        _ when field.ClrType == typeof(short) => new ParquetLeaf<short>(field, static (cell, v) => cell.Json.WriteNumberValue((int)v)),
        _ when field.ClrType == typeof(ushort) => new ParquetLeaf<ushort>(field, static (cell, v) => cell.Json.WriteNumberValue((int)v)),
        _ when field.ClrType == typeof(int) => new ParquetLeaf<int>(field, static (cell, v) => cell.Json.WriteNumberValue(v)),
        _ when field.ClrType == typeof(uint) => new ParquetLeaf<uint>(field, static (cell, v) => cell.Json.WriteNumberValue(v)),
        _ when field.ClrType == typeof(long) && field is not TimeDataField => new ParquetLeaf<long>(field, static (cell, v) => cell.Json.WriteNumberValue(v)),
        _ when field.ClrType == typeof(ulong) => new ParquetLeaf<ulong>(field, static (cell, v) => cell.Json.WriteNumberValue(v)),
        _ when field.ClrType == typeof(float) => new ParquetLeaf<float>(field, static (cell, v) => cell.WriteNumber(v)),
        _ when field.ClrType == typeof(double) => new ParquetLeaf<double>(field, static (cell, v) => cell.WriteNumber(v)),
        _ when field.ClrType == typeof(decimal) => new ParquetLeaf<decimal>(field, static (cell, v) => cell.Json.WriteNumberValue(v)),
        _ when field.ClrType == typeof(Guid) => new ParquetLeaf<Guid>(field, static (cell, v) => cell.Json.WriteStringValue(v)),
        DateTimeDataField { DateTimeFormat: DateTimeFormat.Date } => new ParquetLeaf<DateTime>(field, static (cell, v) => cell.Json.WriteStringValue(v.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))),
        DateTimeDataField => new ParquetLeaf<DateTime>(field, static (cell, v) => cell.Json.WriteStringValue(v.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture) + "Z")),
        _ => null,
    };

    /// <summary>Reads the column of a row group and goes to its begin.</summary>
    public async Task ReadAsync(ParquetRowGroupReader group, int count)
    {
        (Count, _at, _value) = (count, 0, 0);
        var definitions = Levels(ref _definitions, Field.MaxDefinitionLevel > 0);
        var repetitions = Levels(ref _repetitions, Field.MaxRepetitionLevel > 0);
        await ReadValuesAsync(group, definitions, repetitions).ConfigureAwait(false);
    }

    /// <summary>Passes over the value or null where the reader stands.</summary>
    public void Skip()
    {
        _value += Definition == Field.MaxDefinitionLevel ? 1 : 0;
        _at++;
    }

    /// <summary>Writes the value where the reader stands, or null, and goes on.</summary>
    public void Write(ParquetCell cell)
    {
        cell.Column = Field;
        if (Definition == Field.MaxDefinitionLevel)
        {
            WriteValue(cell, _value);
        }
        else
        {
            cell.Json.WriteNullValue();
        }

        Skip();
    }

    /// <summary>The value where the reader stands as the name of a field, for keys of maps; goes on.</summary>
    public string TakeName()
    {
        string name = Name(_value);
        Skip();
        return name;
    }

    protected Memory<T> Room<T>(ref T[] array)
    {
        if (array.Length < Count)
        {
            array = new T[Count];
        }

        return array.AsMemory(0, Count);
    }

    protected abstract ValueTask ReadValuesAsync(ParquetRowGroupReader group, Memory<int>? definitions, Memory<int>? repetitions);

    protected abstract void WriteValue(ParquetCell cell, int index);

    protected abstract string Name(int index);

    // Not a conditional expression: its null would become an empty memory.
    private Memory<int>? Levels(ref int[] array, bool any)
    {
        if (any)
        {
            return Room(ref array);
        }

        return null;
    }
}

/// <param name="field">The column.</param>
/// <param name="write">Writes a value as JSON.</param>
internal sealed class ParquetLeaf<T>(DataField field, Action<ParquetCell, T> write) : ParquetLeaf(field)
    where T : struct
{
    private T[] _values = [];

    protected override ValueTask ReadValuesAsync(ParquetRowGroupReader group, Memory<int>? definitions, Memory<int>? repetitions) =>
        group.ReadRawAsync(Field, Room(ref _values), definitions, repetitions);

    protected override void WriteValue(ParquetCell cell, int index) => write(cell, _values[index]);

    protected override string Name(int index) => _values[index].ToString() ?? "";
}
