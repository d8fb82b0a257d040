using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>A decision as JUnit XML, one test case a reason: bad is a failure, open is skipped, or fails when the policy blocks on it.</summary>
/// <remarks>No times and no host: equal decisions give equal text. Thread-safe.</remarks>
public static class JUnitReport
{
    /// <summary>Renders the file.</summary>
    /// <param name="decision">Any decision.</param>
    /// <returns>XML; store it as UTF-8.</returns>
    public static string Render(GateDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        bool openFails = decision.OnInconclusive == InconclusiveAction.Block;
        int bad = decision.Reasons.Count(r => r.Outcome == TestOutcome.Bad);
        int open = decision.Reasons.Count(r => r.Outcome == TestOutcome.Open);
        var xml = new Markup();
        xml.Trusted("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        using (xml.In("testsuites"))
        using (xml.In("testsuite", ("name", $"gate: {decision.FirstLine}"), ("tests", Figures.Whole(decision.Reasons.Count)),
            ("failures", Figures.Whole(openFails ? bad + open : bad)), ("errors", "0"), ("skipped", Figures.Whole(openFails ? 0 : open))))
        {
            foreach (var reason in decision.Reasons)
            {
                WriteCase(xml, reason, openFails);
            }
        }

        return xml.ToString();
    }

    private static void WriteCase(Markup xml, GateReason reason, bool openFails)
    {
        string against = reason.Reference is { } kind ? $" against {ReasonText.Name(kind)}" : "";
        using (xml.In("testcase", ("classname", "gate." + reason.Rule), ("name", $"{ReasonText.Who(reason)}: {reason.Metric}{against}")))
        {
            if (reason.Outcome == TestOutcome.Bad || (reason.Outcome == TestOutcome.Open && openFails))
            {
                xml.Leaf("failure", reason.ToString(), ("message", ReasonText.What(reason)));
            }
            else if (reason.Outcome == TestOutcome.Open)
            {
                xml.Empty("skipped", ("message", ReasonText.Finding(reason)));
            }
            else
            {
                xml.Leaf("system-out", reason.ToString());
            }
        }
    }
}
