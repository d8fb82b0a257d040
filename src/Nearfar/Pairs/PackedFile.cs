namespace Nearfar.Pairs;

/// <summary>Opens a plain or gzip file as a stream of its content. Other packings are refused by name.</summary>
internal static class PackedFile
{
    /// <remarks>Reading throws <see cref="InvalidDataException"/> where the gzip stream is damaged, cut off or expands like a bomb.</remarks>
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
            if (magic.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            {
                return new GuardedGzip(file, reading.MaxExpansion);
            }

            return Refusal(magic) is { } refused ? throw new NearfarException(path, 0, refused) : file;
        }
        catch       // whatever it was goes on to the caller; nobody else could close the file
        {
            file.Dispose();
            throw;
        }
    }

    private static string? Refusal(ReadOnlySpan<byte> magic) => magic switch
    {
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "is compressed with zstd, which is not read. Decompress it with zstd -d, or compress it with gzip.",
        [0xFD, 0x37, 0x7A, 0x58, 0x5A, ..] => "is compressed with xz, which is not read. Decompress it with xz -d, or compress it with gzip.",
        [0x42, 0x5A, 0x68, ..] => "is compressed with bzip2, which is not read. Decompress it with bzip2 -d, or compress it with gzip.",
        [0x50, 0x4B, 0x03, 0x04, ..] => "is a zip archive, which is not read. Unpack it and name the file inside.",
        [0x50, 0x41, 0x52, 0x31, ..] => "is a Parquet file, which is not read. Write it as JSONL or CSV.",
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "is written in UTF-16; UTF-8 is wanted. Convert it with iconv -f UTF-16 -t UTF-8.",
        _ => null,
    };
}
