namespace Nearfar.Training;

/// <summary>Recipes for people who do not want to choose: how much is tried before dev decides.</summary>
public enum Preset
{
    /// <summary>One recipe, its batch and epochs by the number of rows.</summary>
    Fast,

    /// <summary>Two rates, and word weights with extra dimensions: three or four runs. What is kept can be read by other libraries.</summary>
    Balanced,

    /// <summary>Also temperatures, and parts and pairs of words as tokens, which only Nearfar reads.</summary>
    Best,
}
