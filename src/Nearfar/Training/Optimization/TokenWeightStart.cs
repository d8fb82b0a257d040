namespace Nearfar.Training.Optimization;

/// <summary>What the factors of tokens begin with.</summary>
public enum TokenWeightStart
{
    /// <summary>1: the start encoder's own rows.</summary>
    Uniform,

    /// <summary>ln((N + 1) / (df + 1)) + 1 of N training texts, df those with the token: rows as <see cref="StartOptions.IdfPower"/> 1 weighs them.</summary>
    Idf,
}
