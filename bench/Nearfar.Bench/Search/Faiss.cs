using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Nearfar.Vectors;

namespace Nearfar.Bench.Search;

/// <summary>What faiss took for the same vectors and queries.</summary>
internal sealed record PeerResult(double Batch, double Single, string Version, string Blas, int[] Found, string Folder, IReadOnlyList<double> Batches);

/// <summary>faiss' IndexFlatIP in a process of its own, by bench/search_faiss.py (Debian package python3-faiss).</summary>
internal static class Faiss
{
    /// <param name="rows">The documents; written to a temporary file at the first call.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="threads">As many as ours.</param>
    /// <param name="k">Depth.</param>
    /// <param name="before">What the call before gave: medians go over all calls.</param>
    /// <param name="processorTime">Whether seconds are the processor's.</param>
    public static PeerResult Run(Rows<float> rows, Rows<float> queries, int threads, int k, PeerResult? before, bool processorTime)
    {
        string folder = before?.Folder ?? Directory.CreateTempSubdirectory("nearfar-faiss-").FullName;
        if (before is null)
        {
            Write(Path.Combine(folder, "rows.f32"), rows);
            Write(Path.Combine(folder, "queries.f32"), queries);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        }

        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true };
        foreach (string argument in new[] { "bench/search_faiss.py", folder, rows.Dimensions.ToString(CultureInfo.InvariantCulture), threads.ToString(CultureInfo.InvariantCulture), k.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        // OpenBLAS 0.3.21 of Debian 12 knows no processor younger than itself and takes its slowest kernels there (Prescott); with AVX-512 it gets the right ones.
        if (Avx512F.IsSupported && !start.Environment.ContainsKey("OPENBLAS_CORETYPE"))
        {
            start.Environment["OPENBLAS_CORETYPE"] = "SkylakeX";
        }

        using var process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new NearfarException($"bench/search_faiss.py ended with {process.ExitCode}. It needs the Debian package python3-faiss, and to be run from the root of the repository.");
        }

        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        double[] batches = [.. before?.Batches ?? [], root.GetProperty(processorTime ? "batch_cpu_s" : "batch_s").GetDouble()];
        int[] found = [.. MemoryMarshal.Cast<byte, long>(File.ReadAllBytes(Path.Combine(folder, "found.i64"))).ToArray().Select(i => (int)i)];
        return new PeerResult(batches.Order().ElementAt(batches.Length / 2), root.GetProperty(processorTime ? "single_cpu_s" : "single_s").GetDouble(), root.GetProperty("version").GetString()!, root.GetProperty("blas").GetString()!, found, folder, batches);
    }

    private static void Write(string path, Rows<float> rows)
    {
        using var file = File.Create(path);
        for (int i = 0; i < rows.Count; i++)
        {
            file.Write(MemoryMarshal.AsBytes(rows[i]));
        }
    }
}
