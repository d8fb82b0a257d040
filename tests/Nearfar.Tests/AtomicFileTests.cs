using Nearfar.Tests.Training;
using Xunit;

namespace Nearfar.Tests;

public class AtomicFileTests
{
    [Fact]
    public void Write_AWriterThatThrows_LeavesTheOldBytesAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a.json"];
        AtomicFile.Write(path, "old");
        Assert.Equal("half way", Assert.Throws<NearfarException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new NearfarException("half way");
        })).Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Write_OntoAFolder_SaysSoAndLeavesNothingBeside()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["taken"]);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder["taken"], "new"));
        Assert.Equal([folder["taken"]], Directory.GetFileSystemEntries(folder.Path));
    }
}
