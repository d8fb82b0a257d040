using System.Globalization;

namespace Nearfar.Data.Providers;

/// <summary>Counts tokens and refuses the call that could exceed the limit, before it is made.</summary>
/// <remarks>
/// How many tokens a text has is known after the call only. Before it the number of UTF-8 bytes, plus 2 for the marks that some models add,
/// bounds it from above: a token of a byte-level or word-piece vocabulary spans at least one byte. Not thread-safe.
/// </remarks>
internal sealed class TokenBudget(BudgetSettings? settings)
{
    private readonly long _limit = settings?.Limit ?? long.MaxValue;

    /// <summary>Tokens spent, as the provider counted them, else by the upper bound.</summary>
    public long Spent { get; private set; }

    /// <summary>Whether some of it is the upper bound.</summary>
    public bool Estimated { get; private set; }

    /// <summary>Tokens that may still be spent.</summary>
    public long Left => Math.Max(0, _limit - Spent);

    /// <summary>What was spent in money; null without a price.</summary>
    public double? Cost => settings?.PricePerMillion is { } price ? Spent * price / 1e6 : null;

    /// <summary>Most tokens that a text can have.</summary>
    public static long MostTokens(string text) => System.Text.Encoding.UTF8.GetByteCount(text) + 2L;

    /// <exception cref="NearfarException">A call of so many tokens could exceed the budget.</exception>
    public void ThrowUnlessLeft(long most)
    {
        if (most > Left)
        {
            string cost = Cost is { } money ? string.Create(CultureInfo.InvariantCulture, $" ({money:0.####} of {settings!.Money ?? _limit * settings.PricePerMillion!.Value / 1e6:0.####})") : "";
            throw new NearfarException(string.Create(CultureInfo.InvariantCulture,
                $"The budget is spent: {Spent} of {_limit} tokens{cost}, and the next call may need up to {most} more. It was not made. All vectors paid for are kept; raise encoder.budget and run the same command again."));
        }
    }

    /// <summary>Counts a call.</summary>
    /// <param name="counted">By the provider; null: not said, or the answer was lost.</param>
    /// <param name="most">Upper bound, counted when the provider said nothing.</param>
    public void Spend(long? counted, long most)
    {
        Estimated |= counted is null;
        Spent += counted ?? most;
    }
}
