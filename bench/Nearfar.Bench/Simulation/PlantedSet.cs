using System.Globalization;
using Nearfar.Evaluation;
using Nearfar.Gating;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Simulation;

/// <summary>The questions of a gate set that only exists in numbers: documents they ask for and cohorts they fall into.</summary>
/// <remarks>
/// Families overlap: <c>intent</c> by the sizes asked for; <c>language</c> and <c>product</c> by document, language half bound to the intent;
/// <c>length</c> by question, across documents; <c>page</c> by document.
/// </remarks>
internal sealed class PlantedSet
{
    private static readonly int[] s_perDocument = [1, 1, 1, 2, 2, 3, 5];      // mean 2.1; the effective number is about half of the questions

    private PlantedSet(int[] intent, int[] document, IReadOnlyDictionary<string, string>[] cohorts)
    {
        (Intent, Document, Cohorts) = (intent, document, cohorts);
        Documents = document[^1] + 1;
        Ids = [.. Enumerable.Range(0, Count).Select(i => Name("q", i, 5))];
        DocumentIds = [.. Enumerable.Range(0, Documents).Select(d => Name("d", d, 5))];
        Members = cohorts[0].Keys.SelectMany(a => Enumerable.Range(0, Count).GroupBy(i => cohorts[i][a], StringComparer.Ordinal)
            .Select(g => (Cohort: new CohortKey(a, g.Key), Questions: g.ToArray())))
            .OrderBy(c => c.Cohort.Attribute, StringComparer.Ordinal).ThenBy(c => c.Cohort.Value, StringComparer.Ordinal).ToDictionary(c => c.Cohort, c => c.Questions);
    }

    /// <summary>40 intents by a power law, 2,000 questions down to 14; 5,356 in all.</summary>
    public static int[] PowerLaw => [.. Enumerable.Range(1, 40).Select(c => (int)Math.Round(2000 * Math.Pow(c, -1.35)))];

    /// <summary>40 intents of 134 questions.</summary>
    public static int[] Equal => [.. Enumerable.Repeat(134, 40)];

    public int Count => Intent.Length;

    public int Documents { get; }

    public int[] Intent { get; }

    /// <summary>Number of the document each question asks for, ascending.</summary>
    public int[] Document { get; }

    public string[] Ids { get; }

    public string[] DocumentIds { get; }

    public IReadOnlyDictionary<string, string>[] Cohorts { get; }

    /// <summary>The questions of every cohort.</summary>
    public IReadOnlyDictionary<CohortKey, int[]> Members { get; }

    public static CohortKey IntentKey(int intent) => new("intent", Name("i", intent, 2));

    /// <param name="sizes">Questions of each intent.</param>
    /// <param name="seed">Of documents and the other families.</param>
    /// <param name="single">One question a document.</param>
    /// <param name="families">Also the families beside intent.</param>
    public static PlantedSet Create(int[] sizes, ulong seed, bool single = false, bool families = true)
    {
        var random = SeededRandom.For(seed, 0, "planted set");
        var intent = new List<int>();
        var document = new List<int>();
        var cohorts = new List<IReadOnlyDictionary<string, string>>();
        int documents = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            for (int left = sizes[i]; left > 0; documents++)
            {
                int questions = Math.Min(left, single ? 1 : s_perDocument[random.Below(s_perDocument.Length)]);
                left -= questions;
                double u = random.Uniform();
                string language = Name("l", random.Below(2) == 0 ? i % 6 : (int)(6 * u * u), 1);
                string product = Name("p", (int)(12 * Math.Pow(random.Uniform(), 3)), 2);
                string page = random.Below(2) == 0 ? "known" : "new";
                for (int q = 0; q < questions; q++)
                {
                    string length = random.Below(10) switch { < 2 => "short", < 8 => "medium", _ => "long" };
                    intent.Add(i);
                    document.Add(documents);
                    cohorts.Add(families
                        ? new Dictionary<string, string>(StringComparer.Ordinal) { ["intent"] = IntentKey(i).Value, ["language"] = language, ["length"] = length, ["page"] = page, ["product"] = product }
                        : new Dictionary<string, string>(StringComparer.Ordinal) { ["intent"] = IntentKey(i).Value });
                }
            }
        }

        return new PlantedSet([.. intent], [.. document], [.. cohorts]);
    }

    /// <summary>Mean true change of a cohort when each question changes by <paramref name="change"/>.</summary>
    public double MeanOf(CohortKey cohort, double[] change) => Members[cohort].Average(i => change[i]);

    private static string Name(string letter, int number, int digits) => letter + number.ToString("D" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
