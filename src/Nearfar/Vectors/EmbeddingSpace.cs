using System.Security.Cryptography;

namespace Nearfar.Vectors;

/// <summary>Identity of a vector space. Vectors of two spaces are never compared.</summary>
/// <remarks>
/// <c>nf1-</c> + 16 hex for encoders whose weights we hold, <c>nfx-</c> + 16 hex for encoders behind an API; any other string is a
/// foreign label and matches as a string.
/// </remarks>
public sealed record EmbeddingSpace
{
    /// <param name="id">Never blank.</param>
    /// <exception cref="ArgumentException">Blank.</exception>
    public EmbeddingSpace(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        Id = id;
    }

    /// <summary>The identity.</summary>
    public string Id { get; }

    /// <summary>A name for people, such as the model's; not part of the identity.</summary>
    public string? Label { get; init; }

    /// <summary>The float32 space whose quantisation this is; null for a space that an encoder makes. Not part of the identity, which follows from it.</summary>
    public EmbeddingSpace? Parent { get; init; }

    /// <summary>The space that queries must be of: the parent of a quantised space (float queries against its decoded vectors), else the space itself.</summary>
    public EmbeddingSpace QuerySpace => Parent ?? this;

    /// <summary>The space of these vectors after quantisation: other values, so another identity.</summary>
    /// <param name="quantisation">Its name and whatever decodes its codes, such as <c>int8;</c> and the ranges.</param>
    internal EmbeddingSpace Quantised(ReadOnlySpan<byte> quantisation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Id));
        hash.AppendData([0]);
        hash.AppendData(quantisation);
        string kind = Id.StartsWith("nf1-", StringComparison.Ordinal) ? "nf1-" : "nfx-";
        return new EmbeddingSpace(kind + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8))) { Label = Label, Parent = QuerySpace };
    }

    /// <inheritdoc />
    public bool Equals(EmbeddingSpace? other) => other is not null && string.Equals(Id, other.Id, StringComparison.Ordinal);

    /// <inheritdoc />
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Id);

    /// <inheritdoc />
    public override string ToString() => Label is null ? Id : $"{Id} ({Label})";

    /// <summary>Refuses two spaces that differ.</summary>
    /// <param name="wanted">The space that is asked for.</param>
    /// <param name="found">The space that came.</param>
    /// <param name="what">What holds <paramref name="found"/>, for the message.</param>
    /// <param name="remedy">The command or step that mends it.</param>
    /// <exception cref="NearfarException">They differ; the message names both.</exception>
    public static void ThrowUnlessSame(EmbeddingSpace wanted, EmbeddingSpace found, string what, string remedy)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(found);
        if (!wanted.Equals(found))
        {
            throw new NearfarException($"{what} holds vectors of space {found}; wanted is space {wanted}. {remedy}");
        }
    }
}
