using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class OutputFilesTests
{
    [Theory]
    [InlineData("a/pairs.jsonl", "a/pairs.dropped.jsonl")]
    [InlineData("pairs.jsonl.gz", "pairs.dropped.jsonl.gz")]
    [InlineData("pairs.jsonl.zst", "pairs.dropped.jsonl.zst")]
    [InlineData("pairs", "pairs.dropped")]
    public void Beside_PackedFile_StaysPacked(string path, string beside) => Assert.Equal(beside, OutputFiles.Beside(path, "dropped"));
}
