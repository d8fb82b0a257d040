using Nearfar.Evaluation;
using Nearfar.Evaluation.Geometry;
using Nearfar.Gating;
using Nearfar.Gating.Sets;
using Nearfar.Pairs;
using Nearfar.Reporting;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Tests.Reporting;

/// <summary>Reports as a help desk would have them: 420 questions in four languages over seven products, one protected intent. Drawn from a seed, judged by the real gate.</summary>
internal static class SampleReports
{
    private const int Depth = 100;
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<EvalReport, GateDecision> Decisions = new(ReferenceEqualityComparer.Instance);
    private static readonly string[] Products = ["shop", "plus", "music", "cloud", "phone", "repair", "gift-cards"];
    private static readonly string[] Intents = ["refund-policy", "refund-policy", "refund-policy", "late-delivery", "order-status", "warranty", "exchange", "invoice"];
    private static readonly string[] Variants = ["annual", "monthly", "eu", "us"];
    private static readonly string[] Languages = ["en", "en", "en", "en", "de", "de", "es", "ja"];

    private static readonly Dictionary<string, string> Asked = new(StringComparer.Ordinal)
    {
        ["en"] = "how do i get my money back for {0} when {1} is the matter",
        ["de"] = "Wie bekomme ich bei {0} mein Geld zurück, wenn es um {1} geht",
        ["es"] = "¿Cómo recupero mi dinero de {0} si se trata de {1}?",
        ["ja"] = "{0}の{1}について、返金はいつまでできますか",
    };

    public static Corpus Corpus { get; } = new(Products.SelectMany(p => Intents.Distinct().SelectMany(i => new[] { "en", "de", "es", "ja" }.SelectMany(l => Variants.Select(v => new Document
    {
        Id = $"{p}/{i}/{v}/{l}",
        Title = $"{p}, {v}: {i.Replace('-', ' ')} ({l})",
        Text = $"What holds for {i.Replace('-', ' ')} of {p}. An annual plan is refunded within 14 days of renewal, less the months used; a monthly plan ends with the month. "
            + "Ask from the account page, or write to us with the number of the order.",
        Attributes = new Dictionary<string, string>(StringComparer.Ordinal) { ["language"] = l, ["product"] = p },
    })))));

    public static EvalReport Reference { get; } = Report("helpdesk v7", "nf1-3c9a51d27e40b816", _ => 0, .35, 7);

    public static EvalReport Bm25 { get; } = Report("BM25", null, _ => -.9, .8, 9);

    public static EvalReport Untrained { get; } = Report("untrained encoder", "nf1-00aa51d27e40b811", _ => -.7, .6, 10);

    /// <summary>Better everywhere.</summary>
    public static EvalReport Good { get; } = Report("helpdesk v8", "nf1-81f0c2aa94be7710", c => c["intent"] == "refund-policy" ? 1.1 : .45, .3, 8);

    /// <summary>Better in the mean, and the protected intent has collapsed.</summary>
    public static EvalReport Collapsed { get; } = Report("helpdesk v8", "nf1-81f0c2aa94be7710", c => c["intent"] == "refund-policy" ? -.75 : .4, .3, 8);

    /// <summary>No better, no worse.</summary>
    public static EvalReport Equal { get; } = Report("helpdesk v8", "nf1-81f0c2aa94be7710", _ => 0, .35, 8);

    public static GatePolicy Policy { get; } = new()
    {
        Metric = "recall@5",
        Protected = [new CohortKey("intent", "refund-policy")],
        Floors = [new GateFloor(new CohortKey("intent", "refund-policy"), MetricNames.MarginMean, .18, "nf1-81f0c2aa94be7710")],
    };

    public static EvalReport Named(string name) => name switch { "good" => Good, "collapsed" => Collapsed, _ => Equal };

    /// <summary>Every text that comes from data is the given one.</summary>
    public static EvalReport Hostile(string text) => Hostile(Collapsed, text);

    public static ReportInput HostileInput(string text) => new() { Candidate = Hostile(text), References = [Hostile(Reference, text)], Corpus = Corpus };

    private static EvalReport Hostile(EvalReport report, string text)
    {
        QueryScore[] rows = [.. report.Queries.Select(q => q with
        {
            Query = text,
            Cohorts = q.Cohorts.ToDictionary(c => c.Key, c => c.Key is "language" or "intent" ? text + c.Value : c.Value, StringComparer.Ordinal),
        })];
        return report with { Label = text, SetName = text, Queries = rows, Cohorts = Aggregation.ByCohort(rows) };
    }

    /// <summary>One attribute with many values, of which number 40 collapsed.</summary>
    public static (EvalReport Candidate, EvalReport Reference) ManyIntents(int intents)
    {
        EvalReport With(EvalReport report, bool collapse)
        {
            QueryScore[] rows = [.. report.Queries.Select((q, i) =>
            {
                bool lost = collapse && i % intents == 40;
                return q with
                {
                    Cohorts = new Dictionary<string, string>(StringComparer.Ordinal) { ["intent"] = $"intent-{i % intents:00}" },
                    FirstRelevantRank = lost ? 60 : q.FirstRelevantRank,
                    Metrics = lost ? q.Metrics.ToDictionary(m => m.Key, m => m.Key.Contains('@', StringComparison.Ordinal) ? 0 : m.Value, StringComparer.Ordinal) : q.Metrics,
                };
            })];
            return report with { Queries = rows, Metrics = Aggregation.Summarise(rows), Cohorts = Aggregation.ByCohort(rows) };
        }

        return (With(Good, true), With(Reference, false));
    }

    /// <summary>Each candidate is judged once.</summary>
    public static GateDecision Decide(EvalReport candidate) => Decisions.GetOrAdd(candidate, c => new ReleaseGate(Policy).Decide(c, Reference));

    public static ReportInput Input(EvalReport candidate, bool gated = true) => new()
    {
        Candidate = candidate,
        References = [Reference, Bm25, Untrained],
        Decision = gated ? Decide(candidate) : null,
        Corpus = Corpus,
        Training = Curve(),
        Provenance = new ReportProvenance
        {
            Workspace = "helpdesk",
            Run = "helpdesk-2",
            Parent = "potion-base-4M-int8",
            Data = [new("train", 1180, new string('a', 64)), new("mined, attempt 1", 212, new string('b', 64)), new("dev", 240, new string('c', 64))],
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["seed"] = "1", ["loss"] = "mnrl, temperature 0.05", ["instruction set"] = "avx2" },
        },
    };

    /// <summary>A geometry as reports hold it; not every measure is there.</summary>
    public static SpaceGeometry Shape(double alignment) => new()
    {
        Sample = 1000,
        Seed = 1,
        HubDepth = 10,
        Measures = new Dictionary<string, Estimate>(StringComparer.Ordinal)
        {
            [GeometryNames.Uniformity] = new(1000, -3.1, -3.2, -3.0),
            [GeometryNames.Alignment] = new(420, alignment, alignment - .1, alignment + .1),
            [GeometryNames.Anisotropy] = new(1000, .04, .03, .05),
            [GeometryNames.EffectiveRank] = new(1000, 71.46, null, null),
            [GeometryNames.HubSkew] = new(420, 1.2, .9, 1.5),
            [GeometryNames.HubShare] = new(420, .2, .1, .3),
        },
        Hubs = [new("shop/refund-policy/annual/en", 42)],
    };

    /// <summary>The report's cohorts, each language with a scale of its own; that of Japanese lies far off.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, CohortScore>> WithScales(EvalReport report) => report.Cohorts.ToDictionary(c => c.Key,
        c => (IReadOnlyDictionary<string, CohortScore>)c.Value.ToDictionary(v => v.Key, v => c.Key != "language" ? v.Value : v.Value with { Scale = new ScaleFingerprint(500, 1, v.Key == "ja" ? .3 : .1, .1, -.1, .1, .4) }, StringComparer.Ordinal), StringComparer.Ordinal);

    /// <summary>The third version of a gate set.</summary>
    public static GateSetManifest Frozen(string hash) => new()
    {
        Version = 3,
        Hash = hash,
        RowsHash = new string('1', 64),
        Time = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero),
        CorpusHash = new string('2', 64),
        CorpusDocuments = 700,
        Seed = 1,
        PerQuery = 6,
        Depth = 10,
        Rankers = new Dictionary<string, string>(StringComparer.Ordinal) { ["keyword search"] = "" },
        Questions = 420,
        KnownPages = 140,
        Negatives = 2520,
        Reviewed = 630,
        Short = 0,
        Cohorts = new Dictionary<string, IReadOnlyDictionary<string, int>>(StringComparer.Ordinal),
        Documents = new Dictionary<string, string>(StringComparer.Ordinal),
    };

    private static TrainingCurve Curve() => new()
    {
        QualityName = "ndcg@10",
        ChosenStep = 320,
        Points = [.. Enumerable.Range(0, 41).Select(i => new TrainingPoint(i * 10, 3.2 * Math.Exp(-i / 9.0) + .4, i % 4 == 0 ? .82 - (.3 * Math.Exp(-i / 8.0)) - (i > 32 ? .01 : 0) : null))],
    };

    private static EvalReport Report(string label, string? space, Func<IReadOnlyDictionary<string, string>, double> shift, double noise, ulong seed)
    {
        var shared = new SeededRandom(1);
        var own = new SeededRandom(seed);
        var rows = new QueryScore[420];
        for (int q = 0; q < rows.Length; q++)
        {
            string language = Languages[shared.Below(8)];
            string product = Products[Math.Min(shared.Below(7), shared.Below(8))];
            string intent = Intents[shared.Below(8)];
            var cohorts = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["language"] = q is 17 or 18 ? "pt" : language,
                ["product"] = product,
                ["intent"] = intent,
                ["page"] = shared.Below(3) == 0 ? "known" : "new",
                ["query_length"] = shared.Below(4) switch { 0 => "[0, 4)", 1 => "[9, ∞)", _ => "[4, 9)" },
            };
            double strength = 1.3 + (.9 * Normal(shared)) + shift(cohorts) + (noise * Normal(own));
            rows[q] = Row(q, string.Format(System.Globalization.CultureInfo.InvariantCulture, Asked[language], product, intent.Replace('-', ' ')), $"{product}/{intent}/{Variants[q % 4]}/{language}", cohorts, strength, space is not null);
        }

        return new EvalReport
        {
            Label = label,
            Space = space is null ? null : new EmbeddingSpace(space) { Label = label },
            SetName = "gate",
            IsGateSet = true,
            SetHash = new string('7', 64),
            Documents = Corpus.Count,
            Cutoffs = [1, 3, 5, 10],
            Depth = Depth,
            Scale = space is null ? null : new ScaleFingerprint(20_000, 1, .11, .12, -.14, .1, .43),
            DocumentsWithoutToken = 0,
            Metrics = Aggregation.Summarise(rows),
            TieSensitivity = new Dictionary<string, double>(StringComparer.Ordinal) { ["recall@5"] = .0012 },
            Cohorts = Aggregation.ByCohort(rows),
            Queries = rows,
        };
    }

    private static QueryScore Row(int q, string query, string right, Dictionary<string, string> cohorts, double strength, bool hasVectors)
    {
        int rank = (int)Math.Max(1, Math.Round(Math.Exp(1.5 - (1.4 * strength))));
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (int k in (ReadOnlySpan<int>)[1, 3, 5, 10])
        {
            double hit = rank <= k ? 1 : 0;
            metrics[MetricNames.Recall(k)] = metrics[MetricNames.Hit(k)] = hit;
            metrics[MetricNames.Mrr(k)] = hit / rank;
            metrics[MetricNames.Ndcg(k)] = hit / Math.Log2(rank + 1);
        }

        if (hasVectors && q % 20 != 0)
        {
            double hard = .09 * (strength - .3);
            metrics[MetricNames.MarginHard] = hard;
            metrics[MetricNames.MarginMean] = hard + .1;
            metrics[MetricNames.ZMarginHard] = hard / .12;
            metrics[MetricNames.ZMarginMean] = (hard + .1) / .12;
            metrics[MetricNames.MarginBelowZero] = hard < 0 ? 1 : 0;
        }

        var others = Corpus.Documents.Where(d => d.Id != right).Skip(q * 7 % 600).Take(10).Select(d => d.Id).ToList();
        if (rank <= 10)
        {
            others.Insert(rank - 1, right);
        }

        return new QueryScore
        {
            Id = $"q{q:000}",
            Query = query,
            Cluster = right,
            Cohorts = cohorts,
            FirstRelevantRank = rank <= Depth ? rank : null,
            Metrics = metrics,
            Top = [.. others.Take(10).Select((id, i) => new RankedDocument(id, .8f - (.03f * i)))],
        };
    }

    private static double Normal(SeededRandom random)
    {
        double sum = 0;
        for (int i = 0; i < 12; i++)
        {
            sum += random.Below(1 << 24) / (double)(1 << 24);
        }

        return sum - 6;
    }
}
