using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Nearfar.Pairs;

/// <summary>Opens a plain, gzip or zstd file as a stream of its content, and packs what is written. Other packings are refused by name.</summary>
internal static class PackedFile
{
    /// <remarks>Reading throws <see cref="InvalidDataException"/> where a compressed stream is damaged, cut off or expands like a bomb.</remarks>
    public static Stream Open(string path, RowReading reading)
    {
        if (!File.Exists(path))
        {
            throw new NearfarException(path, 0, Directory.Exists(path) ? "is a folder; a file is wanted here." : "no such file. Check the path in nearfar.yaml or on the command line.");
        }

        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10);
        try
        {
            Span<byte> magic = stackalloc byte[6];
            magic = magic[..file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false)];
            file.Position = 0;
            return magic switch
            {
                [0x1F, 0x8B, ..] => new GuardedGzip(file, reading.MaxExpansion),
                [0x28, 0xB5, 0x2F, 0xFD, ..] => new GuardedZstd(file, reading.MaxExpansion),
                [>= 0x50 and <= 0x5F, 0x2A, 0x4D, 0x18, ..] => new GuardedZstd(file, reading.MaxExpansion),     // a skippable frame, with which pzstd begins
                _ => Refusal(magic) is { } refused ? throw new NearfarException(path, 0, refused) : file,
            };
        }
        catch       // whatever it was goes on to the caller; nobody else could close the file
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What packs a file of this name, <c>.gz</c> or <c>.zst</c>; null for any other. Disposing it ends the packing, not the file.</summary>
    public static Stream? Packed(string path, Stream file)
    {
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            return new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true);
        }

        if (!path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var zstd = new CompressionStream(file);
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);      // without it a damaged byte may read as another text
        return zstd;
    }

    private static string? Refusal(ReadOnlySpan<byte> magic) => magic switch
    {
        [0xFD, 0x37, 0x7A, 0x58, 0x5A, ..] => "is compressed with xz, which is not read. Decompress it with xz -d, or compress it with gzip or zstd.",
        [0x42, 0x5A, 0x68, ..] => "is compressed with bzip2, which is not read. Decompress it with bzip2 -d, or compress it with gzip or zstd.",
        [0x50, 0x4B, 0x03, 0x04, ..] => "is a zip archive, which is not read. Unpack it and name the file inside.",
        [0x50, 0x41, 0x52, 0x31, ..] => "is a Parquet file, which is not read here. Name it under data in nearfar.yaml, or write it as JSONL.",
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "is written in UTF-16; UTF-8 is wanted. Convert it with iconv -f UTF-16 -t UTF-8.",
        _ => null,
    };
}
