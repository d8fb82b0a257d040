using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Simulation;

/// <summary>One draw of what a reference and a candidate do on a planted set. The two are exchangeable wherever no fall is planted.</summary>
/// <remarks>
/// A question's recall changes with the truth's share; questions of a document change together. Where recall does not change, ranks within
/// the top 5 (or behind it) do for twice that share, so recall and nDCG move together and not alike. Margins share the question's own
/// part and differ by a tenth of it; a question with a bad margin misses more often.
/// </remarks>
internal sealed class PlantedRelease
{
    public const int Behind = 11;      // beyond rank 10, 0 in every measure
    private const double OwnNoise = 0.03;

    private PlantedRelease(int count, double[] falls)
    {
        Falls = falls;
        RankBefore = new int[count];
        RankAfter = new int[count];
        MarginBefore = new double[count];
        MarginAfter = new double[count];
        ViolationBefore = new bool[count];
        ViolationAfter = new bool[count];
    }

    /// <summary>True fall of each question's recall@5, in expectation.</summary>
    public double[] Falls { get; }

    /// <summary>Rank of the right document; 11 is behind the tenth.</summary>
    public int[] RankBefore { get; }

    public int[] RankAfter { get; }

    public double[] MarginBefore { get; }

    public double[] MarginAfter { get; }

    public bool[] ViolationBefore { get; }

    public bool[] ViolationAfter { get; }

    /// <param name="set">The questions.</param>
    /// <param name="truth">What is planted.</param>
    /// <param name="seed">Of the whole simulation.</param>
    /// <param name="repetition">Each has its own stream: the result does not depend on the number of threads.</param>
    public static PlantedRelease Draw(PlantedSet set, PlantedTruth truth, ulong seed, int repetition)
    {
        var random = SeededRandom.For(seed, repetition, "planted release");
        var release = new PlantedRelease(set.Count, truth.FallsOf(set, random));
        int intents = set.Intent[^1] + 1;
        double[] recall = [.. Enumerable.Range(0, intents).Select(_ => Math.Clamp(truth.Recall + (truth.Spread * random.Bell()), 0.3, 0.97))];
        double[] margin = [.. Enumerable.Range(0, intents).Select(c => truth.Margins.TryGetValue(c, out double own)
            ? own : Math.Max(truth.LeastMargin, truth.MarginMean + (truth.Spread * random.Bell())))];
        int document = -1;
        double shared = 0;
        double offset = 0;
        for (int i = 0; i < set.Count; i++)
        {
            if (set.Document[i] != document)
            {
                document = set.Document[i];
                shared = random.Uniform();
                offset = truth.DocumentSpread * random.Bell();
            }

            bool isBad = release.DrawMargin(i, margin[set.Intent[i]] + offset, truth.Shape, random);
            double u = random.Uniform() < truth.Together ? shared : random.Uniform();
            release.DrawRanks(i, recall[set.Intent[i]] + (isBad ? -0.27 : 0.03), truth, u, random);
            release.ViolationBefore[i] = random.Uniform() < truth.Violations;
            release.ViolationAfter[i] = random.Uniform() < truth.Violations;
        }

        return release;
    }

    private bool DrawMargin(int i, double mean, MarginShape shape, SeededRandom random)
    {
        bool isBad;
        double own;
        if (shape == MarginShape.Mixture)
        {
            isBad = random.Uniform() < 0.1;
            own = (isBad ? 0.02 + (0.12 * random.Bell()) : 0.29 + (0.09 * random.Bell())) - 0.263;
        }
        else
        {
            double gamma = -Math.Log(1 - random.Uniform()) - Math.Log(1 - random.Uniform());
            isBad = gamma > 3.89;      // one of ten
            own = 0.12 * (2 - gamma) / Math.Sqrt(2);
        }

        MarginBefore[i] = mean + own + (OwnNoise * random.Bell());
        MarginAfter[i] = mean + own + (OwnNoise * random.Bell());
        return isBad;
    }

    private void DrawRanks(int i, double recall, PlantedTruth truth, double u, SeededRandom random)
    {
        double fall = Falls[i];
        double changing = truth.OnTop ? truth.Discordant + Math.Abs(fall) : Math.Max(truth.Discordant, Math.Abs(fall));
        bool lost = u < (changing + fall) / 2;
        bool won = u >= 1 - ((changing - fall) / 2);
        bool found = random.Uniform() < recall;
        bool before = lost || (found && !won);
        bool after = won || (found && !lost);
        RankBefore[i] = Rank(before, random.Uniform());
        bool moves = random.Uniform() < 2 * truth.Discordant;
        double again = random.Uniform();
        RankAfter[i] = before == after && !moves ? RankBefore[i] : Rank(after, again);
    }

    private static int Rank(bool found, double u) => found
        ? u switch { < 0.60 => 1, < 0.75 => 2, < 0.85 => 3, < 0.93 => 4, _ => 5 }
        : u < 0.5 ? 6 + (int)(10 * u) : Behind;
}
