using Nearfar.Gating;

namespace Nearfar.Reporting;

/// <summary>A decision as JUnit XML, one test case a test of the gate: bad is a failure; open is skipped, or a failure where that is wanted.</summary>
/// <remarks>No times and no host: equal decisions give equal text. Thread-safe.</remarks>
public static class JUnitReport
{
    /// <summary>Renders the file.</summary>
    /// <param name="decision">Any decision.</param>
    /// <param name="openFails">Whether an undecided test is a failure, else it is skipped. Default null: as the policy says.</param>
    /// <returns>XML; store it as UTF-8.</returns>
    public static string Render(GateDecision decision, bool? openFails = null)
    {
        ArgumentNullException.ThrowIfNull(decision);
        bool fails = openFails ?? (decision.OnInconclusive == InconclusiveAction.Block);
        int bad = decision.Reasons.Count(r => r.Outcome == TestOutcome.Bad);
        int open = decision.Reasons.Count(r => r.Outcome == TestOutcome.Open);
        var xml = new Markup();
        xml.Trusted("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        using (xml.In("testsuites"))
        using (xml.In("testsuite", ("name", $"gate: {decision.FirstLine}"), ("tests", Figures.Whole(decision.Reasons.Count)),
            ("failures", Figures.Whole(fails ? bad + open : bad)), ("errors", "0"), ("skipped", Figures.Whole(fails ? 0 : open))))
        {
            foreach (var reason in decision.Reasons)
            {
                WriteCase(xml, reason, fails);
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
                xml.Leaf("failure", reason.ToString(), ("message", $"{ReasonText.Finding(reason)}: {ReasonText.What(reason)}"), ("type", reason.Outcome == TestOutcome.Bad ? "bad" : "open"));
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
