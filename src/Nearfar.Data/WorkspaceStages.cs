using Nearfar.Encoding;
using Nearfar.Gating;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Text;
using Nearfar.Training;

namespace Nearfar.Data;

/// <summary>The options of each stage as a workspace file states them; what it leaves open keeps the stage's default.</summary>
public static class WorkspaceStages
{
    extension(Workspace workspace)
    {
        /// <summary>What training starts from.</summary>
        /// <param name="seed">Overrides the file's seed.</param>
        /// <exception cref="NearfarException">An encoder kind that this tool has no engine for.</exception>
        public StartOptions StartOptions(ulong? seed = null)
        {
            var encoder = workspace.Options.Encoder;
            if (Providers.ProviderEncoder.IsProvider(encoder.Kind))
            {
                throw new NearfarException(workspace.Path, 0, $"encoder kind \"{encoder.Kind}\" is a provider's model: its weights are not here and cannot be trained. "
                    + "Score it with nearfar eval; to train a map of its queries, write encoder: {kind: adapter, from: " + encoder.Kind + ", …}; to train one of your own, write encoder: {kind: static, dimensions: 256} and compare both reports.");
            }

            if (encoder.Kind is not ("static" or "adapter"))
            {
                throw new NearfarException(workspace.Path, 0, $"encoder kind \"{encoder.Kind}\" cannot be trained by nearfar, which trains static encoders and adapters. Transformers are trained by nearfar-torch.");
            }

            if (Hub.HubReference.IsMeant(encoder.From))
            {
                throw new NearfarException(workspace.Path, 0, $"{encoder.From} is not here yet. Fetch it: nearfar train does, as does WithHubModelAsync.");
            }

            var tokenizer = workspace.Options.Tokenizer;
            var defaults = new StartOptions();
            return defaults with
            {
                From = encoder.IsAdapterOfProvider ? null : encoder.From,
                Adapter = encoder.Kind == "adapter" ? new AdapterOptions { Rank = encoder.Rank ?? 0 } : null,
                Dimensions = encoder.Dimensions ?? defaults.Dimensions,
                MaxTokens = encoder.MaxTokens,
                IdfPower = encoder.IdfPower ?? defaults.IdfPower,
                ExtraDimensions = encoder.ExtraDimensions ?? defaults.ExtraDimensions,
                ExtraShare = encoder.ExtraShare,
                Grams = encoder.Grams,
                TermFrequency = encoder.TermFrequency,
                Lead = encoder.Lead,
                Pivot = encoder.Pivot ?? defaults.Pivot,
                QueryPrompt = encoder.QueryPrompt ?? "",
                DocumentPrompt = encoder.DocumentPrompt ?? "",
                TokenizerFrom = tokenizer?.From,
                TokenizerKind = tokenizer?.Train switch { "bpe" => TokenizerKind.Bpe, "unigram" => TokenizerKind.Unigram, _ => TokenizerKind.WordPiece },
                VocabularySize = tokenizer?.Size ?? defaults.VocabularySize,
                Seed = seed ?? SeedOf(workspace),
            };
        }

        /// <summary>How to train.</summary>
        /// <param name="seed">Overrides the file's seed.</param>
        public TrainingOptions TrainingOptions(ulong? seed = null)
        {
            var train = workspace.Options.Train;
            var defaults = new TrainingOptions();
            return defaults with
            {
                Loss = train.Loss ?? defaults.Loss,
                Batch = train.Batch ?? defaults.Batch,
                Epochs = train.Epochs ?? defaults.Epochs,
                Rate = train.Rate ?? defaults.Rate,
                Optimizer = train.Optimizer ?? defaults.Optimizer,
                WarmupShare = train.Warmup ?? defaults.WarmupShare,
                HardNegatives = train.HardNegatives ?? defaults.HardNegatives,
                Mining = train.Mining?.Schedule,
                OtherPositives = train.OtherPositives ?? defaults.OtherPositives,
                MaxTokens = train.MaxTokens,
                MinBatchShare = train.MinBatchShare ?? defaults.MinBatchShare,
                EvaluationsPerEpoch = train.Evaluations ?? defaults.EvaluationsPerEpoch,
                Schedule = train.Schedule ?? defaults.Schedule,
                Patience = train.Patience ?? defaults.Patience,
                Average = train.Average,
                Batches = train.Batches,
                Mix = train.Mix ?? defaults.Mix,
                MixTemperature = train.MixTemperature ?? defaults.MixTemperature,
                Balance = train.Balance,
                Labels = train.Labels,
                Chunk = train.Chunk ?? defaults.Chunk,
                Stream = train.Stream,
                TokenWeights = train.TokenWeights,
                Seed = seed ?? SeedOf(workspace),
            };
        }

        /// <summary>The encoder whose vectors the loss reads; null where <c>train.guide</c> names none.</summary>
        /// <exception cref="NearfarException">The model folder cannot be read.</exception>
        public IEncoder? Guide() => workspace.Options.Train.Guide is { } folder ? ModelFolder.Load(folder) : null;

        /// <summary>Rules of <c>train.mining</c>; null where the file has no such section.</summary>
        /// <param name="seed">Overrides the file's seed.</param>
        public MiningOptions? TrainingMiningOptions(ulong? seed = null) => workspace.Options.Train.Mining is { } mining ? workspace.MiningOptions(seed, mining.Rules) : null;

        /// <summary>What mines inside a run, sealed against the pages of dev and gate; null where the file has no section <c>train.mining</c>.</summary>
        /// <param name="seed">Overrides the file's seed.</param>
        /// <exception cref="NearfarException">A model or review file that the section names cannot be read, or a held-out set is bad.</exception>
        public IteratedMining? IteratedMining(ulong? seed = null)
        {
            if (workspace.TrainingMiningOptions(seed) is not { } rules)
            {
                return null;
            }

            var data = workspace.Options.Data;
            HeldOutSeal[] seals = [.. data.Gate is null ? Array.Empty<HeldOutSeal>() : [workspace.Gate.Seal], .. data.Dev is null ? Array.Empty<HeldOutSeal>() : [workspace.Dev.Seal]];
            return new IteratedMining(rules, seals, data.Dev is null ? null : workspace.Dev);
        }

        /// <summary>The recipes of <c>train.preset</c>, among which dev chooses; none where the file names no preset.</summary>
        /// <param name="seed">Overrides the file's seed.</param>
        /// <exception cref="NearfarException">Training data are bad: the recipes depend on their size.</exception>
        public IReadOnlyList<TrainingRecipe> Recipes(ulong? seed = null) => workspace.Options.Train.Preset is { } preset
            ? Presets.Recipes(preset, workspace.StartOptions(seed), workspace.TrainingOptions(seed), workspace.Train, NamedIn(workspace.Options))
            : [];

        /// <summary>Which documents become negatives.</summary>
        /// <param name="seed">Overrides the file's seed.</param>
        /// <param name="settings">Instead of the file's section <c>mining</c>.</param>
        public MiningOptions MiningOptions(ulong? seed = null, MiningSettings? settings = null)
        {
            var mining = settings ?? workspace.Options.Mining;
            var defaults = new MiningOptions();
            var sources = mining.Sources ?? ["encoder", "bm25"];
            return defaults with
            {
                PerQuery = mining.PerQuery ?? defaults.PerQuery,
                PositiveRatio = mining.NoPositiveRatio ? null : mining.PositiveRatio ?? defaults.PositiveRatio,
                RelativeMargin = mining.RelativeMargin,
                AbsoluteMargin = mining.AbsoluteMargin,
                MaxScore = mining.MaxScore,
                MinScore = mining.MinScore,
                TeacherRatio = mining.NoTeacherRatio ? null : mining.TeacherRatio ?? defaults.TeacherRatio,
                TeacherMargin = mining.TeacherMargin,
                Depth = mining.Candidates ?? Math.Max(defaults.Depth, mining.PerQuery ?? 0),
                SkipRanks = mining.SkipRanks ?? defaults.SkipRanks,
                RangeMax = mining.RangeMax,
                UseEncoder = sources.Contains("encoder", StringComparer.Ordinal),
                UseBm25 = sources.Contains("bm25", StringComparer.Ordinal),
                SourceModels = sources.Where(s => s is not ("encoder" or "bm25")).ToArray() is { Length: > 0 } models ? models : defaults.SourceModels,
                TeacherModel = mining.Teacher,
                ByCohort = mining.ByCohort,
                DecisionFile = mining.Decisions,
                HubCap = mining.PerDocument ?? defaults.HubCap,
                Sampling = mining.Sampling switch { "random" => MiningSampling.Random, "uniform" => MiningSampling.Uniform, _ => MiningSampling.Top },
                Review = mining.Review ?? defaults.Review,
                Seed = seed ?? SeedOf(workspace),
            };
        }

        /// <summary>What a release must prove.</summary>
        /// <param name="floorSpace">Space id in which the file's floors were found, when <c>gate.floor_space</c> names a model by its part.</param>
        public GatePolicy GatePolicy(string? floorSpace = null)
        {
            var gate = workspace.Options.Gate;
            var defaults = new GatePolicy();
            return defaults with
            {
                Metric = gate.Metric,
                Tolerance = gate.Tolerance,
                ProtectedTolerance = gate.ProtectedTolerance ?? defaults.ProtectedTolerance,
                OtherTolerance = gate.OtherTolerance ?? defaults.OtherTolerance,
                JointMetrics = gate.JointMetrics,
                Tolerances = gate.Tolerances.ToDictionary(t => CohortKey.Parse(t.Key), t => t.Value),
                Required = [.. gate.Required.Select(CohortKey.Parse)],
                Protected = [.. workspace.Options.Cohorts.SelectMany(rule => rule.Protected.Select(value => new CohortKey(rule.Attribute, value)))
                    .Concat(gate.ProtectedCohorts.Select(CohortKey.Parse)).Distinct()],
                Floors = [.. gate.Floors.SelectMany(cohort => cohort.Value.Select(floor => new GateFloor(
                    cohort.Key == "all" ? null : CohortKey.Parse(cohort.Key), floor.Key, floor.Value,
                    Evaluation.MetricNames.IsRawMargin(floor.Key) ? floorSpace ?? gate.FloorSpace : null)))],
                FloorTransfer = gate.FloorTransfer == "quantile" ? FloorTransfer.Quantile : FloorTransfer.Spread,
                Reference = gate.Reference switch { "bm25" => ReferenceKind.Bm25, "untrained" => ReferenceKind.Untrained, _ => ReferenceKind.Current },
                ViolationLimit = gate.ViolationLimit,
                UnjudgedLimit = gate.UnjudgedLimit,
                TieLimit = gate.TieLimit,
                History = gate.History ?? defaults.History,
                Flips = gate.Flips ?? defaults.Flips,
                OnInconclusive = gate.OnInconclusive switch { "pass" => InconclusiveAction.Pass, "block" => InconclusiveAction.Block, _ => InconclusiveAction.Stop },
            };
        }

        /// <summary>The sets of the loop.</summary>
        public LoopData LoopData() => new(workspace.Train, workspace.Dev, workspace.Gate, workspace.Traffic) { GateManifest = workspace.FrozenGate };

        /// <summary>The frozen version of the gate set that has a hash, whether newest or not; null: none has.</summary>
        /// <param name="hash">As reports carry it.</param>
        /// <exception cref="NearfarException">The folder of frozen versions was changed by hand.</exception>
        public Gating.Sets.GateSetManifest? GateVersion(string hash) => workspace.Options.Data.Gate is { } gate
            ? Gating.Sets.GateSetFolder.Beside(gate.Path).Versions().LastOrDefault(v => v.Hash == hash) : null;

        /// <summary>The encoder that people use today: the current release, else the untrained one.</summary>
        /// <param name="frozen">Base of adapters that a provider serves, when the workspace has one.</param>
        /// <param name="clock">For the ledger.</param>
        internal Encoding.IEncoder InUse(Encoding.IEncoder? frozen, TimeProvider clock) =>
            new Releases.ReleaseLedger(Path.Combine(workspace.Output, "releases"), clock).CurrentModelFolder() is not { } folder
                ? frozen ?? workspace.CreateStart()
                : Encoding.AdapterModelFolder.IsAdapter(folder) && !Encoding.AdapterModelFolder.HoldsBase(folder)
                    ? Encoding.ModelFolder.Load(folder, frozen ?? workspace.CreateStart())
                    : Encoding.ModelFolder.Load(folder);

        /// <summary>The frozen encoder of an adapter that a provider serves, its cache under the workspace's output; null for any other workspace, whose start is made from files.</summary>
        /// <param name="clock">Paces retries. Null: the system's.</param>
        /// <param name="environment">Reads the variable that holds the key. Null: that of the process.</param>
        /// <param name="cancellationToken">Stops the call that finds its space.</param>
        /// <exception cref="NearfarException">No key, or a provider that fails.</exception>
        public async Task<Providers.ProviderEncoder?> OpenBaseAsync(TimeProvider? clock = null, Func<string, string?>? environment = null, CancellationToken cancellationToken = default)
        {
            var encoder = workspace.Options.Encoder;
            return encoder.IsAdapterOfProvider
                ? await Providers.ProviderEncoder.OpenAsync(encoder with { Kind = encoder.From!, From = null }, Path.Combine(workspace.Output, "cache"), environment, clock, cancellationToken).ConfigureAwait(false)
                : null;
        }

        /// <summary>All stages of the loop. An adapter of a provider wants <see cref="LoopOptions.Base"/> too: <c>OpenBaseAsync</c>.</summary>
        /// <param name="seed">Overrides the file's seed.</param>
        public LoopOptions LoopOptions(ulong? seed = null) => new()
        {
            Output = workspace.Output,
            Start = workspace.StartOptions(seed),
            Training = workspace.TrainingOptions(seed),
            Guide = workspace.Guide(),
            TrainingMining = workspace.TrainingMiningOptions(seed),
            Recipes = workspace.Recipes(seed),
            Mining = workspace.MiningOptions(seed),
            Policy = workspace.GatePolicy(),
            FailsAt = workspace.FailsAt(),
        };

        /// <summary>The rank from which on a question counts as failed: the k of the gate's measure.</summary>
        public int FailsAt() => CutoffOf(workspace.Options.Gate.Metric);
    }

    // What the file sets by name and a preset leaves alone.
    private static SortedSet<string> NamedIn(WorkspaceOptions options)
    {
        var named = new SortedSet<string>(StringComparer.Ordinal);
        void Add(string name, object? value)
        {
            if (value is not null)
            {
                named.Add(name);
            }
        }

        Add(nameof(Training.TrainingOptions.Batch), options.Train.Batch);
        Add(nameof(Training.TrainingOptions.Epochs), options.Train.Epochs);
        Add(nameof(Training.TrainingOptions.Rate), options.Train.Rate);
        Add(nameof(Training.TrainingOptions.MinBatchShare), options.Train.MinBatchShare);
        foreach (string option in new[] { "temperature", "directions", "partition_mode" })
        {
            Add(option, options.Train.Loss?.Options.GetValueOrDefault(option));
        }

        Add(nameof(Training.StartOptions.QueryPrompt), options.Encoder.QueryPrompt);
        Add(nameof(Training.StartOptions.DocumentPrompt), options.Encoder.DocumentPrompt);
        Add(nameof(Training.StartOptions.Dimensions), options.Encoder.Dimensions);
        Add(nameof(Training.StartOptions.IdfPower), options.Encoder.IdfPower);
        Add(nameof(Training.StartOptions.ExtraDimensions), options.Encoder.ExtraDimensions);
        Add(nameof(Training.StartOptions.ExtraShare), options.Encoder.ExtraShare);
        Add(nameof(Training.StartOptions.Grams), options.Encoder.Grams);
        Add(nameof(Training.StartOptions.TermFrequency), options.Encoder.TermFrequency);
        Add(nameof(Training.StartOptions.Lead), options.Encoder.Lead);
        Add(nameof(Training.StartOptions.Pivot), options.Encoder.Pivot);
        return named;
    }

    private static ulong SeedOf(Workspace workspace) => (ulong)(workspace.Options.Train.Seed ?? 1);

    // A question failed where the product would not show its page: at the k of the gate's measure.
    private static int CutoffOf(string metric) => int.TryParse(metric.Split('@').Last(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int k) && k > 0 ? k : 10;
}
