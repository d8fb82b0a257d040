using System.Globalization;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Losses;
using Nearfar.Training.Optimization;
using Nearfar.Training.Sampling;
using Nearfar.Training.Streaming;

namespace Nearfar.Data;

/// <summary>Reads the section <c>train</c> and what in it must fit the rest of the file.</summary>
internal static class TrainReader
{
    private static readonly string[] s_rules = ["text", "answer", "label", "hard", "shuffled"];

    public static TrainSettings Read(YamlSection? section, IReadOnlyList<CohortRule> cohorts, EncoderSettings encoder, DataSettings data, Func<YamlSection, string, string?> pathOf, Func<YamlSection, int?, TrainMiningSettings?> miningOf)
    {
        if (section is null)
        {
            return new TrainSettings();
        }

        int? hardNegatives = section.Integer("hard_negatives", 0);
        var train = new TrainSettings
        {
            Preset = section.OneOf("preset", "fast", "balanced", "best") switch { "fast" => Preset.Fast, "balanced" => Preset.Balanced, "best" => Preset.Best, _ => null },
            Loss = LossReader.Read(section),
            Batch = section.Integer("batch", 2),
            Epochs = section.Integer("epochs", 1),
            Rate = section.Number("rate", 0, above: true),
            Optimizer = OptimizerReader.Read(section),
            Warmup = section.Number("warmup", 0, 1),
            Schedule = section.OneOf("schedule", "linear", "cosine", "constant") switch { "cosine" => RateSchedule.Cosine, "constant" => RateSchedule.Constant, "linear" => RateSchedule.Linear, _ => null },
            HardNegatives = hardNegatives,
            Mining = miningOf(section, hardNegatives),
            OtherPositives = section.OneOf("other_positives", "masked", "negatives") switch { "negatives" => OtherPositives.Negatives, "masked" => OtherPositives.Masked, _ => null },
            MaxTokens = section.Integer("max_tokens", 1),
            MinBatchShare = section.Number("min_batch_share", 0, 1),
            Evaluations = section.Integer("evaluations", 1),
            Patience = section.Integer("patience", 0, 1000),
            Average = ReadAverage(section),
            Batches = section.OneOf("batches", s_rules) is { } rule && Array.IndexOf(s_rules, rule) is var at and >= 0 ? (BatchRule)at : null,
            Mix = section.OneOf("mix", "proportional", "round-robin", "temperature") switch { "round-robin" => MixRule.RoundRobin, "temperature" => MixRule.Temperature, "proportional" => MixRule.Proportional, _ => null },
            MixTemperature = section.Number("mix_temperature", 1, 100),
            Balance = ReadBalance(section.Section("balance"), cohorts),
            Labels = section.Text("labels") is { } labels && labels != "positive" ? Declared(section, "labels", labels, cohorts) : null,
            Guide = pathOf(section, "guide"),
            Chunk = section.Integer("chunk", 2),
            TokenWeights = section.Section("token_weights") is { } weights ? ReadTokenWeights(weights) : null,
            Stream = section.Section("stream") is { } stream ? ReadStream(stream) : null,
            Seed = section.Long("seed", 0, long.MaxValue),
        };
        section.Done();
        CheckTogether(section, train, encoder, data);
        return train;
    }

    private static void CheckTogether(YamlSection section, TrainSettings train, EncoderSettings encoder, DataSettings data)
    {
        if (train.Mix is not null && data.TrainSets.Count < 2)
        {
            section.Problem("mix", "mixes data sets, and data.train names one. Write data.train as a list, or remove mix.");
        }

        if (train.MixTemperature is not null && train.Mix != MixRule.Temperature)
        {
            section.Problem("mix_temperature", "belongs to mix: temperature.");
        }

        if (train.Preset is not null && encoder.Kind == "adapter")
        {
            section.Problem("preset", "chooses among recipes for static encoders, which train the vectors themselves; an adapter leaves them as they are. Remove it and set rate and epochs here, or write kind: static.");
        }

        if (train.Chunk is not null && encoder.Kind is "static" or "adapter")
        {
            section.Problem("chunk", "saves memory where a forward pass keeps more than its rows; static encoders and adapters keep none. Remove it.");
        }

        if (train.TokenWeights is not null)
        {
            if (encoder.Kind != "static")
            {
                section.Problem("token_weights", $"are factors of a static encoder's tokens; the encoder here is {encoder.Kind}. Remove them.");
            }

            foreach (string problem in train.TokenWeights.Problems(train.Optimizer ?? OptimizerOptions.Default))
            {
                section.Problem("token_weights", problem);
            }
        }

        if (train.MaxTokens is { } tokens)
        {
            CheckMaxTokens(section, tokens, encoder);
        }

        if (train.OtherPositives == OtherPositives.Negatives && (train.Loss is not { } choice || LossRegistry.Problems(choice).Count == 0) && LossFit.OtherPositives(train.Loss ?? "mnrl") is { } unread)
        {
            section.Problem("other_positives", $"is negatives, and {unread}");
        }

        if (train.Stream is not null)
        {
            CheckStream(section, train, encoder, data);
        }

        if (train.Batches == BatchRule.Label && train.Batch is < 4)
        {
            section.Problem("batch", "must be at least 4 for batches: label (two rows of two labels).");
        }

        var needs = (train.Loss is { } loss && LossRegistry.Problems(loss).Count == 0 ? LossRegistry.Create(loss) : LossRegistry.Create("mnrl")).Needs;
        bool reads = (needs & (LossNeeds.Guide | LossNeeds.TeacherScores)) != 0;
        if (reads && train.Guide is null)
        {
            section.Problem("loss", $"{train.Loss!.Name} reads another encoder's vectors. Add guide: FOLDER, a model folder.");
        }

        if (!reads && train.Guide is not null)
        {
            section.Problem("guide", $"is named, and loss {train.Loss?.Name ?? "mnrl"} reads none. Remove it.");
        }

        if (train is { Mining: not null, Loss: { } named } && LossRegistry.Problems(named).Count == 0 && LossRegistry.Of(named.Name) is var read && (read.Rows != LossRows.Pairs || read.MaxHardNegatives == 0))
        {
            section.Problem("mining", $"finds hard negatives, and loss {named.Name} reads none beside a pair. Remove it, or use mnrl.");
        }

        if (train.Labels is not null && train.Batches is not null and not BatchRule.Label && !needs.HasFlag(LossNeeds.Labels))
        {
            section.Problem("labels", "are read by batches: label and by losses over groups; here neither is chosen. Remove them.");
        }
    }

    // The limit of a model folder is not known here: the start compares it.
    private static void CheckMaxTokens(YamlSection section, int tokens, EncoderSettings encoder)
    {
        if (encoder.Kind != "static")
        {
            section.Problem("max_tokens", $"cuts texts that become tokens in training; encoder kind {encoder.Kind} is not trained on them. Remove it.");
        }
        else if ((encoder.MaxTokens ?? (encoder.From is null ? StartOptions.DefaultMaxTokens : null)) is { } limit && tokens > limit)
        {
            section.Problem("max_tokens", string.Create(CultureInfo.InvariantCulture, $"is {tokens}, and the encoder reads {limit} tokens of a text. Lower it, or raise encoder.max_tokens."));
        }
    }

    private static TokenWeightOptions ReadTokenWeights(YamlSection section)
    {
        var weights = new TokenWeightOptions();
        weights = weights with { Rate = section.Number("rate", 0, 10, above: true) ?? weights.Rate };
        section.Done();
        return weights;
    }

    private static StreamOptions ReadStream(YamlSection section)
    {
        var stream = new StreamOptions();
        stream = stream with { Buffer = section.Integer("buffer", 1024, 100_000_000) ?? stream.Buffer };
        section.Done();
        return stream;
    }

    private static void CheckStream(YamlSection section, TrainSettings train, EncoderSettings encoder, DataSettings data)
    {
        var defaults = new TrainingOptions();
        var options = defaults with { Stream = train.Stream, Loss = train.Loss ?? defaults.Loss, Batch = train.Batch ?? defaults.Batch, Batches = train.Batches, Balance = train.Balance, Labels = train.Labels, Mix = train.Mix ?? defaults.Mix };
        foreach (string problem in train.Stream!.Problems(options))
        {
            section.Problem("stream", problem);
        }

        void Refuse(bool refused, string why)
        {
            if (refused)
            {
                section.Problem("stream", why);
            }
        }

        Refuse(encoder.Kind != "static", $"reads its texts again and again, and encoder kind {encoder.Kind} embeds each once and keeps the vectors. Write encoder: {{kind: static}}, or remove stream.");
        Refuse(train.Preset is not null, "trains one recipe; a preset chooses by the size of data in memory. Remove one of them.");
        Refuse(train.Guide is not null, "does not hold another encoder's vectors. Remove guide or stream.");
        Refuse(data.AllTrain.Any(source => source.Columns.Count > 0 || source.Split is not null || Directory.Exists(source.Path) || DataReader.IsCsv(source) || DataReader.IsParquet(source)), "reads JSONL, plain, gzip or zstd. Write the pairs as JSONL (nearfar pairs).");
        if (train.Stream.ProblemOf(data.TrainSets.Count, options.Batch) is { } small)
        {
            section.Problem("stream", small);
        }
    }

    private static AveragingOptions? ReadAverage(YamlSection train)
    {
        if (train.Section("average") is not { } section)
        {
            return null;
        }

        var average = new AveragingOptions(section.Number("tail", 0, 1, above: true), section.Number("decay", 0, 1, above: true));
        if (section.Has("tail") == section.Has("decay"))
        {
            train.Problem("average", section.Has("tail") ? "has both tail and decay. Keep one." : "wants tail: SHARE or decay: FACTOR.");
        }

        if (average.Decay == 1)
        {
            section.Problem("decay", "must be below 1: an average that never moves.");
        }

        section.Done();
        return average;
    }

    private static BalanceOptions? ReadBalance(YamlSection? section, IReadOnlyList<CohortRule> cohorts)
    {
        if (section is null)
        {
            return null;
        }

        string? attribute = section.Text("attribute");
        if (attribute is null)
        {
            section.Problem("attribute", "is missing: the cohort attribute, for example language.");
        }

        var balance = new BalanceOptions(Declared(section, "attribute", attribute, cohorts) ?? "");
        balance = balance with { Power = section.Number("power", 0, 1) ?? balance.Power, Cap = section.Number("cap", 1, 100) ?? balance.Cap };
        section.Done();
        return balance;
    }

    private static string? Declared(YamlSection section, string key, string? attribute, IReadOnlyList<CohortRule> cohorts)
    {
        string[] known = [.. cohorts.Select(c => c.Attribute)];
        if (attribute is not null && !known.Contains(attribute, StringComparer.Ordinal))
        {
            section.Problem(key, known.Length == 0 ? $"\"{attribute}\" is no declared cohort; the workspace declares none. Add it under cohorts." : NearestName.Unknown("cohort", attribute, known));
        }

        return attribute;
    }
}
