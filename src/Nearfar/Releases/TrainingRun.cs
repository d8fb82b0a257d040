using Nearfar.Encoding;
using Nearfar.Evaluation;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Streaming;
using Nearfar.Vectors;

namespace Nearfar.Releases;

/// <summary>One training run in a folder of its own: <c>model/</c>, <c>run.json</c>, <c>history.jsonl</c>, checkpoints.</summary>
public sealed class TrainingRun
{
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

    /// <summary>Mines negatives inside the run, by <see cref="TrainingOptions.Mining"/>; its rules are part of the run's identity. Default null: none.</summary>
    public INegativeSource? Negatives { get; init; }

    /// <summary>Candidates among which dev chooses, instead of the options of the constructor; all in folders of their own. Default none.</summary>
    public IReadOnlyList<TrainingRecipe> Recipes { get; init; } = [];

    /// <summary>Identity of a run: equal for equal options, training pairs, corpus, dev set and start.</summary>
    /// <param name="set">Pairs to learn from, mined ones included.</param>
    /// <param name="dev">Chooses the step.</param>
    /// <param name="start">The start encoder.</param>
    public string InputsHash(TrainingSet set, DevSet dev, IEncoder start) => Inputs.HashOf(set, dev, start);

    private RunInputs Inputs => new(_start, _options, Guide, Negatives, Recipes);

    /// <summary>Trains, or loads what an equal run left, or goes on from its checkpoint.</summary>
    /// <param name="set">Pairs to learn from, mined ones included.</param>
    /// <param name="dev">Chooses the step.</param>
    /// <param name="start">The start encoder, of <see cref="StartEncoder"/>; of an adapter, any frozen encoder.</param>
    /// <param name="folder">The run's folder, for example <c>runs/001</c>; its name becomes the run's.</param>
    /// <param name="mined">Files of mined pairs among <paramref name="set"/>, for the record.</param>
    /// <param name="progress">Told after each step and evaluation.</param>
    /// <param name="cancellationToken">Finishes the step, writes a checkpoint and throws.</param>
    /// <exception cref="NearfarException">The folder holds another run, or training failed.</exception>
    public async Task<TrainedModel> RunAsync(TrainingSet set, DevSet dev, IEncoder start, string folder, IReadOnlyList<MinedFile> mined,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mined);
        string inputs = Inputs.HashOf(set, dev, start);
        if (Finished(folder, inputs, start) is { } finished)
        {
            return finished;
        }

        ThrowUnlessTitled(start, set.Corpus);
        if (Recipes.Count > 0)
        {
            return await ContestAsync(inputs, set, dev, start, folder, mined, progress, cancellationToken).ConfigureAwait(false);
        }

        string name = NameOf(folder);
        var trainer = new Trainer(_options, _clock) { Guide = Guide, Negatives = Negatives, Cohorts = new CohortResolver(dev.Rules, dev.AsOf) };
        if (_start.Adapter is { } adapter)
        {
            var scorer = await AdapterDevScorer.CreateAsync(dev, start, cancellationToken).ConfigureAwait(false);
            var mapped = await trainer.TrainAsync(set, new AdapterStart(start, adapter), scorer, folder, resume: true, progress, cancellationToken).ConfigureAwait(false);
            return Finish(mapped, mapped.Encoder.ToEncoder(_options.Temperature, name));
        }

        var own = start as StaticEncoder ?? throw new NearfarException($"The rows of {start.Space} are not here and cannot be trained; wanted a static encoder. An adapter over it can: encoder: {{kind: adapter, from: …}}.");
        var result = await trainer.TrainAsync(set, StaticStart.From(own), new DevScorer(dev, own, _options.Threads), folder, resume: true, progress, cancellationToken).ConfigureAwait(false);
        return Finish(result, Labelled(result, name));

        TrainedModel Finish<TEncoder>(TrainingResult<TEncoder> done, IEncoder encoder) =>
            Written(folder, RecordOf(done, encoder, name, inputs, mined, RunInputs.DataOf(set, dev, start), start), encoder, start);
    }

    /// <summary>The same for pairs that are read part by part (<see cref="TrainingOptions.Stream"/>).</summary>
    /// <param name="stream">Pairs to learn from.</param>
    /// <param name="dev">Chooses the step.</param>
    /// <param name="start">The start encoder, static.</param>
    /// <param name="folder">The run's folder; its name becomes the run's.</param>
    /// <param name="progress">Told after each step and evaluation.</param>
    /// <param name="cancellationToken">Finishes the step, writes a checkpoint and throws.</param>
    /// <exception cref="ArgumentException">Recipes or a guide are named, or the options do not stream.</exception>
    /// <exception cref="NearfarException">The folder holds another run, or training failed.</exception>
    public async Task<TrainedModel> RunAsync(StreamedPairs stream, DevSet dev, StaticEncoder start, string folder, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (Recipes.Count > 0)
        {
            throw new ArgumentException("Recipes are named, and pairs stream. Name one recipe's options instead.", nameof(stream));
        }

        string inputs = Inputs.HashOf(stream, dev, start);
        if (Finished(folder, inputs, start) is { } finished)
        {
            return finished;
        }

        ThrowUnlessTitled(start, stream.Corpus);
        string name = NameOf(folder);
        var result = await new Trainer(_options, _clock) { Guide = Guide, Cohorts = new CohortResolver(dev.Rules, dev.AsOf) }
            .TrainAsync(stream, StaticStart.From(start), new DevScorer(dev, start, _options.Threads), folder, resume: true, progress, cancellationToken).ConfigureAwait(false);
        var encoder = Labelled(result, name);
        return Written(folder, RecordOf(result, encoder, name, inputs, [], RunInputs.DataOf(stream, dev, start), start), encoder, start);
    }

    // A title that no document has weighs nothing, and nothing else would say so.
    private static void ThrowUnlessTitled(IEncoder start, Corpus corpus)
    {
        if (start is StaticEncoder { Options.Lead: { Of: LeadField.Title } lead } && corpus.Documents.All(d => lead.FieldOf(d.Content).IsEmpty))
        {
            throw new NearfarException($"encoder.lead weighs titles (of: title), and none of {corpus.Count} documents has one: no title, and no text of several lines. Give the documents a title, or take of: beginning.");
        }
    }

    private StaticEncoder Labelled(TrainingResult<StaticTrainableEncoder> result, string name)
    {
        var trained = result.Encoder.ToEncoder();
        return trained.With(trained.Options with { Label = name, Temperature = _options.Temperature });
    }

    // What an equal run left; null where the folder holds no finished run.
    private static TrainedModel? Finished(string folder, string inputs, IEncoder start)
    {
        string recordPath = TrainedModel.RecordPath(folder);
        if (!File.Exists(recordPath))
        {
            return null;
        }

        var known = RunRecord.Read(recordPath);
        if (known.Inputs != inputs)
        {
            throw new NearfarException(folder, 0, "holds a finished run of other options or data. Name another folder, or delete this one.");
        }

        DeleteCheckpoint(folder);       // where the run was killed between its record and this
        RecipeContest.Clear(folder);
        string modelFolder = TrainedModel.ModelPath(folder);
        return new TrainedModel(ModelFolder.Load(modelFolder, start), known, modelFolder);
    }

    private static TrainedModel Written(string folder, RunRecord record, IEncoder encoder, IEncoder start)
    {
        var model = TrainedModel.Write(folder, encoder, record, start);
        DeleteCheckpoint(folder);
        return model;
    }

    private RunRecord RecordOf<TEncoder>(TrainingResult<TEncoder> result, IEncoder encoder, string name, string inputs, IReadOnlyList<MinedFile> mined, IEnumerable<KeyValuePair<string, string>> data, IEncoder start) => new()
    {
        Name = name,
        Inputs = inputs,
        Space = encoder.Space.Id,
        Parent = _start.From is null && _start.Adapter is null ? null : start.Space.Id,
        Seed = _options.Seed,
        InstructionSet = KernelSets.Best.ToString(),
        Options = new SortedDictionary<string, string>(Inputs.Options.ToDictionary(), StringComparer.Ordinal),
        Data = new SortedDictionary<string, string>(data.ToDictionary(), StringComparer.Ordinal),
        Mined = mined,
        Pairs = checked((int)result.Pairs),
        Rows = result.Rows,
        LeftOut = result.LeftOut,
        Step = result.BestStep,
        Steps = result.Steps,
        Metrics = Metrics(result.Best),
    };

    private async Task<TrainedModel> ContestAsync(string inputs, TrainingSet set, DevSet dev, IEncoder start, string folder, IReadOnlyList<MinedFile> mined,
        IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (start is not StaticEncoder plain || _start.Adapter is not null)
        {
            throw new NearfarException("A preset tries static encoders; an adapter's base stays as it is. Leave train.preset out, or write encoder: {kind: static}.");
        }

        var (winner, candidates) = await new RecipeContest(Recipes).RunAsync(r => new TrainingRun(r.Start, r.Training, _clock) { Guide = Guide, Negatives = Negatives },
            set, dev, plain, _start, folder, progress, cancellationToken).ConfigureAwait(false);
        string name = NameOf(folder);
        var kept = (StaticEncoder)winner.Encoder;
        var encoder = kept.With(kept.Options with { Label = name });
        string recipe = Path.GetFileName(Path.GetDirectoryName(winner.Folder)!);
        var record = winner.Record with { Name = name, Inputs = inputs, Mined = mined, Recipe = recipe, Candidates = candidates };
        AtomicFile.Write(Path.Combine(folder, "history.jsonl"), File.ReadAllBytes(Path.Combine(folder, RecipeContest.FolderName, recipe, "history.jsonl")));
        RecipeContest.KeepNegatives(folder, recipe);
        var model = TrainedModel.Write(folder, encoder, record, start);
        RecipeContest.Clear(folder);
        return model;
    }

    private static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    // Three times the model's size, and of no use to a finished run.
    private static void DeleteCheckpoint(string folder) => File.Delete(Path.Combine(folder, "checkpoint.bin"));

    private static SortedDictionary<string, double> Metrics(HeldOutScore score)
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["dev.ndcg@10"] = score.Ndcg10 };
        if (score.Margin is { } margin)
        {
            metrics["dev.margin_mean"] = margin;
        }

        return metrics;
    }
}
