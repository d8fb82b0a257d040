using Nearfar.Encoding;

namespace Nearfar.Releases;

/// <summary>A trained encoder and its papers.</summary>
/// <param name="Encoder">As it was at its best step on dev.</param>
/// <param name="Record">What it was made of.</param>
/// <param name="Folder">The model folder.</param>
public sealed record TrainedModel(IEncoder Encoder, RunRecord Record, string Folder)
{
    /// <summary>Reads a finished run.</summary>
    /// <param name="runFolder">Holds <c>run.json</c> and <c>model/</c>.</param>
    /// <param name="baseEncoder">The frozen encoder of an adapter whose folder holds no copy of it.</param>
    /// <exception cref="NearfarException">The run is not finished, its files are broken, or an adapter's base is not at hand.</exception>
    public static TrainedModel Load(string runFolder, IEncoder? baseEncoder = null)
    {
        string model = ModelPath(runFolder);
        return new TrainedModel(ModelFolder.Load(model, baseEncoder), RunRecord.Read(RecordPath(runFolder)), model);
    }

    /// <summary>Writes <c>model/</c> and, last, <c>run.json</c>: where that stands, the run is finished.</summary>
    /// <param name="runFolder">Of the run.</param>
    /// <param name="encoder">Static, or an adapter.</param>
    /// <param name="record">What it was made of.</param>
    /// <param name="start">What it started from.</param>
    internal static TrainedModel Write(string runFolder, IEncoder encoder, RunRecord record, IEncoder start)
    {
        string model = ModelPath(runFolder);
        if (encoder is AdapterEncoder adapter)
        {
            AdapterModelFolder.Save(model, adapter, ManifestOf(record, encoder), $"# {record.Name}\n\nA query-side adapter trained with Nearfar over the frozen vectors of `{start.Space}`. "
                + $"Its queries have the space `{record.Space}`; its documents are the base's, so an index of the base serves it unchanged.\n");
        }
        else
        {
            StaticModelFolder.Save(model, (StaticEncoder)encoder, ManifestOf(record, encoder), $"# {record.Name}\n\nA static text encoder trained with Nearfar. Space `{record.Space}`.\n");
        }

        record.Write(RecordPath(runFolder));
        return new TrainedModel(encoder, record, model);
    }

    internal static string RecordPath(string runFolder) => Path.Combine(runFolder, "run.json");

    internal static string ModelPath(string runFolder) => Path.Combine(runFolder, "model");

    // Of a provider's encoder it is not known.
    internal static int? MaxTokensOf(IEncoder encoder) => encoder switch { StaticEncoder own => own.Options.MaxTokens, AdapterEncoder adapter => MaxTokensOf(adapter.Base), _ => null };

    private static ModelManifest ManifestOf(RunRecord record, IEncoder encoder) => new()
    {
        Space = record.Space,
        Name = record.Name,
        Kind = encoder is AdapterEncoder ? "adapter" : "static",
        Dimensions = encoder.Dimensions,
        MaxTokens = MaxTokensOf(encoder) ?? 0,
        Options = record.Options,
        Seed = record.Seed,
        InstructionSet = record.InstructionSet,
        DataHashes = record.Data,
        Parent = record.Parent,
        Metrics = record.Metrics,
    };
}
