namespace Nearfar.Data;

/// <summary>What in the section <c>encoder</c> belongs to a provider: its budget, and which keys go with which kind.</summary>
internal static class ProviderReader
{
    private static readonly string[] s_providerKeys = ["model", "deployment", "endpoint", "key_env", "batch", "batch_tokens", "timeout_seconds", "budget"];

    private static readonly string[] s_localKeys = ["max_tokens", "idf_power", "extra_dimensions", "extra_share", "grams", "term_frequency", "lead", "pivot"];

    public static void Check(YamlSection section, EncoderSettings encoder)
    {
        string kind = encoder.Provider ?? encoder.Kind;
        if (encoder.Provider is null)
        {
            foreach (string key in s_providerKeys.Where(section.Has))
            {
                section.Problem(key, $"only openai, azure and ollama have one; this kind is {kind}. A local model folder is from.");
            }

            return;
        }

        if ((encoder.Model ?? encoder.Deployment) is null)
        {
            section.Problem("kind", $"{kind} needs model, the name of the provider's model{(kind == "azure" ? ", or deployment" : "")}.");
        }

        if (kind == "azure" && encoder.Endpoint is null)
        {
            section.Problem("kind", "azure needs endpoint, such as https://NAME.openai.azure.com.");
        }

        if (kind != "azure" && encoder.Deployment is not null)
        {
            section.Problem("deployment", $"only azure has deployments; this kind is {kind}. Write model.");
        }

        if (encoder.From is not null && !encoder.IsAdapterOfProvider)
        {
            section.Problem("from", $"{kind} has no folder to start from. Remove from, or choose another kind.");
        }

        foreach (string key in s_localKeys.Where(section.Has))
        {
            section.Problem(key, $"the provider's model decides that; {kind} has no such setting. Remove it.");
        }
    }

    public static BudgetSettings? ReadBudget(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var budget = new BudgetSettings
        {
            Tokens = section.Long("tokens", 1, long.MaxValue),
            Money = section.Number("money", 0, above: true),
            PricePerMillion = section.Number("price_per_million", 0, above: true),
        };
        if (budget.Money is not null && budget.PricePerMillion is null)
        {
            section.Problem("money", "needs price_per_million, the price of a million tokens.");
        }

        if (budget.Tokens is null && budget.Money is null)
        {
            section.Problem("tokens", "or money is wanted.");
        }

        section.Done();
        return budget;
    }
}
