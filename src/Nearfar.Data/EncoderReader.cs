using Nearfar.Data.Hub;
using Nearfar.Encoding;
using Nearfar.Text;

namespace Nearfar.Data;

/// <summary>Reads the section <c>encoder</c>: a static encoder, an adapter, an ONNX folder or a provider's model.</summary>
internal static class EncoderReader
{
    public static EncoderSettings Read(YamlSection? section, WorkspacePaths paths)
    {
        if (section is null)
        {
            return new EncoderSettings();
        }

        var encoder = new EncoderSettings
        {
            IdfPower = section.Number("idf_power", 0, 4),
            ExtraDimensions = section.Integer("extra_dimensions", 0, 4096),
            ExtraShare = section.Number("extra_share", 0, 1, above: true),
            Grams = ReadGrams(section.Section("grams")),
            TermFrequency = section.OneOf("term_frequency", "count", "root", "once") is { } frequency ? Enum.Parse<TermFrequency>(frequency, ignoreCase: true) : null,
            Lead = ReadLead(section.Section("lead")),
            Pivot = section.Number("pivot", 0, 8),
            Kind = section.OneOf("kind", "static", "adapter", "onnx", "openai", "azure", "ollama") ?? "static",
            Dimensions = section.Integer("dimensions", 1, 65536),
            From = HubReference.IsMeant(section.Text("from")) || (section.Text("kind") == "adapter" && Providers.ProviderEncoder.IsProvider(section.Text("from") ?? "")) ? section.Text("from") : paths.Of(section, "from"),
            Rank = section.Integer("rank", 1, 65536),
            Model = section.Text("model"),
            Deployment = section.Text("deployment"),
            Endpoint = section.Text("endpoint"),
            KeyEnv = section.Text("key_env"),
            Batch = section.Integer("batch", 1, 2048),
            BatchTokens = section.Integer("batch_tokens", 1),
            TimeoutSeconds = section.Number("timeout_seconds", 0, 86400, above: true),
            Budget = ProviderReader.ReadBudget(section.Section("budget")),
            MaxTokens = section.Integer("max_tokens", 1),
            QueryPrompt = section.Text("query_prompt"),
            DocumentPrompt = section.Text("document_prompt"),
        };
        section.Done();
        ProviderReader.Check(section, encoder);
        if (HubReference.IsMeant(encoder.From) && HubReference.Parse(encoder.From!) is null)
        {
            section.Problem("from", $"wanted hf:owner/name or hf:owner/name@revision, came \"{encoder.From}\".");
        }

        if (encoder is { ExtraDimensions: > 0, From: null })
        {
            section.Problem("extra_dimensions", "stand behind those of a model folder. Name one (from), or raise dimensions.");
        }

        if (encoder is { ExtraShare: not null, ExtraDimensions: null or 0 })
        {
            section.Problem("extra_share", "weighs the extra dimensions. Set extra_dimensions, or leave extra_share out.");
        }

        if (encoder.ExtraShare >= 1)
        {
            section.Problem("extra_share", "wanted below 1: at 1 the model's own dimensions would count for nothing.");
        }

        if (encoder is { Pivot: > 0, From: not null, ExtraDimensions: null or 0 })
        {
            section.Problem("pivot", "needs a dimension of its own. Set extra_dimensions to 1 or more.");
        }

        if (encoder.Kind is "onnx" or "adapter" && encoder.From is null)
        {
            section.Problem("kind", $"{encoder.Kind} needs from, a model folder{(encoder.Kind == "adapter" ? ", hf:owner/name, or a provider's kind: openai, azure or ollama" : "")}.");
        }

        CheckAdapter(section, encoder);

        return encoder;
    }

    private static void CheckAdapter(YamlSection section, EncoderSettings encoder)
    {
        if (encoder.Kind != "adapter")
        {
            if (encoder.Rank is not null)
            {
                section.Problem("rank", $"is an adapter's; this kind is {encoder.Kind}. Remove it, or write kind: adapter.");
            }

            return;
        }

        string[] unread = encoder.IsAdapterOfProvider ? [] : ["idf_power", "extra_dimensions", "extra_share", "grams", "term_frequency", "lead", "pivot", "dimensions"];
        foreach (string key in unread.Where(section.Has))
        {
            section.Problem(key, "an adapter leaves the frozen encoder as it is. Remove it, or train the encoder itself (kind: static).");
        }
    }

    private static LeadOptions? ReadLead(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var defaults = new LeadOptions();
        var lead = new LeadOptions
        {
            Of = section.OneOf("of", "beginning", "title") == "title" ? LeadField.Title : LeadField.Beginning,
            Tokens = section.Integer("tokens", 1, 4096) ?? defaults.Tokens,
            Weight = section.Integer("weight", 2, 64) ?? defaults.Weight,
        };
        section.Done();
        return lead;
    }

    private static GramOptions? ReadGrams(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var defaults = new GramOptions();
        var grams = new GramOptions
        {
            Buckets = section.Integer("buckets", 1, 10_000_000) ?? defaults.Buckets,
            Min = section.Integer("min", 1, 10) ?? defaults.Min,
            Max = section.Integer("max", 1, 10) ?? defaults.Max,
            AllWords = section.OneOf("all_words", "true", "false") == "true",
            WordPairs = section.OneOf("word_pairs", "true", "false") == "true",
            Characters = section.OneOf("characters", "true", "false") != "false",
        };
        section.Done();
        foreach (string problem in grams.Problems())
        {
            section.Problem("buckets", problem + ".");
        }

        return grams;
    }
}
