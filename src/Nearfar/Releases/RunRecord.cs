using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nearfar.Releases;

/// <summary><c>run.json</c>: what one training run was made of and what it became. Equal runs write equal bytes.</summary>
public sealed record RunRecord
{
    /// <summary>Schema of this file; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Folder name under <c>runs/</c>.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 over options, data and start: a run with equal inputs is this run.</summary>
    public required string Inputs { get; init; }

    /// <summary>Space id of the trained model.</summary>
    public required string Space { get; init; }

    /// <summary>Space id of the start rows' model; null for random start rows.</summary>
    public string? Parent { get; init; }

    /// <summary>Seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Instruction set; training is bit-equal for one set.</summary>
    public required string InstructionSet { get; init; }

    /// <summary>All options, by name.</summary>
    public required SortedDictionary<string, string> Options { get; init; }

    /// <summary>SHA-256 of what was read: <c>corpus</c>, <c>train</c>, <c>dev</c>, <c>tokenizer</c>.</summary>
    public required SortedDictionary<string, string> Data { get; init; }

    /// <summary>Files of mined pairs that were trained on, oldest first.</summary>
    public IReadOnlyList<MinedFile> Mined { get; init; } = [];

    /// <summary>Pairs trained on.</summary>
    public required int Pairs { get; init; }

    /// <summary>Rows (question, one positive) trained on.</summary>
    public required int Rows { get; init; }

    /// <summary>Ids of pairs left out since the encoder knows no token of a text.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Step that was kept.</summary>
    public required long Step { get; init; }

    /// <summary>Steps in all.</summary>
    public required long Steps { get; init; }

    /// <summary>Held-out metrics of the kept step.</summary>
    public required SortedDictionary<string, double> Metrics { get; init; }

    /// <summary>The recipe that dev preferred; null where there was one only.</summary>
    public string? Recipe { get; init; }

    /// <summary>All recipes that were tried, in that order, the kept one among them; null where there was one only.</summary>
    public IReadOnlyList<RunCandidate>? Candidates { get; init; }

    /// <summary>Reads <c>run.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NearfarException">Missing, broken or of an unknown schema.</exception>
    public static RunRecord Read(string path)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), RunRecordContext.Default.RunRecord) ?? throw new JsonException("null");
            return record.Schema == 1 ? record : throw new NearfarException(path, 0, $"schema {record.Schema}; this version reads 1. Use a newer nearfar.");
        }
        catch (JsonException e)
        {
            throw new NearfarException(path, (e.LineNumber ?? -1) + 1, $"not a run record: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new NearfarException(path, 0, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes <c>run.json</c>, atomically.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => AtomicFile.Write(path, [.. JsonSerializer.SerializeToUtf8Bytes(this, RunRecordContext.Default.RunRecord), (byte)'\n']);
}

/// <summary>A recipe that was tried, and what dev said.</summary>
/// <param name="Name">The recipe.</param>
/// <param name="Options">All its options, by name.</param>
/// <param name="Step">Its best step; 0: the start was best.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Metrics">Held-out metrics of that step.</param>
public sealed record RunCandidate(string Name, SortedDictionary<string, string> Options, long Step, long Steps, SortedDictionary<string, double> Metrics);

/// <summary>A file of mined pairs that a run was trained on.</summary>
/// <param name="File">Path relative to the output folder.</param>
/// <param name="Sha256">Of its bytes.</param>
/// <param name="Pairs">Pairs in it.</param>
/// <param name="Negatives">Hard negatives in it.</param>
public sealed record MinedFile(string File, string Sha256, int Pairs, int Negatives)
{
    /// <summary>Describes a file of mined pairs.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="name">How the record names it.</param>
    /// <param name="pairs">What it holds.</param>
    public static MinedFile Of(string path, string name, IReadOnlyList<Pairs.Pair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return new MinedFile(name, GateOpening.HashOf(path), pairs.Count, pairs.Sum(p => p.HardNegatives.Count));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n",
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordContext : JsonSerializerContext;
