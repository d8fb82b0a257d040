namespace Nearfar.Data.Providers;

/// <summary>What a provider's encoder has cost so far.</summary>
/// <param name="Calls">Calls made, retries among them.</param>
/// <param name="Retries">Calls made again after a failure.</param>
/// <param name="Texts">Texts sent and answered, the 8 probes of the space among them.</param>
/// <param name="FromCache">Texts whose vectors were on disk.</param>
/// <param name="Tokens">Tokens as the provider counted them.</param>
/// <param name="TokensEstimated">Whether some of the tokens are an upper bound: the provider counted none, or its answer was lost.</param>
/// <param name="Cost">Tokens at the price of the budget; null without a price.</param>
public sealed record ProviderUsage(int Calls, int Retries, int Texts, int FromCache, long Tokens, bool TokensEstimated, double? Cost);
