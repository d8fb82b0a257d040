using Parquet;
using Parquet.Schema;

namespace Nearfar.Data.Tests.Formats;

/// <summary>Columns that are written as a Parquet file.</summary>
internal sealed class ParquetTable
{
    private readonly List<Field> _fields = [];
    private readonly List<Func<ParquetRowGroupWriter, Range, Task>> _columns = [];
    private int _rows;

    public ParquetTable Text(string name, params string?[] values)
    {
        var field = new DataField<string>(name);
        return Add(field, values.Length, (group, rows) => group.WriteAsync(field, values[rows]!));
    }

    public ParquetTable Values<T>(string name, params T?[] values)
        where T : struct => Values(new DataField<T?>(name), values);

    public ParquetTable Values<T>(DataField field, params T?[] values)
        where T : struct => Add(field, values.Length, (group, rows) => group.WriteAsync<T>(field, values[rows]));

    public ParquetTable Bytes(string name, params byte[][] values)
    {
        var field = new DataField<byte[]>(name);
        return Add(field, values.Length, (group, rows) => group.WriteAsync(field, values[rows]));
    }

    /// <summary>Lists of texts; a list may be null or empty, and so may its texts.</summary>
    public ParquetTable Lists(string name, params string?[]?[] values)
    {
        var list = new ListField(name, new DataField<string>("element"));
        return Add(list, values.Length, (group, rows) =>
        {
            List<ReadOnlyMemory<char>> texts = [];
            List<int> definitions = [], repetitions = [];
            foreach (string?[]? value in values[rows])
            {
                foreach (var (text, i) in (value is null or [] ? [null] : value).Select((t, i) => (t, i)))
                {
                    definitions.Add(value is null ? 0 : value.Length == 0 ? 1 : text is null ? 2 : 3);
                    repetitions.Add(i == 0 ? 0 : 1);
                    texts.AddRange(text is null ? [] : [text.AsMemory()]);
                }
            }

            return group.WriteAllPartsAsync<ReadOnlyMemory<char>>((DataField)list.Item, texts.ToArray(), definitions.ToArray(), repetitions.ToArray(), default);
        });
    }

    /// <summary>Objects with fields of text.</summary>
    public ParquetTable Structs(string name, string[] fields, params string?[][] values)
    {
        DataField[] inner = [.. fields.Select(f => new DataField<string>(f))];
        return Add(new StructField(name, [.. inner]), values.Length, async (group, rows) =>
        {
            for (int i = 0; i < inner.Length; i++)
            {
                await group.WriteAsync(inner[i], values[rows].Select(v => v[i]).ToArray()!);
            }
        });
    }

    /// <summary>Objects whose fields differ from row to row.</summary>
    public ParquetTable Maps(string name, params (string Key, int Value)[][] values)
    {
        var map = new MapField(name, new DataField<string>("key", false), new DataField<int?>("value"));
        return Add(map, values.Length, async (group, rows) =>
        {
            int[] repetitions = [.. values[rows].SelectMany(v => v.Select((_, i) => i == 0 ? 0 : 1))];
            await group.WriteAsync((DataField)map.Key, values[rows].SelectMany(v => v.Select(p => p.Key)).ToArray(), repetitions);
            await group.WriteAsync<int>((DataField)map.Value, values[rows].SelectMany(v => v.Select(p => (int?)p.Value)).ToArray(), repetitions);
        });
    }

    /// <summary>Lists of documents with scores, as traffic has them.</summary>
    public ParquetTable Retrieved(string name, params (string Id, double? Score)[][] values)
    {
        DataField id = new DataField<string>("id"), score = new DataField<double?>("score");
        return Add(new ListField(name, new StructField("element", id, score)), values.Length, async (group, rows) =>
        {
            int[] repetitions = [.. values[rows].SelectMany(v => v.Select((_, i) => i == 0 ? 0 : 1))];
            await group.WriteAsync(id, values[rows].SelectMany(v => v.Select(d => d.Id)).ToArray(), repetitions);
            await group.WriteAsync<double>(score, values[rows].SelectMany(v => v.Select(d => d.Score)).ToArray(), repetitions);
        });
    }

    public string Write(string path, CompressionMethod compression = CompressionMethod.Snappy, int groupRows = int.MaxValue)
    {
        WriteAsync(path, new ParquetOptions { CompressionMethod = compression }, groupRows).GetAwaiter().GetResult();
        return path;
    }

    private async Task WriteAsync(string path, ParquetOptions options, int groupRows)
    {
        using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(_fields), file, options);
        for (int from = 0; from < _rows; from += Math.Min(groupRows, _rows - from))
        {
            using var group = writer.CreateRowGroup();
            foreach (var column in _columns)
            {
                await column(group, from..(from + Math.Min(groupRows, _rows - from)));
            }
        }
    }

    private ParquetTable Add(Field field, int rows, Func<ParquetRowGroupWriter, Range, Task> write)
    {
        _fields.Add(field);
        _columns.Add(write);
        _rows = rows;
        return this;
    }
}
