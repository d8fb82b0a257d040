using System.Text.Json;
using CsCheck;
using Nearfar.Tests.Pairs;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public class QuantisationTests
{
    private static readonly EmbeddingSpace Space = new("nf1-0123456789abcdef") { Label = "v7" };

    /// <summary>sin(1.7 (i + 1) + 0.9 (j + 1)), 4 x 16, coded by the reference in float32: dimensions 8 and 10 top out at 254, which float64 does not give.</summary>
    [Fact]
    public void Encode_KnownMatrix_GivesTheReferencesCodes()
    {
        sbyte[][] expected =
        [
            [63, -45, -128, -128, -15, 127, 127, 61, -47, -128, -126, -13, 127, 127, 59, -50],
            [-128, -128, -28, 125, 127, 104, -42, -128, -128, -25, 126, 127, 100, -45, -128, -128],
            [-43, 102, 127, 127, -27, -128, -128, -41, 106, 127, 123, -29, -128, -128, -38, 109],
            [127, 127, -14, -128, -128, -46, 62, 127, 126, -16, -128, -128, -43, 64, 127, 127],
        ];
        byte[][] bits = [[135, 14], [28, 56], [112, 225], [195, 135]];
        var rows = Matrix(4, 16);
        Assert.Equal(expected, Codes(Int8Ranges.Of(rows), rows));
        Assert.Equal(bits, Bits(rows));
    }

    [Fact]
    public void Encode_RangesOfOtherVectors_Clips()
    {
        var ranges = Int8Ranges.Of(Of([1, 20, -3], [4, 5, -60]));
        Assert.Equal([[-128, 42, 127]], Codes(ranges, Of([-1, 15, 1])));
        Assert.Equal([[127]], Codes(Int8Ranges.Of(Of([0], [1])), Of([1e30f])));
    }

    [Fact]
    public void Codes_OfTheConformanceFile_AreEqual()
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_CONFORMANCE");
        Assert.SkipWhen(folder is null, "NEARFAR_CONFORMANCE is not set");
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder!, "losses.json")));
        int seen = 0;
        foreach (var entry in json.RootElement.GetProperty("entries").EnumerateObject().Where(e => e.Name.StartsWith("quant/", StringComparison.Ordinal)))
        {
            seen++;
            var rows = entry.Value.TryGetProperty("matrix", out var matrix) ? Of(Read(matrix)) : Matrix(4, 16);
            var ranges = Int8Ranges.Of(entry.Value.TryGetProperty("calibration", out var calibration) ? Of(Read(calibration)) : rows);
            int[][] actual = entry.Name switch
            {
                "quant/int8" or "quant/calib_int8" => [.. Codes(ranges, rows).Select(r => r.Select(c => (int)c).ToArray())],
                "quant/uint8" => [.. Codes(ranges, rows).Select(r => r.Select(c => c + 128).ToArray())],
                "quant/ubinary" => [.. Bits(rows).Select(r => r.Select(b => (int)b).ToArray())],
                "quant/binary" => [.. Bits(rows).Select(r => r.Select(b => b - 128).ToArray())],
                "quant/binary_unpack_bug" => [Enumerable.Range(0, 16).Select(d => BitCode.IsSet(Bits(rows)[0], d) ? 1 : 0).ToArray()],
                _ => throw new InvalidOperationException($"{entry.Name} is not known here."),
            };
            var expected = entry.Name == "quant/binary_unpack_bug" ? [[.. entry.Value.GetProperty("correct_bits_row0").EnumerateArray().Select(v => v.GetInt32())]]
                : Read(entry.Value.GetProperty("expected")).Select(r => r.Select(v => (int)v).ToArray()).ToArray();
            Assert.Equal(expected, actual);
        }

        Assert.Equal(6, seen);
    }

    [Fact]
    public void Decode_ValuesInRange_AreWithinHalfAStep()
    {
        Gen.Float[-3, 3].Array[5].Array[2, 20].Sample(values =>
        {
            var rows = Of(values);
            var ranges = Int8Ranges.Of(rows);
            sbyte[][] codes = Codes(ranges, rows);
            float[] decoded = new float[5];
            for (int i = 0; i < values.Length; i++)
            {
                ranges.Decode(codes[i], decoded);
                Assert.All(Enumerable.Range(0, 5), d => Assert.InRange(Math.Abs(decoded[d] - values[i][d]), 0, (ranges.Step[d] * 0.51f) + 1e-6f));
            }
        }, iter: 200, threads: 1, seed: "0000KOIKT9c3");
    }

    [Fact]
    public void Decode_DimensionThatNeverChanges_IsItsValue()
    {
        var rows = Of([0.25f, 1], [0.25f, 2]);
        var ranges = Int8Ranges.Of(rows);
        float[] decoded = new float[2];
        ranges.Decode(Codes(ranges, rows)[0], decoded);
        Assert.Equal(0.25f, decoded[0]);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void Of_ValueThatIsNotFinite_IsRefused(float value) => Assert.Throws<NearfarException>(() => Int8Ranges.Of(Of([1, 2], [value, 3])));

    [Fact]
    public void Of_NoRowsOrARangeWiderThanFloat_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Int8Ranges.Of(Rows.Allocate<float>(0, 2)));
        Assert.Throws<NearfarException>(() => Int8Ranges.Of(Of([float.MaxValue], [float.MinValue])));
    }

    [Theory, InlineData(VectorType.Half, 1e-3), InlineData(VectorType.Int8, 5e-3), InlineData(VectorType.Single, 0)]
    public void WriteThenOpen_AnyType_GivesNearlyTheSameValues(VectorType type, double tolerance)
    {
        using var folder = new Folder();
        var rows = Matrix(30, 13);
        rows[7].Clear();
        var file = WriteAndOpen(folder, type, rows);
        using (file)
        {
            float[] read = new float[13];
            for (int i = 0; i < 30; i++)
            {
                file.Read(i, read);
                Assert.All(read.Zip(rows[i].ToArray()), p => Assert.Equal(p.Second, p.First, Math.Max(tolerance, 1e-9)));
            }

            file.Read(7, read);
            Assert.All(read, v => Assert.Equal(0, v));
            Assert.Equal("d29", file.Ids[29]);
            Assert.Equal(type == VectorType.Single, file.Space.Equals(Space));
            Assert.Equal(Space, file.Space.QuerySpace);
            Assert.Equal(file.Space, file.ToSet().Space);
        }
    }

    [Fact]
    public void WriteThenOpen_Binary_GivesUnitSigns()
    {
        using var folder = new Folder();
        var rows = Matrix(9, 11);
        rows[3].Clear();
        using var file = WriteAndOpen(folder, VectorType.Binary, rows);
        Assert.Equal(11, file.Dimensions);
        float[] read = new float[11];
        file.Read(2, read);
        Assert.Equal(rows[2].ToArray().Select(v => v > 0), read.Select(v => v > 0));
        Assert.Equal(1, read.Sum(v => v * v), 1e-6);
        file.Read(3, read);
        Assert.All(read, v => Assert.Equal(0, v));
    }

    /// <summary>A quantisation is a space of its own, and another one for other ranges.</summary>
    [Fact]
    public void Space_OfEachQuantisation_IsItsOwn()
    {
        var ranges = Int8Ranges.Of(Matrix(4, 3));
        string[] ids =
        [
            Space.Id, VectorFile.SpaceOf(Space, VectorType.Half, null).Id, VectorFile.SpaceOf(Space, VectorType.Binary, null).Id,
            VectorFile.SpaceOf(Space, VectorType.Int8, ranges).Id, VectorFile.SpaceOf(Space, VectorType.Int8, Int8Ranges.Of(Matrix(5, 3))).Id,
            VectorFile.SpaceOf(new EmbeddingSpace("nf1-other"), VectorType.Half, null).Id,
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids.Skip(1), id => Assert.Matches("^nf1-[0-9a-f]{16}$", id));
        Assert.StartsWith("nfx-", VectorFile.SpaceOf(new EmbeddingSpace("provider/model"), VectorType.Half, null).Id, StringComparison.Ordinal);
    }

    [Fact]
    public void Writer_LeftBeforeItsEnd_LeavesNothing()
    {
        using var folder = new Folder();
        using (var writer = new VectorFileWriter(folder["v.safetensors"], Space, 3, 2))
        {
            writer.Write(["a"], Matrix(1, 2));
            Assert.Throws<InvalidOperationException>(writer.Complete);
            Assert.Throws<ArgumentException>(() => writer.Write(["b", "c", "d"], Matrix(3, 2)));
            var bad = Matrix(1, 2);
            bad[0][1] = float.NaN;
            Assert.Contains("\"b\"", Assert.Throws<NearfarException>(() => writer.Write(["b"], bad)).Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Throws<ArgumentException>(() => new VectorFileWriter(folder["v.safetensors"], Space, 1, 2, new VectorFileOptions { Type = VectorType.Int8 }));
        Assert.Throws<ArgumentException>(() => new VectorFileWriter(folder["v.safetensors"], Space, 1, 2, new VectorFileOptions { Ranges = Int8Ranges.Of(Matrix(2, 2)) }));
        using var half = new VectorFileWriter(folder["h.safetensors"], Space, 1, 1, new VectorFileOptions { Type = VectorType.Half });
        Assert.Contains("65504", Assert.Throws<NearfarException>(() => half.Write(["a"], Of([70000f]))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"__metadata__":{"space":"s","parent_space":"p","dtype":"I8"},"vectors":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}""", 4, "\"start\"")]
    [InlineData("""{"__metadata__":{"space":"s","parent_space":"p","dtype":"I8"},"vectors":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},"start":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"step":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", 20, "step above 0")]
    [InlineData("""{"__metadata__":{"space":"s","dtype":"F16"},"vectors":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}""", 8, "parent_space")]
    [InlineData("""{"__metadata__":{"space":"s","parent_space":"p","dtype":"F16"},"vectors":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}""", 8, "do not belong together")]
    [InlineData("""{"__metadata__":{"space":"s","dtype":"U8"},"vectors":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}""", 4, "wanted F32, F16, I8")]
    [InlineData("""{"__metadata__":{"space":"s","dtype":"binary","dimensions":"17"},"vectors":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}""", 4, "9 to 16")]
    [InlineData("""{"__metadata__":{"space":"s","parent_space":"p","dtype":"binary","dimensions":"16"},"vectors":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}""", 4, "\"present\"")]
    public void Open_CodesWithoutWhatDecodesThem_IsRefused(string header, int data, string reason)
    {
        using var folder = new Folder();
        folder.Write("v.safetensors", SafeTensorsFileTests.Compose(header, new byte[data]));
        folder.Write("v.ids.jsonl", "\"a\"\n\"b\"\n");
        Assert.Contains(reason, Assert.Throws<NearfarException>(() => VectorFile.Open(folder["v.safetensors"])).Message, StringComparison.Ordinal);
    }

    /// <summary>A mutation fuzzer over whole files of every type: nothing but the product's own error comes out, or values that are finite.</summary>
    [Fact]
    public void Open_DamagedFileOfAnyType_ThrowsNothingButNearfarException()
    {
        using var folder = new Folder();
        foreach (var type in Enum.GetValues<VectorType>())
        {
            WriteAndOpen(folder, type, Matrix(5, 9)).Dispose();
            byte[] good = File.ReadAllBytes(folder["v.safetensors"]);
            VectorFileFuzz.Run(good, File.ReadAllBytes(folder["v.ids.jsonl"]), Number("NEARFAR_FUZZ_ROUNDS", 150), (ulong)Number("NEARFAR_FUZZ_SEED", 7));
        }
    }

    // eng/fuzz-vectors.sh sets them.
    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    private static VectorFile WriteAndOpen(Folder folder, VectorType type, Rows<float> rows)
    {
        var options = new VectorFileOptions { Type = type, Ranges = type == VectorType.Int8 ? Int8Ranges.Of(rows) : null };
        using var writer = new VectorFileWriter(folder["v.safetensors"], Space, rows.Count, rows.Dimensions, options);
        for (int i = 0; i < rows.Count; i++)
        {
            writer.Write([$"d{i}"], rows.Slice(i, 1));
        }

        writer.Complete();
        return VectorFile.Open(folder["v.safetensors"]);
    }

    private static Rows<float> Matrix(int count, int dimensions)
    {
        var rows = Rows.Allocate<float>(count, dimensions);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < dimensions; j++)
            {
                rows[i][j] = (float)Math.Sin((1.7 * (i + 1)) + (0.9 * (j + 1)));
            }
        }

        return rows;
    }

    private static Rows<float> Of(params float[][] rows) => new(rows.SelectMany(r => r).ToArray(), rows.Length, rows[0].Length, rows[0].Length);

    private static float[][] Read(JsonElement rows) => [.. rows.EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.GetSingle()).ToArray())];

    private static sbyte[][] Codes(Int8Ranges ranges, Rows<float> rows) => [.. Enumerable.Range(0, rows.Count).Select(i =>
    {
        sbyte[] codes = new sbyte[rows.Dimensions];
        ranges.Encode(rows[i], codes);
        return codes;
    })];

    private static byte[][] Bits(Rows<float> rows) => [.. Enumerable.Range(0, rows.Count).Select(i =>
    {
        byte[] bits = new byte[BitCode.Length(rows.Dimensions)];
        BitCode.Encode(rows[i], bits);
        return bits;
    })];
}
