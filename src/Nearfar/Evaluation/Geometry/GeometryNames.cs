namespace Nearfar.Evaluation.Geometry;

/// <summary>Names of the measures of <see cref="SpaceGeometry"/>.</summary>
public static class GeometryNames
{
    private const double EnoughOutOfOrder = 1;      // so many questions' worth of pairs

    /// <summary>Texts, or questions, from which on a distance's interval holds what it says.</summary>
    internal const int EnoughTexts = 100;

    /// <summary>Mean squared distance of a query to its positives, 0 to 4; lower is nearer. Wang and Isola 2020, arXiv:2005.10242, a = 2.</summary>
    public const string Alignment = "alignment";

    /// <summary>log of the mean of exp(-2 distance²) over pairs of documents; 0 when collapsed, about -4 when spread evenly. Wang and Isola 2020, t = 2.</summary>
    public const string Uniformity = "uniformity";

    /// <summary>Mean cosine of two documents; 0 when spread evenly. Ethayarajh 2019, arXiv:1909.00512.</summary>
    public const string Anisotropy = "anisotropy";

    /// <summary>Least over greatest partition function along the principal directions, 0 to 1. Mu and Viswanath 2018, arXiv:1702.01417, eq. 5.</summary>
    public const string Isotropy = "isotropy";

    /// <summary>0 (one direction) to 1 (all dimensions alike). Rudman et al. 2022, arXiv:2108.07344.</summary>
    public const string IsoScore = "iso_score";

    /// <summary>exp of the entropy of the centred singular values, 1 to D. Roy and Vetterli 2007; RankMe, Garrido et al. 2023, arXiv:2210.02885.</summary>
    public const string EffectiveRank = "effective_rank";

    /// <summary>(sum of the covariance's eigenvalues)² / sum of their squares, 1 to D.</summary>
    public const string ParticipationRatio = "participation_ratio";

    /// <summary>Skewness of N_k, how many queries have a document among their first k. Radovanović et al. 2010, JMLR 11.</summary>
    public const string HubSkew = "hub_skew";

    /// <summary>Share of all places in the top k that would have to move for every document to be found equally often, 0 to 1. Feldbauer et al. 2018.</summary>
    public const string HubRobinHood = "hub_robin_hood";

    /// <summary>Share of documents that no query finds.</summary>
    public const string AntiHubShare = "anti_hub_share";

    /// <summary>Share of documents with N_k at least 2 k.</summary>
    public const string HubShare = "hub_share";

    /// <summary>Probability that a positive of any query is above a negative of any query, ties 1/2: whether one threshold can serve all. DeLong et al. 1988.</summary>
    public const string PooledAuc = "pooled_auc";

    /// <summary>Whether an interval of this measure holds the truth only roughly as often as it says: docs/decisions/intervals-of-figures.md.</summary>
    /// <param name="name">One of these names.</param>
    /// <param name="estimate">Of the measure.</param>
    internal static bool IsRough(string name, Estimate estimate) => name switch
    {
        HubSkew or HubRobinHood or AntiHubShare or HubShare => true,
        Alignment or Uniformity or Anisotropy => estimate.N < EnoughTexts,
        PooledAuc => estimate.N * (1 - estimate.Value) < EnoughOutOfOrder,
        _ => false,
    };
}
