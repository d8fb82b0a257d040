using Nearfar.Gating;
using Nearfar.Training.Sampling;

namespace Nearfar.Bench.Simulation;

/// <summary>Shape of margins within a cohort, standard deviation about .12.</summary>
internal enum MarginShape
{
    /// <summary>Nine of ten bell-shaped about .29, one of ten about .02, shifted to the cohort's mean.</summary>
    Mixture,

    /// <summary>A long tail to the left: minus a gamma of shape 2.</summary>
    Tail,
}

/// <summary>What is true about two models, before anything is drawn.</summary>
internal sealed record PlantedTruth
{
    /// <summary>Share of questions whose recall differs between two equal models.</summary>
    public double Discordant { get; init; } = 0.10;

    /// <summary>Spread between cohorts of margin means and, centred on <see cref="Recall"/>, of recall.</summary>
    public double Spread { get; init; } = 0.03;

    public MarginShape Shape { get; init; }

    /// <summary>Mean of the cohorts' recall.</summary>
    public double Recall { get; init; } = 0.8;

    /// <summary>Mean of the cohorts' margin means.</summary>
    public double MarginMean { get; init; } = 0.26;

    /// <summary>Least true margin mean of a healthy cohort.</summary>
    public double LeastMargin { get; init; } = 0.185;

    /// <summary>True margin means of single intents.</summary>
    public IReadOnlyDictionary<int, double> Margins { get; init; } = new Dictionary<int, double>();

    /// <summary>Fall of recall of every question.</summary>
    public double Fall { get; init; }

    /// <summary>Fall of recall of single cohorts.</summary>
    public IReadOnlyList<(CohortKey Cohort, double Fall)> Falls { get; init; } = [];

    /// <summary>Standard deviation of true changes between intents, mean 0: two equal recipes that differ a little everywhere.</summary>
    public double ChangeSpread { get; init; }

    /// <summary>A fall comes on top of the questions that change anyway; else of those that change, more fall than rise.</summary>
    public bool OnTop { get; init; }

    /// <summary>How much questions of one document change together: chance to share the document's draw.</summary>
    public double Together { get; init; } = 0.5;

    /// <summary>Spread of margins between documents of a cohort.</summary>
    public double DocumentSpread { get; init; } = 0.04;

    /// <summary>Share of the questions that forbid a document which show it.</summary>
    public double Violations { get; init; } = 0.01;

    /// <summary>True fall of each question's recall.</summary>
    public double[] FallsOf(PlantedSet set, SeededRandom random)
    {
        double[] falls = new double[set.Count];
        Array.Fill(falls, Fall);
        foreach (var (cohort, fall) in Falls)
        {
            foreach (int i in set.Members[cohort])
            {
                falls[i] += fall;
            }
        }

        if (ChangeSpread > 0)
        {
            double[] intents = [.. Enumerable.Range(0, set.Intent[^1] + 1).Select(_ => ChangeSpread * random.Bell())];
            for (int i = 0; i < falls.Length; i++)
            {
                falls[i] += intents[set.Intent[i]];
            }
        }

        return falls;
    }
}
