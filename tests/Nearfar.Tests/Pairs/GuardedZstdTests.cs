using System.Buffers.Binary;
using CsCheck;
using Nearfar.Pairs;
using Xunit;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Nearfar.Tests.Pairs;

/// <summary>Rows in zstd are those that were packed, whole or not at all.</summary>
public sealed class GuardedZstdTests
{
    // Made by zstd 1.5.4 (Debian 12): printf '{"id":"a","text":"made by zstd"}\n' | zstd -c
    private static readonly byte[] s_foreign = Convert.FromBase64String("KLUv/QRYCQEAeyJpZCI6ImEiLCJ0ZXh0IjoibWFkZSBieSB6c3RkIn0Kevszig==");

    [Fact]
    public void Read_FileOfTheZstdCommand_IsReadUnderAnyName()
    {
        using var folder = new Folder();
        Assert.Equal("made by zstd", Assert.Single(DocumentFile.Read(folder.Write("d.jsonl", s_foreign)).Rows).Text);
    }

    [Fact]
    public void Write_NameEndsInZst_IsPackedAndReadBack()
    {
        using var folder = new Folder();
        Document[] documents = [.. Enumerable.Range(0, 1000).Select(i => new Document { Id = $"d{i}", Text = $"text {i}" })];
        DocumentFile.Write(folder["a.jsonl.zst"], documents);
        DocumentFile.Write(folder["b.jsonl.zst"], documents);
        DocumentFile.Write(folder["plain.jsonl"], documents);
        byte[] packed = File.ReadAllBytes(folder["a.jsonl.zst"]);
        Assert.Equal(packed, File.ReadAllBytes(folder["b.jsonl.zst"]));
        Assert.True(packed.Length * 4 < new FileInfo(folder["plain.jsonl"]).Length);
        Assert.Equal(documents.Select(d => (d.Id, d.Text)), DocumentFile.Read(folder["a.jsonl.zst"]).Rows.Select(d => (d.Id, d.Text)));
    }

    [Fact]
    public void Read_FramesAndSkippableFrames_AreOneFile()
    {
        using var folder = new Folder();
        byte[] one = Folder.Zstd(Lines(0, 3000)), two = Folder.Zstd(Lines(3000, 1)), none = Folder.Zstd([]);
        byte[] joined = [.. Skippable(7), .. one, .. none, .. Skippable(0), .. two, .. Skippable(300_000)];
        Assert.Equal(3001, DocumentFile.Read(folder.Write("d.zst", joined)).Rows.Count);
        Assert.Contains("is empty", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("none.zst", [.. Skippable(9), .. none]))).Message, StringComparison.Ordinal);
        Assert.Contains("cut off", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("cut.zst", joined[..^1]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CutOffAnywhere_IsAnErrorEvenWhenRowsAreSkipped()
    {
        using var folder = new Folder();
        byte[] whole = Folder.Zstd(Lines(0, 60));
        Assert.Equal(60, DocumentFile.Read(folder.Write("whole.zst", whole)).Rows.Count);
        for (int length = 4; length < whole.Length; length++)
        {
            string cut = folder.Write("cut.zst", whole[..length]);
            var error = Assert.Throws<NearfarException>(() => DocumentFile.Read(cut, new RowReading { SkipInvalid = true }));
            Assert.Contains("the zstd stream is damaged or cut off", error.Message, StringComparison.Ordinal);
            Assert.True(error.Line > 0);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD })]
    [InlineData(new byte[] { 0x0A, 0, 0, 0, 0, 0, 0, 0 })]
    public void Read_BytesBehindTheLastFrame_AreAnError(byte[] behind)
    {
        using var folder = new Folder();
        string path = folder.Write("d.zst", [.. Folder.Zstd(Lines(0, 60)), .. behind]);
        Assert.Contains("other bytes follow it", Assert.Throws<NearfarException>(() => DocumentFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnyBitFlipped_IsAnErrorOrTheSameRows()
    {
        using var folder = new Folder();
        byte[] whole = Folder.Zstd(Lines(0, 60));
        var rows = DocumentFile.Read(folder.Write("whole.zst", whole)).Rows;
        Gen.Int[0, whole.Length - 1].Select(Gen.Int[0, 7]).Sample(
            (at, bit) =>
            {
                byte[] bytes = [.. whole];
                bytes[at] ^= (byte)(1 << bit);
                string path = folder.Write("d.zst", bytes);
                try
                {
                    Assert.Equal(rows.Select(d => d.Text), DocumentFile.Read(path).Rows.Select(d => d.Text));      // bits of the header that say nothing
                }
                catch (NearfarException)
                {
                    // what bad data are told with
                }
            },
            iter: 1000, threads: 1);
    }

    [Fact]
    public void Read_Bomb_IsStopped()
    {
        using var folder = new Folder();
        using (var zstd = new CompressionStream(File.Create(folder["bomb.zst"]), leaveOpen: false))
        {
            byte[] block = new byte[1 << 20];
            Array.Fill(block, (byte)'\n');
            for (int i = 0; i < 200; i++)
            {
                zstd.Write(block);
            }
        }

        var error = Assert.Throws<NearfarException>(() => DocumentFile.Read(folder["bomb.zst"]));
        Assert.Contains("the zstd stream grows to more than 200 times its size", error.Message, StringComparison.Ordinal);
        Assert.Contains("zstd -d", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(27, true)]
    [InlineData(28, false)]
    public void Read_WindowOf128Megabytes_IsReadAndOneTwiceAsLargeIsRefused(int log, bool good)
    {
        using var folder = new Folder();
        using (var zstd = new CompressionStream(File.Create(folder["d.zst"]), leaveOpen: false))
        {
            zstd.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, log);
            zstd.Write(Lines(0, 2));
            zstd.Flush();
            zstd.Write(Lines(2, 2));        // so that the length is not known in the frame's header, and the window stands there
        }

        if (good)
        {
            Assert.Equal(4, DocumentFile.Read(folder["d.zst"]).Rows.Count);
        }
        else
        {
            Assert.Contains("zstd -d --long=31", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder["d.zst"])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_PackedWithADictionary_IsRefusedByName()
    {
        using var folder = new Folder();
        byte[] dictionary = [.. DictBuilder.TrainFromBuffer(Enumerable.Range(0, 2000).Select(i => Lines(i, 3)), 4096)];
        using (var zstd = new CompressionStream(File.Create(folder["d.zst"]), leaveOpen: false))
        {
            zstd.LoadDictionary(dictionary);
            zstd.Write(Lines(0, 10));
        }

        Assert.Contains("-D DICTIONARY", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder["d.zst"])).Message, StringComparison.Ordinal);
    }

    private static byte[] Lines(int first, int count) =>
        System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(first, count).Select(i => $"{{\"id\":\"{i}\",\"text\":\"text {i * 7919 % 1000}\"}}\n")));

    private static byte[] Skippable(int length)
    {
        byte[] frame = new byte[8 + length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, 0x184D2A50);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), length);
        return frame;
    }
}
