namespace Nearfar.Vectors;

/// <summary>Float memory that starts on a cache line, so that no 64-byte load crosses one.</summary>
internal static class AlignedMemory
{
    private const int LineFloats = 16;

    /// <summary>Zeroed memory of <paramref name="length"/> floats; pinned, so that it stays aligned.</summary>
    public static unsafe Memory<float> Allocate(int length)
    {
        float[] array = GC.AllocateArray<float>(checked(length + LineFloats), pinned: true);
        fixed (float* start = array)
        {
            int past = (int)((nuint)start % (LineFloats * sizeof(float)) / sizeof(float));
            return array.AsMemory(past == 0 ? 0 : LineFloats - past, length);
        }
    }

    /// <summary>Keeps <paramref name="memory"/> when it is long enough, else replaces it; the content is not kept.</summary>
    public static Memory<float> AtLeast(ref Memory<float> memory, int length)
    {
        if (memory.Length < length)
        {
            memory = Allocate(length);
        }

        return memory[..length];
    }
}
