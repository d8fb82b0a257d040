using System.Collections.ObjectModel;
using System.Globalization;
using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Vectors;

namespace Nearfar.Releases;

/// <summary>One training run in a folder of its own: <c>model/</c>, <c>run.json</c>, <c>history.jsonl</c>, checkpoints.</summary>
public sealed class TrainingRun
{
    private const string RecordName = "run.json";
    private readonly StartOptions _start;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _clock;

    /// <param name="start">What to start from.</param>
    /// <param name="options">How to train.</param>
    /// <param name="clock">Measures throughput; no result depends on it.</param>
    public TrainingRun(StartOptions start, TrainingOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        string[] problems = [.. start.Problems(), .. options.Problems()];
        if (problems.Length > 0)
        {
            throw new ArgumentException($"Bad options: {string.Join(" ", problems)}", nameof(options));
        }

        _start = start;
        _options = options;
        _clock = clock;
    }

    /// <summary>The encoder whose vectors the loss reads; part of the run's identity. Default null: none.</summary>
    public IEncoder? Guide { get; init; }

    /// <summary>Candidates among which dev chooses, instead of the options of the constructor; all in folders of their own. Default none.</summary>
    public IReadOnlyList<TrainingRecipe> Recipes { get; init; } = [];

    /// <summary>Identity of a run: equal for equal options, training pairs, corpus, dev set and start.</summary>
    /// <param name="set">Pairs to learn from, mined ones included.</param>
    /// <param name="dev">Chooses the step.</param>
    /// <param name="start">The start encoder.</param>
    public string InputsHash(TrainingSet set, DevSet dev, StaticEncoder start)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(dev);
        ArgumentNullException.ThrowIfNull(start);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        KeyValuePair<string, string>[] guide = Guide is null ? [] : [new("guide", Guide.Space.Id)];
        foreach (var (name, value) in Options().Append(new("start.space", start.Space.Id)).Concat(guide).Concat(DataHashes(set, dev, start)))
        {
            ContentHash.Append(sha, name);
            ContentHash.Append(sha, value);
        }

        AppendCohorts(sha, set);
        foreach (var recipe in Recipes)
        {
            ContentHash.Append(sha, "recipe " + recipe.Name);
            foreach (var (name, value) in recipe.Start.Deciding().Concat(recipe.Training.Deciding()))
            {
                ContentHash.Append(sha, name);
                ContentHash.Append(sha, value);
            }
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Trains, or loads what an equal run left, or goes on from its checkpoint.</summary>
    /// <param name="set">Pairs to learn from, mined ones included.</param>
    /// <param name="dev">Chooses the step.</param>
    /// <param name="start">The start encoder, of <see cref="StartEncoder.Create"/>.</param>
    /// <param name="folder">The run's folder, for example <c>runs/001</c>; its name becomes the run's.</param>
    /// <param name="mined">Files of mined pairs among <paramref name="set"/>, for the record.</param>
    /// <param name="progress">Told after each step and evaluation.</param>
    /// <param name="cancellationToken">Finishes the step, writes a checkpoint and throws.</param>
    /// <exception cref="NearfarException">The folder holds another run, or training failed.</exception>
    public async Task<TrainedModel> RunAsync(TrainingSet set, DevSet dev, StaticEncoder start, string folder, IReadOnlyList<MinedFile> mined,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mined);
        string inputs = InputsHash(set, dev, start);
        string recordPath = Path.Combine(folder, RecordName);
        string modelFolder = Path.Combine(folder, "model");
        if (File.Exists(recordPath))
        {
            var known = RunRecord.Read(recordPath);
            if (known.Inputs != inputs)
            {
                throw new NearfarException(folder, 0, "holds a finished run of other options or data. Name another folder, or delete this one.");
            }

            DeleteCheckpoint(folder);       // where the run was killed between its record and this
            RecipeContest.Clear(folder);
            return new TrainedModel(StaticEncoder.Load(modelFolder), known, modelFolder);
        }

        if (Recipes.Count > 0)
        {
            return await ContestAsync(inputs, set, dev, start, folder, mined, progress, cancellationToken).ConfigureAwait(false);
        }

        var begin = StaticStart.From(start);
        var scorer = new DevScorer(dev, start, _options.Threads);
        var result = await new Trainer(_options, _clock) { Guide = Guide, Cohorts = new CohortResolver(dev.Rules, dev.AsOf) }.TrainAsync(set, begin, scorer, folder, resume: true, progress, cancellationToken).ConfigureAwait(false);
        string name = NameOf(folder);
        var trained = result.Encoder.ToEncoder();
        var encoder = trained.With(trained.Options with { Label = name, Temperature = _options.Temperature });
        var record = new RunRecord
        {
            Name = name,
            Inputs = inputs,
            Space = encoder.Space.Id,
            Parent = _start.From is null ? null : start.Space.Id,
            Seed = _options.Seed,
            InstructionSet = KernelSets.Best.ToString(),
            Options = new SortedDictionary<string, string>(Options().ToDictionary(), StringComparer.Ordinal),
            Data = new SortedDictionary<string, string>(DataHashes(set, dev, start).ToDictionary(), StringComparer.Ordinal),
            Mined = mined,
            Pairs = set.Pairs.Count,
            Rows = result.Rows,
            LeftOut = result.LeftOut,
            Step = result.BestStep,
            Steps = result.Steps,
            Metrics = Metrics(result.Best),
        };
        Save(modelFolder, encoder, record);
        record.Write(recordPath);
        DeleteCheckpoint(folder);
        return new TrainedModel(encoder, record, modelFolder);
    }

    private async Task<TrainedModel> ContestAsync(string inputs, TrainingSet set, DevSet dev, StaticEncoder start, string folder, IReadOnlyList<MinedFile> mined,
        IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var (winner, candidates) = await new RecipeContest(Recipes).RunAsync(recipe => new TrainingRun(recipe.Start, recipe.Training, _clock) { Guide = Guide },
            set, dev, start, _start, folder, progress, cancellationToken).ConfigureAwait(false);
        string name = NameOf(folder);
        string modelFolder = Path.Combine(folder, "model");
        var encoder = winner.Encoder.With(winner.Encoder.Options with { Label = name });
        string kept = Path.GetFileName(Path.GetDirectoryName(winner.Folder)!);
        var record = winner.Record with { Name = name, Inputs = inputs, Mined = mined, Recipe = kept, Candidates = candidates };
        AtomicFile.Write(Path.Combine(folder, "history.jsonl"), File.ReadAllBytes(Path.Combine(folder, RecipeContest.FolderName, kept, "history.jsonl")));
        Save(modelFolder, encoder, record);
        record.Write(Path.Combine(folder, RecordName));
        RecipeContest.Clear(folder);
        return new TrainedModel(encoder, record, modelFolder);
    }

    private static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private static void Save(string modelFolder, StaticEncoder encoder, RunRecord record) =>
        StaticModelFolder.Save(modelFolder, encoder, ManifestOf(record, encoder), $"# {record.Name}\n\nA static text encoder trained with Nearfar. Space `{record.Space}`.\n");

    // Three times the model's size, and of no use to a finished run.
    private static void DeleteCheckpoint(string folder) => File.Delete(Path.Combine(folder, "checkpoint.bin"));

    private static ModelManifest ManifestOf(RunRecord record, StaticEncoder encoder) => new()
    {
        Space = record.Space,
        Name = record.Name,
        Dimensions = encoder.Dimensions,
        MaxTokens = encoder.Options.MaxTokens,
        Options = record.Options,
        Seed = record.Seed,
        InstructionSet = record.InstructionSet,
        DataHashes = record.Data,
        Parent = record.Parent,
        Metrics = record.Metrics,
    };

    private static SortedDictionary<string, double> Metrics(HeldOutScore score)
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["dev.ndcg@10"] = score.Ndcg10 };
        if (score.Margin is { } margin)
        {
            metrics["dev.margin_mean"] = margin;
        }

        return metrics;
    }

    private IEnumerable<KeyValuePair<string, string>> Options() => _start.Deciding().Concat(_options.Deciding());

    private static IEnumerable<KeyValuePair<string, string>> DataHashes(TrainingSet set, DevSet dev, StaticEncoder start)
    {
        yield return new("corpus", set.Corpus.Hash);
        yield return new("train", HashOf(set.Pairs));
        yield return new("dev", dev.Hash);
        yield return new("tokenizer", Convert.ToHexStringLower(SHA256.HashData(start.Tokenizer.ToJson().Span)));
    }

    // The cohorts that labels or draws are made of; the rules that derive them are part of the dev set's hash.
    private void AppendCohorts(IncrementalHash sha, TrainingSet set)
    {
        foreach (string attribute in new[] { _options.Labels, _options.Balance?.Attribute }.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            foreach (var pair in set.Pairs)
            {
                ContentHash.Append(sha, pair.Cohorts.GetValueOrDefault(attribute) ?? "");
                foreach (var (name, value) in set.Corpus[pair.PositiveIds[0]].Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
                {
                    ContentHash.Append(sha, $"{name}={value}");
                }
            }
        }
    }

    // What training reads of a pair; provenance is not part of it. Grades and sets are, where a row has them.
    internal static string HashOf(IReadOnlyList<Pair> pairs)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var pair in pairs)
        {
            ContentHash.Append(sha, pair.Id);
            ContentHash.Append(sha, pair.FoldKey);
            ContentHash.Append(sha, pair.Query);
            ContentHash.Append(sha, pair.PositiveIds.Count.ToString(CultureInfo.InvariantCulture));
            foreach (string id in pair.PositiveIds.Concat(pair.HardNegatives.Select(n => n.DocumentId)))
            {
                ContentHash.Append(sha, id);
            }

            if (pair.DataSet is { } dataSet)
            {
                ContentHash.Append(sha, "set " + dataSet);
            }

            foreach (var (id, grade) in (pair.Relevance ?? ReadOnlyDictionary<string, int>.Empty).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                ContentHash.Append(sha, string.Create(CultureInfo.InvariantCulture, $"grade {id} {grade}"));
            }
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}

/// <summary>A trained encoder and its papers.</summary>
/// <param name="Encoder">As it was at its best step on dev.</param>
/// <param name="Record">What it was made of.</param>
/// <param name="Folder">The model folder.</param>
public sealed record TrainedModel(StaticEncoder Encoder, RunRecord Record, string Folder)
{
    /// <summary>Reads a finished run.</summary>
    /// <param name="runFolder">Holds <c>run.json</c> and <c>model/</c>.</param>
    /// <exception cref="NearfarException">The run is not finished, or its files are broken.</exception>
    public static TrainedModel Load(string runFolder)
    {
        string model = Path.Combine(runFolder, "model");
        return new TrainedModel(StaticEncoder.Load(model), RunRecord.Read(Path.Combine(runFolder, "run.json")), model);
    }
}
