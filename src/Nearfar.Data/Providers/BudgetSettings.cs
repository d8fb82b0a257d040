namespace Nearfar.Data;

/// <summary>Section <c>encoder.budget</c>: what one command may spend at a provider.</summary>
public sealed record BudgetSettings
{
    /// <summary>Tokens, at least 1.</summary>
    public long? Tokens { get; init; }

    /// <summary>Money, above 0, in the currency of <see cref="PricePerMillion"/>.</summary>
    public double? Money { get; init; }

    /// <summary>Price of a million tokens, above 0; needed with <see cref="Money"/>.</summary>
    public double? PricePerMillion { get; init; }

    /// <summary>The lower of both limits in tokens.</summary>
    internal long Limit => Math.Min(Tokens ?? long.MaxValue, Money is { } money && PricePerMillion is { } price ? (long)Math.Min(9e18, money / price * 1e6) : long.MaxValue);
}
