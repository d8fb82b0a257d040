using System.Runtime.Intrinsics.X86;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Training;

/// <summary>Training gives the same bytes on every instruction set: sums of 16 lanes and chains of fused multiply-adds everywhere.</summary>
public class InstructionSetTests
{
    [Fact]
    public async Task TrainAsync_WithoutAvx512OrAvx2_EqualBytes()
    {
        Assert.SkipUnless(Avx512F.IsSupported, "this machine has no AVX-512 to switch off");
        string expected = await HashAsync(KernelSet.Vector512);
        Assert.Equal(expected, await HashAsync(KernelSet.Vector256, "DOTNET_EnableAVX512=0"));
        // Without AVX2 there is no fused multiply-add in hardware either: its software form must give the same.
        Assert.Equal(expected, await HashAsync(KernelSet.Vector128, "DOTNET_EnableAVX2=0", "DOTNET_EnableAVX=0"));
    }

    private static async Task<string> HashAsync(KernelSet wanted, params string[] environment)
    {
        using var folder = new TemporaryFolder();
        await TrainingHost.RunAsync(folder.Path, 4, null, environment);
        Assert.Equal(wanted.ToString(), await File.ReadAllTextAsync(folder["kernels"], TestContext.Current.CancellationToken));
        return await File.ReadAllTextAsync(folder["model.sha256"], TestContext.Current.CancellationToken);
    }
}
