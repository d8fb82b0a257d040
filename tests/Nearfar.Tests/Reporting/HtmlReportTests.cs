using Nearfar.Reporting;
using Xunit;

namespace Nearfar.Tests.Reporting;

public sealed class HtmlReportTests
{
    [Fact]
    public void Render_Samples_AreWritten()
    {
        string? folder = Environment.GetEnvironmentVariable("NEARFAR_REPORT_SAMPLES");
        Assert.SkipWhen(folder is null, "NEARFAR_REPORT_SAMPLES names no folder for the sample pages.");
        foreach (var (name, report) in new[] { ("passed", SampleReports.Good), ("blocked", SampleReports.Collapsed), ("inconclusive", SampleReports.Equal) })
        {
            File.WriteAllText(Path.Combine(folder, name + ".html"), HtmlReport.Render(SampleReports.Input(report)));
        }
    }
}
