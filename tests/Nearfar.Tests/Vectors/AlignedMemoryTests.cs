using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Vectors;

public unsafe class AlignedMemoryTests
{
    [Theory, InlineData(0), InlineData(16), InlineData(1001), InlineData(5_000_003)]
    public void Allocate_AnyLength_IsZeroedAndOnACacheLine(int length)
    {
        var memory = AlignedMemory.Allocate(length);
        Assert.Equal(length, memory.Length);
        Assert.False(memory.Span.ContainsAnyExcept(0f));
        memory.Span.Fill(1);
        using var pin = memory.Pin();
        Assert.True(length == 0 || (nuint)pin.Pointer % 64 == 0);
    }

    [Fact]
    public void AtLeast_LongEnough_KeepsTheMemory()
    {
        var memory = AlignedMemory.Allocate(64);
        memory.Span[3] = 5;
        Assert.Equal(5, AlignedMemory.AtLeast(ref memory, 32).Span[3]);
        Assert.Equal(128, AlignedMemory.AtLeast(ref memory, 128).Length);
    }
}
