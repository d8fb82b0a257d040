namespace Nearfar.Evaluation.Ranking;

/// <summary>The measures of one query's ranking: exact for an order that is known, expected where ties leave it open.</summary>
internal interface IRankingMeasures
{
    /// <summary>Documents ranked.</summary>
    int Retrieved { get; }

    /// <summary>Relevant documents known, R.</summary>
    int Relevant { get; }

    /// <summary>Relevant documents ranked.</summary>
    int RelevantRetrieved { get; }

    /// <summary>Documents ranked that were judged as not relevant.</summary>
    int NonRelevantRetrieved { get; }

    /// <summary>Relevant documents in the top k.</summary>
    double RelevantIn(int k);

    /// <summary>Share of the relevant documents in the top k.</summary>
    double RecallAt(int k);

    /// <summary>Whether a relevant document is in the top k.</summary>
    double HitAt(int k);

    /// <summary>Relevant documents in the top k, divided by k.</summary>
    double PrecisionAt(int k);

    /// <summary>1 / rank of the first relevant document within the top k.</summary>
    double ReciprocalRankAt(int k);

    /// <summary>Average precision over the top k.</summary>
    double AveragePrecisionAt(int k, MapDenominator denominator);

    /// <summary>nDCG over the top k.</summary>
    double NdcgAt(int k, GainTable gains);

    /// <summary>Binary preference.</summary>
    double BinaryPreference { get; }

    /// <summary>Unjudged documents in the top k, divided by k.</summary>
    double UnjudgedAt(int k);
}
