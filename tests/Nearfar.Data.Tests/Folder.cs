using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Nearfar.Data.Tests;

/// <summary>A folder of its own for one test, removed behind it.</summary>
internal sealed class Folder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nearfar-");

    public string Path => _folder.FullName;

    public string this[string name] => System.IO.Path.Combine(_folder.FullName, name);

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>One frame with a checksum, as the zstd command writes it.</summary>
    public static byte[] Zstd(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zstd = new CompressionStream(packed))
        {
            zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            zstd.Write(bytes);
        }

        return packed.ToArray();
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
