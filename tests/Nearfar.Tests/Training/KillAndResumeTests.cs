using System.Diagnostics;
using System.Globalization;
using Nearfar.Training.Sampling;
using Xunit;

namespace Nearfar.Tests.Training;

/// <summary>A run killed with SIGKILL at random moments and resumed ends with the bytes of a run that was not.</summary>
/// <remarks>The killed process is this test program itself, running <see cref="TrainingHost"/>. <c>eng/kill-resume.sh</c> asks for 200 kills by NEARFAR_KILLS.</remarks>
public class KillAndResumeTests
{
    [Theory]
    [InlineData("held", 60)]
    [InlineData("streamed", 3)]
    [InlineData("sets", 3)]
    [InlineData("mining", 60)]
    public async Task TrainAsync_KilledAtRandomMomentsAndResumed_EndsBitEqual(string kind, int epochs)
    {
        using var files = new TemporaryFolder();
        string[] environment = kind switch { "sets" => [$"{TrainingHost.SetsVariable}={files.Path}"], "streamed" => [$"{TrainingHost.StreamVariable}={files["pairs.jsonl.gz"]}"], "mining" => [TrainingHost.MiningVariable + "=yes"], _ => [] };
        int kills = int.Parse(Environment.GetEnvironmentVariable("NEARFAR_KILLS") ?? "8", CultureInfo.InvariantCulture);
        using var whole = new TemporaryFolder();
        var watch = Stopwatch.StartNew();
        await TrainingHost.RunAsync(whole.Path, epochs, null, environment);
        var alone = watch.Elapsed;
        string expected = await HashAsync(whole);
        Assert.NotEmpty(expected);
        // A fixed seed spreads the moments over start-up, training and the end; the machine's own timing moves them further.
        var random = new SeededRandom(20);
        int killed = 0;
        while (killed < kills)
        {
            using var folder = new TemporaryFolder();
            bool ended = false;
            for (int attempt = 0; !ended && attempt < 1000; attempt++)
            {
                // The first kill of a folder may come anywhere, later ones too, so that a run is killed several times on its way.
                bool kill = killed < kills;
                ended = await TrainingHost.RunAsync(folder.Path, epochs, kill ? alone * random.Uniform() : null, environment);
                killed += ended ? 0 : 1;
            }

            Assert.Equal(expected, await HashAsync(folder));
        }
    }

    private static async Task<string> HashAsync(TemporaryFolder folder) => await File.ReadAllTextAsync(folder["model.sha256"], TestContext.Current.CancellationToken);
}
