using System.IO.Compression;
using CsCheck;
using Nearfar.Pairs;
using Xunit;

namespace Nearfar.Tests.Pairs;

/// <summary>Files that nobody wrote in good faith, or that broke on the way: a clear error with file and line, and bounded memory.</summary>
public sealed class HostileInputTests
{
    [Theory]
    [InlineData("{\"id\":\"a\",\"text\":\"ok\"}\n{\"id\":\"a\",\"text\":\"again\"}", 2, "id \"a\" stands on line 1 already")]
    [InlineData("{\"id\":\"a\",\"text\":\"ok\",\"x\":NaN}", 1, "not valid JSON at byte 27")]
    [InlineData("{\"id\":\"a\",\"text\":\"ok\",\"x\":Infinity}", 1, "not valid JSON")]
    [InlineData("{\"id\":\"a\",\"text\":\"ok\",\"x\":1e999}", 1, "\"x\" is 1e999, which is too large for a number")]
    [InlineData("{\"id\":\"a\",\"text\":\"ok\",\"x\":[1]}", 1, "\"x\" wanted a text, number or truth value, came a list")]
    [InlineData("{\"id\":\"a\",\"text\":\"ok\"} {\"id\":\"b\"}", 1, "not valid JSON")]
    [InlineData("{\"id\":\"a\",\"text\":\"ok\",\"text\":\"two\"}", 1, "\"text\" stands twice in the row")]
    [InlineData("[1]", 1, "wanted a JSON object, came a list")]
    [InlineData("{\"id\":\"a\\nb\",\"text\":\"ok\"}", 1, "\"a\\u000ab\", an id with a control character")]
    [InlineData("{\"id\":\" a\",\"text\":\"ok\"}", 1, "an id with white space around it")]
    [InlineData("{\"id\":\"a\",\"text\":\" \\t \"}", 1, "\"text\" is blank")]
    [InlineData("{\"id\":\"a\",\"text\":null}", 1, "\"text\" wanted a text, came null")]
    [InlineData("{\"id\":\"a\"}", 1, "has no \"text\"")]
    [InlineData("{\"id\":\"a\",\"text\":\"\\ud800\"}", 1, "half of a surrogate pair")]
    [InlineData("{\"id\":{},\"text\":\"ok\"}", 1, "\"id\" wanted a text, came an object")]
    [InlineData("{\"text\":\"ok\"}\n{\"text\":\"ok\"}", 2, "the row equals that on line 1 and has no id")]
    public void Read_BadDocument_IsNamedWithItsLine(string text, long line, string message)
    {
        using var folder = new Folder();
        var error = Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("d.jsonl", text)));
        Assert.Equal((folder["d.jsonl"], line), (error.Path, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NestingOf65_IsRefused()
    {
        using var folder = new Folder();
        string deep = "{\"id\":\"a\",\"text\":\"t\",\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}";
        Assert.Contains("depth", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("d.jsonl", deep))).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Read_MalformedUtf8_IsNamedWithItsLine()
    {
        using var folder = new Folder();
        byte[] bytes = [.. "{\"id\":\"a\",\"text\":\"ok\"}\n{\"id\":\"b\",\"text\":\""u8, 0xC3, 0x28, .. "\"}\n"u8];
        var error = Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("d.jsonl", bytes)));
        Assert.Equal(2, error.Line);
        Assert.Contains("is not UTF-8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BomAndCrlfAndBlankLines_AreTolerated()
    {
        using var folder = new Folder();
        var rows = DocumentFile.Read(folder.Write("d.jsonl", "\uFEFF{\"id\":1,\"text\":\"one\",\"year\":2026,\"open\":true,\"note\":null}\r\n\r\n{\"id\":\"b\",\"text\":\"two\"}"));
        Assert.Equal(["1", "b"], rows.Rows.Select(d => d.Id));
        Assert.Equal([1L, 3L], rows.Lines);
        Assert.Equal(("2026", "true"), (rows.Rows[0].Attributes["year"], rows.Rows[0].Attributes["open"]));
        Assert.False(rows.Rows[0].Attributes.ContainsKey("note"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n  \r\n")]
    [InlineData("\uFEFF")]
    public void Read_NothingInIt_IsAnError(string text)
    {
        using var folder = new Folder();
        var error = Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("d.jsonl", text), new RowReading { SkipInvalid = true }));
        Assert.Contains("is empty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoFileOrAFolder_IsAnError()
    {
        using var folder = new Folder();
        Assert.Contains("no such file", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder["none"])).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LineOf100Megabytes_IsPassedOverWithoutBeingHeld()
    {
        using var folder = new Folder();
        using (var stream = File.Create(folder["d.jsonl"]))
        {
            stream.Write("{\"id\":\"a\",\"text\":\"ok\"}\n{\"id\":\"b\",\"text\":\""u8);
            byte[] block = new byte[1 << 20];
            Array.Fill(block, (byte)'x');
            for (int i = 0; i < 100; i++)
            {
                stream.Write(block);
            }

            stream.Write("\"}\n{\"id\":\"c\",\"text\":\"ok\"}\n"u8);
        }

        DocumentFile.Read(folder["d.jsonl"], new RowReading { SkipInvalid = true, MaxLineBytes = 1 << 20 });
        long before = GC.GetAllocatedBytesForCurrentThread();
        var rows = DocumentFile.Read(folder["d.jsonl"], new RowReading { SkipInvalid = true });
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(["a", "c"], rows.Rows.Select(d => d.Id));
        Assert.Equal((2L, 1L), (rows.Problems[0].Line, rows.Skipped));
        Assert.Contains("longer than 16777216 bytes", rows.Problems[0].Message, StringComparison.Ordinal);
        Assert.True(allocated < 48 << 20, $"allocated {allocated} bytes: twice the limit is the doubling of one buffer, 100 MB would be the line");
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Read_LineOfTheLimit_IsReadAndOneByteMoreIsNot(int length, bool good)
    {
        using var folder = new Folder();
        string row = "{\"text\":\"" + new string('a', length) + "\"}";
        var reading = new RowReading { MaxLineBytes = "{\"text\":\"\"}".Length + 10, SkipInvalid = true };
        Assert.Equal(good ? 1 : 0, DocumentFile.Read(folder.Write("d.jsonl", row + "\r\n"), reading).Rows.Count);
    }

    [Fact]
    public void Read_GzipCutOffAnywhere_IsAnErrorEvenWhenRowsAreSkipped()
    {
        using var folder = new Folder();
        byte[] whole = Folder.Gzip(System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(i => $"{{\"id\":\"{i}\",\"text\":\"text {i * 7919 % 1000}\"}}\n"))));
        Assert.Equal(40, DocumentFile.Read(folder.Write("whole.jsonl.gz", whole)).Rows.Count);
        for (int length = 3; length < whole.Length; length++)
        {
            string cut = folder.Write("cut.jsonl.gz", whole[..length]);
            var error = Assert.Throws<NearfarException>(() => DocumentFile.Read(cut, new RowReading { SkipInvalid = true }));
            Assert.Contains("the gzip stream is damaged or cut off", error.Message, StringComparison.Ordinal);
            Assert.True(error.Line > 0);
        }
    }

    [Fact]
    public void Read_GzipOfAnyLengthAndOfTwoMembers_IsWhole()
    {
        using var folder = new Folder();
        var random = new Random(1); // sizes around the reader's blocks; the numbers themselves do not matter
        foreach (int rows in new[] { 1, 10, 100, 200, 250, 300, 301, 302, 303, 304, 305, 400, 2000, 9000 })
        {
            string text = string.Concat(Enumerable.Range(0, rows).Select(i => $"{{\"id\":\"{i}\",\"text\":\"{random.NextInt64():x}{random.NextInt64():x}\"}}\n"));
            byte[] first = Folder.Gzip(System.Text.Encoding.UTF8.GetBytes(text));
            byte[] second = Folder.Gzip("{\"id\":\"last\",\"text\":\"t\"}\n"u8.ToArray());
            Assert.Equal(rows + 1, DocumentFile.Read(folder.Write("two.gz", [.. first, .. second])).Rows.Count);
            Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("cut.gz", [.. first, .. second[..^9]])));
        }
    }

    [Fact]
    public void Read_GzipBitFlipped_IsAnError()
    {
        using var folder = new Folder();
        byte[] bytes = Folder.Gzip(System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(i => $"{{\"id\":\"{i}\",\"text\":\"text {i * 7919 % 1000}\"}}\n"))));
        bytes[bytes.Length - 6] ^= 4; // in the checksum
        Assert.Contains("damaged or cut off", Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("d.gz", bytes))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_GzipUnderAnotherName_IsKnownByItsFirstBytes()
    {
        using var folder = new Folder();
        Assert.Single(DocumentFile.Read(folder.Write("d.jsonl", Folder.Gzip("{\"text\":\"ok\"}"u8.ToArray()))).Rows);
    }

    [Fact]
    public void Read_GzipBomb_IsStopped()
    {
        using var folder = new Folder();
        using (var gzip = new GZipStream(File.Create(folder["bomb.gz"]), CompressionLevel.SmallestSize))
        {
            byte[] block = new byte[1 << 20];
            Array.Fill(block, (byte)'\n');
            for (int i = 0; i < 200; i++)
            {
                gzip.Write(block);
            }
        }

        var error = Assert.Throws<NearfarException>(() => DocumentFile.Read(folder["bomb.gz"]));
        Assert.Contains("more than 200 times its size", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xFD, 0x37, 0x7A, 0x58, 0x5A, 0 }, "xz -d")]
    [InlineData(new byte[] { 0x50, 0x4B, 3, 4, 0, 0 }, "zip archive")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x7B, 0 }, "iconv -f UTF-16")]
    public void Read_OtherPacking_IsRefusedByNameWithWhatToDo(byte[] bytes, string remedy)
    {
        using var folder = new Folder();
        Assert.Contains(remedy, Assert.Throws<NearfarException>(() => DocumentFile.Read(folder.Write("d.jsonl", bytes))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stream_BadRowBehindGoodOnes_ThrowsAtTheEnd()
    {
        using var folder = new Folder();
        string path = folder.Write("d.jsonl", "{\"text\":\"ok\"}\nbad\n{\"text\":\"fine\"}\n");
        var seen = new List<string>();
        Assert.Throws<NearfarException>(() => seen.AddRange(DocumentFile.Stream(path).Select(d => d.Text)));
        seen.Clear();
        seen.AddRange(DocumentFile.Stream(path, new RowReading { SkipInvalid = true }).Select(d => d.Text));
        Assert.Equal(["ok", "fine"], seen);
    }

    [Fact]
    public void Read_RandomBytes_NeverThrowsAnythingElse()
    {
        using var folder = new Folder();
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                string path = folder.Write("d.jsonl", bytes);
                foreach (Action read in new Action[] { () => DocumentFile.Read(path), () => PairFile.Read(path), () => TrafficFile.Read(path) })
                {
                    try
                    {
                        read();
                    }
                    catch (NearfarException)
                    {
                        // what bad data are told with
                    }
                }
            },
            iter: 300, threads: 1);
    }
}
