using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Nearfar.Pairs;

/// <summary>Several files of pairs as one: ids stay unique, and nothing of a row but its id is changed.</summary>
public sealed class PairMerge
{
    private PairMerge(IReadOnlyList<Pair> pairs, IReadOnlyList<RenamedPair> renamed, int equal) => (Pairs, Renamed, Equal) = (pairs, renamed, equal);

    /// <summary>File by file, in the order of each.</summary>
    public IReadOnlyList<Pair> Pairs { get; }

    /// <summary>Rows whose id another row had already.</summary>
    public IReadOnlyList<RenamedPair> Renamed { get; }

    /// <summary>Rows that stood in an earlier file already, equal in everything, provenance included; they are kept once.</summary>
    public int Equal { get; }

    /// <summary>Merges files.</summary>
    /// <param name="files">The same documents must have the same ids in all of them.</param>
    public static PairMerge Of(IReadOnlyList<RowSet<Pair>> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var merged = new List<Pair>();
        var renamed = new List<RenamedPair>();
        var taken = new Dictionary<string, Pair>(StringComparer.Ordinal);
        int equal = 0;
        foreach (var file in files)
        {
            for (int i = 0; i < file.Rows.Count; i++)
            {
                var row = file.Rows[i];
                if (taken.TryGetValue(row.Id, out var other))
                {
                    if (Bytes(other).AsSpan().SequenceEqual(Bytes(row)))
                    {
                        equal++;
                        continue;
                    }

                    row = row with { Id = Free(row.Id, file.Path, taken) };
                    renamed.Add(new RenamedPair(file.Path, file.Lines[i], file.Rows[i].Id, row.Id));
                }

                taken[row.Id] = row;
                merged.Add(row);
            }
        }

        return new PairMerge(merged, renamed, equal);
    }

    private static string Free(string id, string path, Dictionary<string, Pair> taken)
    {
        string stem = Path.GetFileName(path).Split('.')[0];
        string free = $"{id}-{stem}";
        for (int n = 2; taken.ContainsKey(free); n++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{id}-{stem}-{n}");
        }

        return free;
    }

    private static byte[] Bytes(Pair pair)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        new PairFormat().Write(json, pair);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}

/// <summary>A row that got another id.</summary>
/// <param name="Path">File it stood in.</param>
/// <param name="Line">1-based.</param>
/// <param name="Before">Its id there.</param>
/// <param name="After">Its id now.</param>
public sealed record RenamedPair(string Path, long Line, string Before, string After);
