using System.Runtime.InteropServices;

namespace Nearfar.Vectors;

/// <summary>Float memory that starts on a cache line, so that no 64-byte load crosses one, and asks for large pages where it is long.</summary>
internal static unsafe partial class AlignedMemory
{
    private const int LineFloats = 16;
    private const nuint LargePage = 2 << 20;
    private const int AdviseHugePage = 14;      // MADV_HUGEPAGE of Linux

    /// <summary>Zeroed memory of <paramref name="length"/> floats; pinned, so that it stays aligned.</summary>
    public static Memory<float> Allocate(int length)
    {
        float[] array = GC.AllocateArray<float>(checked(length + LineFloats), pinned: true);
        fixed (float* start = array)
        {
            AskForLargePages(start, (nuint)length * sizeof(float));
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

    // Token rows are read in random order: with pages of 4 KB each read would miss the table of addresses as well as the cache. Only advice:
    // a kernel that does not follow it, or has no such call, changes nothing but the time.
    private static void AskForLargePages(float* start, nuint bytes)
    {
        nuint first = ((nuint)start + LargePage - 1) / LargePage * LargePage;
        nuint end = ((nuint)start + bytes) / LargePage * LargePage;
        if (OperatingSystem.IsLinux() && end > first)
        {
            _ = Advise(first, end - first, AdviseHugePage);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nuint start, nuint bytes, int advice);
}
