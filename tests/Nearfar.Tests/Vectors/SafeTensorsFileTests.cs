using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CsCheck;
using Nearfar.Tests.Pairs;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public class SafeTensorsFileTests
{
    [Fact]
    public void WriteMatrix_ThenOpen_GivesTheSameBitsAtAnAlignedPlace()
    {
        using var folder = new Folder();
        float[] values = [1.5f, -0f, float.Epsilon, float.MaxValue, -2.25f, 3f];
        SafeTensorsFile.WriteMatrix(folder["m.safetensors"], "a \"quoted\" name", new Rows<float>(values, 2, 3, 3), [new("space", "nf1-é")]);
        using var file = SafeTensorsFile.Open(folder["m.safetensors"]);
        var tensor = Assert.Single(file.Tensors);
        Assert.Equal(("a \"quoted\" name", "F32", 0L, 24L), (tensor.Name, tensor.Dtype, tensor.Start, tensor.Length));
        Assert.Equal([2, 3], tensor.Shape);
        Assert.Equal("nf1-é", file.Metadata["space"]);
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), file.ReadSingles(tensor).Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(0, (new FileInfo(folder["m.safetensors"]).Length - 24) % 64);
    }

    [Fact]
    public void WriteMatrix_RowsWithAStride_WritesTheCutRowsAlone()
    {
        using var folder = new Folder();
        var rows = new Rows<float>(new float[] { 1, 2, 3, 4, 5, 6 }, 2, 2, 4);
        SafeTensorsFile.WriteMatrix(folder["m.safetensors"], "m", rows, []);
        using var file = SafeTensorsFile.Open(folder["m.safetensors"]);
        Assert.Equal([1, 2, 5, 6], file.ReadSingles(file.Find("m")!));
        Assert.Null(file.Find("n"));
    }

    [Fact]
    public void ReadSingles_EveryNumericType_IsDecodedByValue()
    {
        using var folder = new Folder();
        byte[] data =
        [
            .. Bytes<double>([0.5, -3]), .. Bytes<float>([0.5f, -3]), .. Bytes([(Half)0.5, (Half)(-3)]), 0x00, 0x3F, 0x40, 0xC0, 0xFD, 0x05, 0xFD, 0x05,
            .. Bytes<long>([-3, 5]), .. Bytes([-3, 5]), .. Bytes<short>([-3, 5]),
        ];
        string header = """
            {"f64":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"f32":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},
             "f16":{"dtype":"F16","shape":[2],"data_offsets":[24,28]},"bf16":{"dtype":"BF16","shape":[2],"data_offsets":[28,32]},
             "i8":{"dtype":"I8","shape":[2],"data_offsets":[32,34]},"u8":{"dtype":"U8","shape":[2],"data_offsets":[34,36]},
             "i64":{"dtype":"I64","shape":[2],"data_offsets":[36,52]},"i32":{"dtype":"I32","shape":[2],"data_offsets":[52,60]},
             "i16":{"dtype":"I16","shape":[2],"data_offsets":[60,64]},"none":{"dtype":"F32","shape":[0,7],"data_offsets":[64,64]}}
            """;
        using var file = SafeTensorsFile.Open(folder.Write("t.safetensors", Compose(header, data)));
        foreach (string name in new[] { "f64", "f32", "f16", "bf16" })
        {
            Assert.Equal([0.5f, -3], file.ReadSingles(file.Find(name)!));
        }

        Assert.Equal([-3f, 5], file.ReadSingles(file.Find("i8")!));
        Assert.Equal([253f, 5], file.ReadSingles(file.Find("u8")!));
        Assert.Empty(file.ReadSingles(file.Find("none")!));
        foreach (string name in new[] { "i64", "i32", "i16" })
        {
            Assert.Equal([-3L, 5], file.ReadIntegers(file.Find(name)!));
            Assert.Contains("wanted F32", Assert.Throws<NearfarException>(() => file.ReadSingles(file.Find(name)!)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("wanted I64", Assert.Throws<NearfarException>(() => file.ReadIntegers(file.Find("f32")!)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public void ReadSingles_NotFinite_IsRefusedWithItsPlace(string value)
    {
        using var folder = new Folder();
        float bad = float.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        foreach (var (dtype, bytes) in new[] { ("F32", Bytes([1, bad])), ("F16", Bytes([(Half)1, (Half)bad])), ("F64", Bytes<double>([1, bad])) })
        {
            string path = folder.Write("t.safetensors", Compose($$$"""{"m":{"dtype":"{{{dtype}}}","shape":[2],"data_offsets":[0,{{{bytes.Length}}}]}}""", bytes));
            using var file = SafeTensorsFile.Open(path);
            Assert.Contains("position 1", Assert.Throws<NearfarException>(() => file.ReadSingles(file.Tensors[0])).Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, string, int, string> Malformed => new()
    {
        { "not JSON", "nonsense", 8, "not what the format says" },
        { "a list", "[]", 8, "not what the format says" },
        { "an empty header", "", 0, "not what the format says" },
        { "too deep", """{"m":{"dtype":"F32","shape":[[[[[[[[[2]]]]]]]]],"data_offsets":[0,8]}}""", 8, "not what the format says" },
        { "no type", """{"m":{"shape":[2],"data_offsets":[0,8]}}""", 8, "not what the format says" },
        { "a number as tensor", """{"m":7}""", 8, "not what the format says" },
        { "a fraction in the shape", """{"m":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "not what the format says" },
        { "three offsets", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", 8, "wanted 2" },
        { "one offset", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "wanted 2" },
        { "an offset beyond 64 bits", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}""", 8, "not what the format says" },
        { "metadata that is no text", """{"__metadata__":{"a":1},"m":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "not what the format says" },
        { "a name twice", """{"m":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"m":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "not what the format says" },
        { "an unknown type", """{"m":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown type \"F4\"" },
        { "a gap", """{"m":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"n":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "no gaps, no overlaps" },
        { "a gap in front", """{"m":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "no gaps, no overlaps" },
        { "an overlap", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"n":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "no gaps, no overlaps" },
        { "a shape of other length", """{"m":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "wanted 12 bytes" },
        { "offsets that fall", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "no gaps, no overlaps" },
        { "a negative start", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "no gaps, no overlaps" },
        { "a negative length", """{"m":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "does not fit 64 bits" },
        { "a shape that overflows", """{"m":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "does not fit 64 bits" },
        { "a size that wraps around", """{"m":{"dtype":"I8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]},"n":{"dtype":"I8","shape":[9],"data_offsets":[9223372036854775807,8]}}""", 8, "truncated" },
        { "too little data", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "truncated" },
        { "a foreign tail", """{"m":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "foreign tail" },
        { "data without a tensor", "{}", 1, "foreign tail" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Open_MalformedHeader_IsRefusedWithTheReason(string what, string header, int data, string reason)
    {
        Assert.NotEmpty(what);
        using var folder = new Folder();
        string path = folder.Write("t.safetensors", Compose(header, new byte[data]));
        var error = Assert.Throws<NearfarException>(() => SafeTensorsFile.Open(path));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(path, error.Path);
    }

    [Theory]
    [InlineData(2_147_483_648UL)]
    [InlineData(100_000_001UL)]
    [InlineData(9UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(9_223_372_036_854_775_808UL)]
    public void Open_HeaderLongerThanFileOrLimit_IsRefusedBeforeItIsRead(ulong length)
    {
        using var folder = new Folder();
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        string path = folder.Write("t.safetensors", bytes);
        Assert.Contains($"claims {length} bytes", Assert.Throws<NearfarException>(() => SafeTensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingFolderOrShortFile_IsRefused()
    {
        using var folder = new Folder();
        Assert.Throws<NearfarException>(() => SafeTensorsFile.Open(folder["none.safetensors"]));
        Assert.Throws<NearfarException>(() => SafeTensorsFile.Open(folder.Path));
        Assert.Contains("7 bytes in all", Assert.Throws<NearfarException>(() => SafeTensorsFile.Open(folder.Write("s", new byte[7]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_RandomBytes_ThrowsNothingButNearfarException()
    {
        using var folder = new Folder();
        string path = folder["r.safetensors"];
        Gen.Byte.Array[0, 64].Sample(bytes => Survives(path, bytes), iter: 500, threads: 1);
    }

    [Fact]
    public void Open_DamagedFile_ThrowsNothingButNearfarException()
    {
        using var folder = new Folder();
        string path = folder["d.safetensors"];
        byte[] good = Compose("""{"__metadata__":{"space":"s"},"vectors":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"n":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}}""", new byte[24]);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, length) =>
        {
            byte[] bytes = good[..];
            bytes[at] = value;
            Survives(path, length % 5 == 0 ? bytes[..length] : bytes);
        }, iter: 500, threads: 1);
    }

    private static void Survives(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        File.WriteAllText(Path.ChangeExtension(path, ".ids.jsonl"), "\"a\"\n\"b\"\n");
        try
        {
            using (var file = SafeTensorsFile.Open(path))
            {
                foreach (var tensor in file.Tensors)
                {
                    _ = tensor.Dtype.StartsWith('I') ? file.ReadIntegers(tensor).Length : file.ReadSingles(tensor).Length;
                }
            }

            VectorSet.Load(path);
        }
        catch (NearfarException)
        {
        }
    }

    private static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    internal static byte[] Compose(string header, byte[] data)
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data];
    }
}
