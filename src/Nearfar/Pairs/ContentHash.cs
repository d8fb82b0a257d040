using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nearfar.Pairs;

/// <summary>Ids and hashes made from content.</summary>
public static class ContentHash
{
    /// <summary>The id of a text that has none: <c>h-</c> and 16 hex of SHA-256 of its UTF-8 bytes.</summary>
    /// <param name="text">Any text.</param>
    public static string IdOf(string text) =>
        "h-" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));

    /// <summary>Appends a text with its length in front, so that no two sequences of texts hash alike.</summary>
    internal static void Append(IncrementalHash sha, string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        sha.AppendData(length);
        sha.AppendData(bytes);
    }
}
