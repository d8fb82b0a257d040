using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Nearfar.Text.Json;
using Nearfar.Text.Unicode;

namespace Nearfar.Text.Normalizers;

/// <summary>The character map of a SentencePiece model: a double-array trie over UTF-8 that points into a list of replacements.</summary>
/// <remarks>
/// Format: github.com/google/sentencepiece, builder of character maps; units as in darts-clone. A grapheme cluster under 6 bytes is looked up whole
/// first, then character by character; what is found for the shortest beginning stands for the whole, as in the original.
/// </remarks>
internal sealed class PrecompiledNormalizer : Normalizer
{
    private const int LongestCluster = 5;       // bytes
    private const int Missing = -1;

    private readonly string _base64;
    private readonly uint[] _units;
    private readonly byte[] _replacements;
    private readonly int[] _ascii = new int[128];

    /// <exception cref="FormatException">Not base64, or not a character map.</exception>
    public PrecompiledNormalizer(string base64)
    {
        byte[] bytes = Convert.FromBase64String(base64);
        int size = bytes.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : -1;
        if (size < 4 || size % 4 != 0 || size > bytes.Length - 4)
        {
            throw new FormatException("the size of the trie does not fit the data");
        }

        _base64 = Convert.ToBase64String(bytes);
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + (i * 4)));
        }

        _replacements = bytes[(4 + size)..];
        if (_replacements.Length > 0 && _replacements[^1] != 0)
        {
            throw new FormatException("the last replacement has no end");
        }

        for (int c = 0; c < 128; c++)
        {
            _ascii[c] = Find([(byte)c]);
        }
    }

    public override void Apply(ReadOnlySpan<char> text, TokenizerScratch scratch, CharBuffer into)
    {
        while (!text.IsEmpty)
        {
            char c = text[0];
            if (c < 128 && (text.Length == 1 || (text[1] < 128 && c != '\r')))
            {
                Append(_ascii[c], text[..1], into);
                text = text[1..];
                continue;
            }

            int length = StringInfo.GetNextTextElementLength(text);
            AppendCluster(text[..length], into);
            text = text[length..];
        }
    }

    private void AppendCluster(ReadOnlySpan<char> cluster, CharBuffer into)
    {
        Span<byte> bytes = stackalloc byte[LongestCluster * 3];
        if (cluster.Length <= LongestCluster)
        {
            int count = System.Text.Encoding.UTF8.GetBytes(cluster, bytes);
            int found = count <= LongestCluster ? Find(bytes[..count]) : Missing;
            if (found != Missing)
            {
                Append(found, cluster, into);
                return;
            }
        }

        while (!cluster.IsEmpty)
        {
            CodePoints.At(cluster, out int length);
            int count = System.Text.Encoding.UTF8.GetBytes(cluster[..length], bytes);
            Append(Find(bytes[..count]), cluster[..length], into);
            cluster = cluster[length..];
        }
    }

    private void Append(int replacement, ReadOnlySpan<char> original, CharBuffer into)
    {
        if (replacement == Missing)
        {
            into.Add(original);
            return;
        }

        var rest = _replacements.AsSpan(replacement);
        while (rest[0] != 0)
        {
            Rune.DecodeFromUtf8(rest, out var rune, out int length);
            into.AddCodePoint(rune.Value);
            rest = rest[length..];
        }
    }

    /// <returns>Where the replacement of the shortest known beginning stands, or <see cref="Missing"/>.</returns>
    private int Find(ReadOnlySpan<byte> key)
    {
        uint at = Offset(_units[0]);
        foreach (byte b in key)
        {
            at ^= b;
            if (b == 0 || at >= _units.Length)
            {
                break;
            }

            uint unit = _units[at];
            if ((unit & 0x800000FF) != b)
            {
                break;
            }

            at ^= Offset(unit);
            if ((unit >> 8 & 1) != 0 && at < _units.Length)
            {
                uint value = _units[at] & 0x7FFFFFFF;
                return value < _replacements.Length ? (int)value : Missing;
            }
        }

        return Missing;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);

    public override void Write(CanonicalJson json)
    {
        json.Member("type", "Precompiled");
        json.Member("precompiled_charsmap", _base64);
    }
}
