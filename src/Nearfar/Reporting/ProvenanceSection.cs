using Nearfar.Evaluation;

namespace Nearfar.Reporting;

/// <summary>Hashes and names of everything the page rests on, and what its words mean.</summary>
internal static class ProvenanceSection
{
    private static readonly (string Term, string Meaning)[] Words =
    [
        ("right page in top k", "a document that answers the question is among the first k found"),
        ("recall@k", "share of a question's right documents among the first k"),
        ("ndcg@k", "like recall, and higher places count more; 1 is the best order"),
        ("mrr@k", "one divided by the place of the first right document"),
        ("margin_mean, margin_hard", "similarity to the right page less the mean, or the highest, similarity to the question's wrong pages; its size depends on how a model was trained"),
        ("z_margin_mean, z_margin_hard", "the same in standard deviations of the similarity of unrelated texts: compares between models"),
        ("95% interval", "questions that ask for one document are taken as one source of chance; score intervals (Wilson, Tango, Owen) of measures from 0 to 1, Student t of margins"),
        (IntervalText.Mark, IntervalText.LongMeaning),
    ];

    public static void Write(Markup page, ReportView view)
    {
        using (page.In("section", ("aria-labelledby", "provenance")))
        {
            page.Leaf("h2", "Where this came from", ("id", "provenance"));
            using (page.In("dl", ("class", "facts")))
            {
                foreach (var (name, value) in Facts(view))
                {
                    page.Leaf("dt", name, ("dir", "auto")).Leaf("dd", value, ("dir", "auto"));
                }
            }

            page.Leaf("h3", "What the words mean");
            using (page.In("dl", ("class", "facts")))
            {
                foreach (var (term, meaning) in Words)
                {
                    page.Leaf("dt", term).Leaf("dd", meaning);
                }
            }
        }
    }

    /// <summary>Name and value, in the order they are read; hashes whole.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(ReportView view)
    {
        var provenance = view.Input.Provenance;
        yield return ("candidate", Of(view.Now));
        yield return ("candidate's report", view.CandidateHash);
        foreach (var reference in view.Input.References)
        {
            yield return ("reference", Of(reference));
            yield return ("reference's report", view.HashOf(reference));
        }

        foreach (var report in view.Input.References.Prepend(view.Now).Where(r => r.Scale is not null))
        {
            yield return ($"unrelated texts in {ReportTitle.NameOf(report)}", $"similarity {Figures.Fixed(report.Scale!.Mu, 3)} on average, spread {Figures.Fixed(report.Scale.Sigma, 3)}");
        }

        yield return (view.Now.IsGateSet ? "gate set" : "set", $"{view.Now.SetName}, {Figures.Count(view.Now.Queries.Count, "question")} over {Figures.Count(view.Now.Documents, "document")}, {view.Now.SetHash}");
        if (view.Input.GateSet is { } set)
        {
            yield return ("gate set, frozen version", $"{Figures.Whole(set.Version)}: {Figures.Whole(set.PerQuery)} negatives a question drawn with seed {set.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)}"
                + (set.Short > 0 ? $", fewer for {Figures.Count(set.Short, "question")}" : "") + (set.Because is { } because ? $"; changed because: {Snippet.Of(because, 200)}" : ""));
            yield return ("negatives that people reviewed", $"{Figures.Whole(set.Reviewed)} of {Figures.Whole(set.Negatives)}");
        }
        else if (view.Now.IsGateSet)
        {
            yield return ("gate set, frozen version", "none is known: its negatives are what its rows name (nearfar gateset freeze)");
        }

        if (view.Decision is { } decision)
        {
            foreach (var earlier in decision.Earlier)
            {
                yield return ("held against earlier release", $"{Snippet.Of(earlier.Label, 80)}, report {earlier.Hash}");
            }

            if (decision.JointTests > 0)
            {
                yield return ("differences tested together", $"{Figures.Whole(decision.JointTests)} at a family-wise level of {Figures.Fixed(decision.JointLevel, 5)}");
            }

            yield return ("policy", decision.PolicyHash);
            yield return ("attempt on this gate set", Figures.Whole(decision.Attempt));
            if (decision.Reasons.Count > 0)
            {
                double confidence = decision.Reasons.Min(r => r.FineConfidence);
                yield return ("needed for \"fine\" at this attempt", $"{Figures.Fixed(100 * confidence, 3)} % one-sided, alpha {Figures.Fixed(1 - confidence, 5)}");
            }
        }

        if (view.Slices is { } slices)
        {
            yield return ("slices", $"{Figures.Count(slices.Permutations, "permutation")}, seed {slices.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        }

        if (provenance.Run is { } run)
        {
            yield return ("run", run);
        }

        if (provenance.Parent is { } parent)
        {
            yield return ("started from", parent);
        }

        foreach (var data in provenance.Data)
        {
            yield return (data.Name, (data.Rows is { } rows ? $"{Figures.Count(rows, "row")}, " : "") + data.Hash);
        }

        foreach (var (name, value) in provenance.Settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            yield return (name, value);
        }
    }

    private static string Of(EvalReport report) => report.Space is { } space ? $"{ReportTitle.NameOf(report)}, space {space.Id}" : $"{ReportTitle.NameOf(report)}, no vectors";
}
