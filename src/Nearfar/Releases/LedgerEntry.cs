using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nearfar.Releases;

/// <summary>One line of <c>releases/ledger.jsonl</c>.</summary>
public sealed record LedgerEntry
{
    /// <summary>1, 2, 3 …</summary>
    public required long Sequence { get; init; }

    /// <summary>What happened.</summary>
    public required LedgerEvent Event { get; init; }

    /// <summary>When, by the caller's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Space id of the model.</summary>
    public required string Space { get; init; }

    /// <summary>Run folder name of the model.</summary>
    public required string Run { get; init; }

    /// <summary>Hash of the gate set that was opened.</summary>
    public string? GateSet { get; init; }

    /// <summary>Attempt on that gate set, 1-based.</summary>
    public int? Attempt { get; init; }

    /// <summary><c>passed</c>, <c>blocked</c> or <c>inconclusive</c>.</summary>
    public string? Verdict { get; init; }

    /// <summary>SHA-256 of <c>decision.json</c>.</summary>
    public string? Decision { get; init; }

    /// <summary>Hash of the policy that judged, as it was stated; null in lines of versions that did not record it.</summary>
    public string? Policy { get; init; }

    /// <summary>By whose decision; <c>loop</c> when the loop promoted after a pass.</summary>
    public string? By { get; init; }

    /// <summary>Why, in the actor's words.</summary>
    public string? Reason { get; init; }

    /// <summary>Hash of the line before; 64 zeros for the first.</summary>
    public required string Previous { get; init; }

    /// <summary>SHA-256 of this line without this field.</summary>
    public string? Hash { get; init; }

    /// <summary>What <see cref="Hash"/> ought to be.</summary>
    internal string ComputeHash() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this with { Hash = null }, LedgerContext.Default.LedgerEntry)));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LedgerEntry))]
internal sealed partial class LedgerContext : JsonSerializerContext;
