namespace Nearfar.Data.Checking;

/// <summary>When the rules that rank the corpus run.</summary>
public enum RankingDepth
{
    /// <summary>While questions times documents stay below <see cref="WorkspaceCheck.MostComparisons"/>; else the report says that they did not run.</summary>
    BySize,

    /// <summary>Never.</summary>
    Never,

    /// <summary>Whatever the size.</summary>
    Always,
}
