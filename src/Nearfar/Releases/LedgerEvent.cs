using System.Text.Json.Serialization;

namespace Nearfar.Releases;

/// <summary>What a line of the ledger records.</summary>
public enum LedgerEvent
{
    /// <summary>The gate was opened for a candidate.</summary>
    [JsonStringEnumMemberName("gate")]
    Gate,

    /// <summary>A model became current.</summary>
    [JsonStringEnumMemberName("promote")]
    Promote,

    /// <summary>An earlier model became current again.</summary>
    [JsonStringEnumMemberName("rollback")]
    Rollback,
}
