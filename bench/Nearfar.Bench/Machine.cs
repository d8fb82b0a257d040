using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace Nearfar.Bench;

/// <summary>The machine, in the words that stand over a table of results.</summary>
internal static class Machine
{
    public static string Name()
    {
        string model = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown processor"
            : "unknown processor";
        string instructions = Avx512F.IsSupported ? ", AVX-512" : Avx2.IsSupported ? ", AVX2" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{model}{instructions}, {Environment.ProcessorCount} cores, .NET {Environment.Version}");
    }
}
