namespace Nearfar.Mining;

/// <summary>How negatives are chosen among the candidates that the rules admit.</summary>
public enum MiningSampling
{
    /// <summary>The nearest ones.</summary>
    Top,

    /// <summary>Drawn with the seed from all admitted candidates, then put into the order of their ranks.</summary>
    Random,

    /// <summary>Drawn with the seed from the whole corpus, without any ranker or rank: a control, not a recipe.</summary>
    Uniform,
}
