using System.Globalization;
using Nearfar.Pairs;

namespace Nearfar.Evaluation.Ranking;

/// <summary>trec_eval's names for measures: <c>map</c>, <c>P.5,10</c>, <c>ndcg.1=3,2=9</c>, <c>official</c>, <c>all_trec</c> …</summary>
internal static class MeasureNames
{
    private static readonly int[] s_cutoffs = [5, 10, 15, 20, 30, 100, 200, 500, 1000];
    private static readonly double[] s_tenths = [0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1];
    private static readonly double[] s_fifths = [.2, .4, .6, .8, 1, 1.2, 1.4, 1.6, 1.8, 2];

    // In the order in which trec_eval prints them, whatever the order they were asked for in.
    private static readonly Family[] s_families =
    [
        One("runid", Summary.Tag, (_, _) => 0),
        One("num_q", Summary.Queries, (_, _) => 1),
        One("num_ret", Summary.Sum, (r, _) => r.Retrieved),
        One("num_rel", Summary.Sum, (r, _) => r.Relevant),
        One("num_rel_ret", Summary.Sum, (r, _) => r.RelevantRetrieved),
        One("map", Summary.Mean, (r, o) => r.AveragePrecisionAt(int.MaxValue, o.MapDenominator)),
        One("gm_map", Summary.GeometricMean, (r, o) => r.AveragePrecisionAt(int.MaxValue, o.MapDenominator)),
        One("Rprec", Summary.Mean, (r, _) => r.Relevant == 0 ? 0 : r.PrecisionAt(r.Relevant)),
        One("bpref", Summary.Mean, (r, _) => r.BinaryPreference),
        One("recip_rank", Summary.Mean, (r, _) => r.ReciprocalRankAt(int.MaxValue)),
        Shares("iprec_at_recall", s_tenths, (r, c) => ((JudgedRanking)r).InterpolatedPrecisionAt(c), needsOrder: true),
        Cut("P", s_cutoffs, (r, k, _) => r.PrecisionAt(k)),
        new("relstring", RelevanceString),
        Cut("recall", s_cutoffs, (r, k, _) => r.RecallAt(k)),
        One("infAP", Summary.Mean, (r, _) => InferredPrecision.At((JudgedRanking)r), needsOrder: true),
        One("gm_bpref", Summary.GeometricMean, (r, _) => r.BinaryPreference),
        Shares("Rprec_mult", s_fifths, PrecisionAtShareOfR),
        One("utility", Summary.Mean, (r, _) => r.RelevantRetrieved - (r.Retrieved - r.RelevantRetrieved)),
        One("11pt_avg", Summary.Mean, (r, _) => ElevenPoints((JudgedRanking)r), needsOrder: true),
        One("binG", Summary.Mean, (r, _) => GainMeasures.BinaryG((JudgedRanking)r), needsOrder: true),
        One("G", Summary.Mean, (r, _) => GainMeasures.G((JudgedRanking)r), needsOrder: true),
        new("ndcg", Gains),
        One("ndcg_rel", Summary.Mean, (r, _) => GainMeasures.NdcgAtRelevant((JudgedRanking)r), needsOrder: true),
        One("Rndcg", Summary.Mean, (r, _) => GainMeasures.NdcgAtLevels((JudgedRanking)r), needsOrder: true),
        Cut("ndcg_cut", s_cutoffs, (r, k, o) => r.NdcgAt(k, TableOf(o))),
        Cut("map_cut", s_cutoffs, (r, k, o) => r.AveragePrecisionAt(k, o.MapDenominator)),
        Cut("relative_P", s_cutoffs, (r, k, _) => r.Relevant == 0 ? 0 : r.RelevantIn(k) / Math.Min(k, r.Relevant)),
        Cut("success", [1, 5, 10], (r, k, _) => r.HitAt(k)),
        One("set_P", Summary.Mean, (r, _) => Share(r.RelevantRetrieved, r.Retrieved)),
        One("set_relative_P", Summary.Mean, (r, _) => Share(r.RelevantRetrieved, Math.Min(r.Retrieved, r.Relevant))),
        One("set_recall", Summary.Mean, (r, _) => Share(r.RelevantRetrieved, r.Relevant)),
        One("set_map", Summary.Mean, (r, _) => Share(r.RelevantRetrieved, r.Retrieved) * Share(r.RelevantRetrieved, r.Relevant)),
        One("set_F", Summary.Mean, (r, _) => Harmonic(Share(r.RelevantRetrieved, r.Retrieved), Share(r.RelevantRetrieved, r.Relevant))),
        One("num_nonrel_judged_ret", Summary.Sum, (r, _) => r.NonRelevantRetrieved),
        One("yaap", Summary.Mean, (r, _) => GainMeasures.SmoothedAveragePrecision((JudgedRanking)r), needsOrder: true),
        new("rbp", (p, problems) => RankBiased("rbp", p, problems, RankBiasedPrecision.Of)),
        new("rbp_resid", (p, problems) => RankBiased("rbp_resid", p, problems, (r, persistence, _) => RankBiasedPrecision.Residual(r, persistence))),
        Cut("unj", [5, 10, 20], (r, k, _) => r.UnjudgedAt(k)),
    ];

    private static readonly Dictionary<string, string[]> s_groups = new(StringComparer.Ordinal)
    {
        ["official"] = ["runid", "num_q", "num_ret", "num_rel", "num_rel_ret", "map", "gm_map", "Rprec", "bpref", "recip_rank", "iprec_at_recall", "P"],
        ["set"] = ["runid", "num_q", "num_ret", "num_rel", "num_rel_ret", "utility", "set_P", "set_relative_P", "set_recall", "set_map", "set_F"],
        ["all_trec"] = [.. s_families.Select(f => f.Name).Where(n => n != "yaap")],
    };

    // Known to trec_eval and not to us: told apart from a slip of the pen.
    private static readonly string[] s_missing =
    [
        "dcg", "ideal_dcg", "map_avgjg", "P_avgjg", "Rprec_mult_avgjg", "qrels_jg", "prefs", "all_prefs",
    ];

    /// <summary>Names that may be asked for.</summary>
    public static IEnumerable<string> All => s_families.Select(f => f.Name).Concat(s_groups.Keys);

    /// <summary>The columns of some names.</summary>
    /// <param name="names">As trec_eval's <c>-m</c> takes them; a measure named twice has the cutoffs of both. Empty: official.</param>
    /// <exception cref="ArgumentException">Unknown names and impossible parameters, all in one message.</exception>
    public static IReadOnlyList<RankingMeasure> Parse(IReadOnlyCollection<string> names)
    {
        var problems = new List<string>();
        var asked = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string name in names.Count == 0 ? ["official"] : names)
        {
            int dot = name.IndexOf('.', StringComparison.Ordinal);
            string stem = dot < 0 ? name : name[..dot];
            string[] parameters = dot < 0 ? [] : name[(dot + 1)..].Split(',');
            if (s_groups.TryGetValue(stem, out string[]? members) && dot < 0)
            {
                members.ToList().ForEach(m => asked.TryAdd(m, []));
            }
            else if (Array.Exists(s_families, f => f.Name == stem))
            {
                asked.TryAdd(stem, []);
                asked[stem].AddRange(parameters);
            }
            else if (s_missing.Contains(stem) || stem.StartsWith("prefs_", StringComparison.Ordinal))
            {
                problems.Add($"\"{stem}\" of trec_eval is not computed here; use trec_eval for it");
            }
            else
            {
                string? near = NearestName.Of(stem, All);
                problems.Add($"no measure \"{name}\"{(near is null ? "" : $"; did you mean {near}?")}");
            }
        }

        var columns = s_families.Where(f => asked.ContainsKey(f.Name)).SelectMany(f => f.Columns(asked[f.Name], problems)).ToArray();
        return problems.Count == 0 ? columns
            : throw new ArgumentException($"Measures: {string.Join("; ", problems)}. Known are {string.Join(", ", All)}; cutoffs follow a point, as in P.5,10.");
    }

    private static Family One(string name, Summary summary, Func<IRankingMeasures, RankingOptions, double> value, bool needsOrder = false) =>
        new(name, (parameters, problems) =>
        {
            if (parameters.Count > 0)
            {
                problems.Add($"{name} takes no parameter, came \"{string.Join(',', parameters)}\"");
            }

            return [new RankingMeasure(name, summary, value, needsOrder)];
        });

    private static Family Cut(string name, int[] standard, Func<IRankingMeasures, int, RankingOptions, double> value) => new(name, (parameters, problems) =>
    {
        var cutoffs = new SortedSet<int>();
        foreach (string text in parameters)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int k) || k < 1)
            {
                problems.Add($"cutoff \"{text}\" of {name} is not a whole number of at least 1");
            }
            else
            {
                cutoffs.Add(k);
            }
        }

        return (parameters.Count == 0 ? standard : [.. cutoffs]).Select(k => new RankingMeasure($"{name}_{k}", Summary.Mean, (r, o) => value(r, k, o)));
    });

    private static Family Shares(string name, double[] standard, Func<IRankingMeasures, double, double> value, bool needsOrder = false) => new(name, (parameters, problems) =>
    {
        var shares = new SortedSet<double>();
        foreach (string text in parameters)
        {
            if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double share) || !double.IsFinite(share))
            {
                problems.Add($"cutoff \"{text}\" of {name} is not a number");
            }
            else
            {
                shares.Add(share);
            }
        }

        return (parameters.Count == 0 ? standard : [.. shares]).Select(c =>
            new RankingMeasure(string.Create(CultureInfo.InvariantCulture, $"{name}_{c:0.00}"), Summary.Mean, (r, _) => value(r, c), needsOrder));
    });

    private static IEnumerable<RankingMeasure> Gains(IReadOnlyList<string> parameters, List<string> problems)
    {
        if (parameters.Count == 0)
        {
            return [new RankingMeasure("ndcg", Summary.Mean, (r, o) => r.NdcgAt(int.MaxValue, TableOf(o)))];
        }

        var gains = new Dictionary<int, double>();
        foreach (string text in parameters)
        {
            string[] sides = text.Split('=');
            if (sides.Length != 2 || !int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int grade)
                || !double.TryParse(sides[1], NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double gain)
                || !double.IsFinite(gain) || !gains.TryAdd(grade, gain))
            {
                problems.Add($"gain \"{text}\" of ndcg is not of the form grade=gain, each grade once, as in ndcg.1=3,2=9");
            }
        }

        var table = new GainTable(GainKind.Linear, gains);
        return [new RankingMeasure($"ndcg_{string.Join(',', parameters)}", Summary.Mean, (r, _) => r.NdcgAt(int.MaxValue, table))];
    }

    // One character a rank: the grade, > above 9, - not in the pool, . in the pool and not judged.
    private static IEnumerable<RankingMeasure> RelevanceString(IReadOnlyList<string> parameters, List<string> problems)
    {
        int length = 10;
        if (parameters.Count > 1 || (parameters.Count == 1 && (!int.TryParse(parameters[0], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length < 1)))
        {
            problems.Add($"length \"{string.Join(',', parameters)}\" of relstring is not one whole number of at least 1");
        }

        return [new RankingMeasure(parameters.Count == 0 ? "relstring" : $"relstring_{parameters[0]}", Summary.Text, (_, _) => 0, NeedsOrder: true) { Text = r => CharactersOf(r, length) }];
    }

    private static string CharactersOf(JudgedRanking ranking, int length) => string.Create(Math.Min(length, ranking.Grades.Length), ranking, static (characters, ranking) =>
    {
        for (int i = 0; i < characters.Length; i++)
        {
            characters[i] = ranking.Grades[i] switch { Judgements.NotPooled => '-', Judgements.PooledUnjudged => '.', > 9 => '>', var grade => (char)('0' + grade) };
        }
    });

    // Parameters p=0.8 and grade=gain, as in rbp.p=0.8,1=0.5,2=1.
    private static IEnumerable<RankingMeasure> RankBiased(
        string name, IReadOnlyList<string> parameters, List<string> problems, Func<JudgedRanking, double, IReadOnlyDictionary<int, double>, double> value)
    {
        double? persistence = null;
        var gains = new Dictionary<int, double>();
        foreach (string text in parameters)
        {
            string[] sides = text.Split('=');
            if (sides.Length != 2 || !double.TryParse(sides[1], NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            {
                problems.Add($"parameter \"{text}\" of {name} is not of the form p=persistence or grade=gain, as in {name}.p=0.8");
            }
            else if (sides[0] == "p" && persistence is null && number is > 0 and < 1)
            {
                persistence = number;
            }
            else if (sides[0] == "p" || !int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int grade) || !gains.TryAdd(grade, number))
            {
                problems.Add($"parameter \"{text}\" of {name}: p lies between 0 and 1, grades are whole numbers of at least 0, each stands once");
            }
        }

        double p = persistence ?? RankBiasedPrecision.DefaultPersistence;
        return [new RankingMeasure(parameters.Count == 0 ? name : $"{name}_{string.Join(',', parameters)}", Summary.Mean, (r, _) => value((JudgedRanking)r, p, gains), NeedsOrder: true)];
    }

    private static GainTable TableOf(RankingOptions options) => options.Gain == GainKind.Linear ? GainTable.Linear : GainTable.Exponential;

    // Precision at that multiple of R, rounded up to a whole rank nearly as recall points are.
    private static double PrecisionAtShareOfR(IRankingMeasures ranking, double share)
    {
        int k = (int)((share * ranking.Relevant) + 0.9);
        return k == 0 ? 0 : ranking.PrecisionAt(k);
    }

    private static double ElevenPoints(JudgedRanking ranking)
    {
        double sum = 0;
        for (int i = s_tenths.Length - 1; i >= 0; i--)
        {
            sum += ranking.InterpolatedPrecisionAt(s_tenths[i]);
        }

        return sum / s_tenths.Length;
    }

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;

    private static double Harmonic(double precision, double recall) => precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;

    private sealed record Family(string Name, Func<IReadOnlyList<string>, List<string>, IEnumerable<RankingMeasure>> Columns);
}
