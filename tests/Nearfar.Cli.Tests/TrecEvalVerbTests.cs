using System.IO.Compression;
using System.Text.Json;
using Xunit;

namespace Nearfar.Cli.Tests;

public sealed class TrecEvalVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nearfar-trec-eval-").FullName;
    private readonly string _qrels;
    private readonly string _run;

    public TrecEvalVerbTests()
    {
        _qrels = Path.Combine(_folder, "qrels.txt");
        _run = Path.Combine(_folder, "run.txt");
        File.WriteAllText(_qrels, "q1 0 a 1\nq1 0 b 0\nq1 0 c 2\nq2 0 a 1\nq3 0 z 1\n");
        File.WriteAllText(_run, "q2 Q0 b 1 2 mine\nq2 Q0 a 2 1 mine\nq1 Q0 a 1 9 mine\nq1 Q0 b 2 8 mine\nq1 Q0 c 3 7 mine\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] flags)
    {
        var (exit, output, error) = await CommandLine.RunAsync(["trec-eval", .. flags, _qrels, _run]);
        return (exit, output, error);
    }

    // Layout, names and order of trec_eval; values by hand. 5/6 and 1/2: map; log2: ndcg.
    [Fact]
    public async Task Run_Official_PrintsTrecEvalsLines()
    {
        var (exit, output, error) = await RunAsync();
        Assert.Equal((0, $"Next: nearfar eval --trec-run {_run}{Environment.NewLine}"), (exit, error));
        string[] lines = output.Split('\n');
        Assert.Equal("runid                 \tall\tmine", lines[0]);
        Assert.Equal("num_q                 \tall\t2", lines[1]);
        Assert.Equal("num_ret               \tall\t5", lines[2]);
        Assert.Equal("num_rel               \tall\t3", lines[3]);
        Assert.Equal("num_rel_ret           \tall\t3", lines[4]);
        Assert.Equal("map                   \tall\t0.6667", lines[5]);
        Assert.Equal("gm_map                \tall\t0.6455", lines[6]);
        Assert.Equal("Rprec                 \tall\t0.2500", lines[7]);
        Assert.Equal("bpref                 \tall\t0.7500", lines[8]);
        Assert.Equal("recip_rank            \tall\t0.7500", lines[9]);
        Assert.Equal("iprec_at_recall_0.00  \tall\t0.7500", lines[10]);
        Assert.Equal("iprec_at_recall_1.00  \tall\t0.5833", lines[20]);
        Assert.Equal("P_5                   \tall\t0.3000", lines[21]);
        Assert.Equal("P_1000                \tall\t0.0015", lines[29]);
        Assert.Equal(("", 31), (lines[30], lines.Length));
    }

    [Fact]
    public async Task Run_Queries_PrintsThemBeforeTheSummary()
    {
        Assert.Equal("num_ret               \tq1\t3\nP_1                   \tq1\t1.0000\nP_2                   \tq1\t0.5000\n" +
            "num_ret               \tq2\t2\nP_1                   \tq2\t0.0000\nP_2                   \tq2\t0.5000\n" +
            "num_ret               \tall\t5\nP_1                   \tall\t0.5000\nP_2                   \tall\t0.5000\n", (await RunAsync("-q", "-m", "P.2,1", "-m", "num_ret", "--quiet")).Output);
        Assert.Equal("recip_rank            \tq1\t0.3333\nrecip_rank            \tq2\t0.0000\n", (await RunAsync("-qn", "-l2", "-m", "recip_rank")).Output);
        Assert.Equal("ndcg_1=3,2=9          \tall\t0.6597\n", (await RunAsync("-m", "ndcg.1=3,2=9")).Output);
        Assert.Equal("map                   \tall\t0.66666666666666663\n", (await RunAsync("-m", "map", "--full-precision")).Output);
    }

    [Fact]
    public async Task Run_MissingQuery_FollowsTheVersion()
    {
        Assert.Equal("map                   \tq1\t0.8333\nmap                   \tq2\t0.5000\nmap                   \tall\t0.4444\n", (await RunAsync("-c", "-q", "-m", "map")).Output);
        Assert.Equal("map                   \tq1\t0.8333\nmap                   \tq2\t0.5000\nmap                   \tq3\t0.0000\nmap                   \tall\t0.4444\n", (await RunAsync("-c", "-q", "-m", "map", "--compat", "trec10")).Output);
        var (exit, output, error) = await RunAsync("--compat", "trec10");
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains("does not answer 1 of 3 judged queries: q3", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Json_IsOneDocumentWithTies()
    {
        var (_, output, _) = await RunAsync("--json", "-q", "-m", "map", "-m", "num_ret");
        using var document = JsonDocument.Parse(output);
        Assert.Equal("mine", document.RootElement.GetProperty("run").GetString());
        Assert.Equal(5, document.RootElement.GetProperty("all").GetProperty("num_ret").GetDouble());
        Assert.Equal(0.5, document.RootElement.GetProperty("by_query").GetProperty("q2").GetProperty("map").GetDouble());
        Assert.Equal(0, document.RootElement.GetProperty("tie_sensitivity").GetProperty("map").GetDouble());
    }

    // The layout of trec_eval's own expected output; a text has no line over all queries.
    [Fact]
    public async Task Run_RelevanceString_IsALineOfEachQueryAlone()
    {
        File.AppendAllText(_qrels, "q1 0 p -1\nq2 0 b 12\n");
        File.AppendAllText(_run, "q1 Q0 p 4 6 mine\nq1 Q0 u 5 5 mine\n");
        Assert.Equal("relstring             \tq1\t'102.-'\nrelstring             \tq2\t'>1'\n", (await RunAsync("-q", "-m", "relstring", "--quiet")).Output);
        Assert.Equal("relstring_2           \tq1\t'10'\ninfAP                 \tq1\t0.8333\nrelstring_2           \tq2\t'>1'\ninfAP                 \tq2\t1.0000\ninfAP                 \tall\t0.9167\n",
            (await RunAsync("-q", "-m", "infAP", "-m", "relstring.2", "--quiet")).Output);
        Assert.Equal("rbp_p=0.5             \tall\t0.4479\n", (await RunAsync("-m", "rbp.p=0.5")).Output);        // (.5 (1/2 + 1/4) + .5 (1 + 1/24)) / 2
        using var document = JsonDocument.Parse((await RunAsync("--json", "-q", "-m", "relstring", "-m", "map")).Output);
        Assert.Equal("102.-", document.RootElement.GetProperty("texts_by_query").GetProperty("q1").GetProperty("relstring").GetString());
        Assert.False(document.RootElement.GetProperty("all").TryGetProperty("relstring", out _));
        string[] all = [.. (await RunAsync("-m", "all_trec")).Output.Split('\n').Select(l => l.Split('\t')[0].Trim()).Where(n => n.Length > 0)];
        Assert.Equal(["rbp", "rbp_resid", "unj_5", "unj_10", "unj_20"], all[^5..]);
        Assert.Contains("infAP", all);
        Assert.DoesNotContain("relstring", all);
    }

    [Fact]
    public async Task Run_GzipAndPlain_PrintTheSame()
    {
        string plain = (await RunAsync("-q", "-m", "all_trec")).Output;
        byte[] bytes = File.ReadAllBytes(_run);
        using (var gzip = new GZipStream(File.Create(_run), CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        Assert.Equal(plain, (await RunAsync("-q", "-m", "all_trec")).Output);
    }

    [Theory]
    [InlineData("-m", "nDCG")]
    [InlineData("-M", "0")]
    [InlineData("-l", "x")]
    [InlineData("--compat", "trec8")]
    public async Task Run_BadFlag_ExitsWithOne(params string[] flags)
    {
        var (exit, _, error) = await RunAsync(flags);
        Assert.Equal(1, exit);
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task Run_BadLine_NamesFileAndLine()
    {
        File.AppendAllText(_run, "q2 Q0 x 3 0,5 mine\n");
        var (exit, output, error) = await RunAsync();
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains("run.txt:6: score \"0,5\"", error, StringComparison.Ordinal);
    }

    // C's printf rounds an exact half to the even digit.
    [Theory]
    [InlineData(0.03125, "0.0312")]
    [InlineData(0.09375, "0.0938")]
    [InlineData(0.15625, "0.1562")]
    [InlineData(0.00005, "0.0001")]          // the double lies above the half
    [InlineData(0.00015, "0.0001")]          // and this one below
    [InlineData(-412.6666666666667, "-412.6667")]
    [InlineData(1, "1.0000")]
    [InlineData(12345.03125, "12345.0312")]
    public void FourDecimals_AnyValue_RoundsAsC(double value, string text) => Assert.Equal(text, TrecEvalLines.FourDecimals(value));
}
