using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Search;
using Nearfar.Training;
using Nearfar.Vectors;

namespace Nearfar.Data.Checking;

/// <summary>Keyword search and an encoder over the corpus: the current release, else the untrained encoder. A provider's model is not asked: it costs.</summary>
internal sealed class CheckRankers
{
    private readonly IEncoder _encoder;

    private CheckRankers(Bm25Index words, IEncoder encoder, VectorRanker vectors, string encoderName)
    {
        Words = words;
        _encoder = encoder;
        Vectors = vectors;
        EncoderName = encoderName;
    }

    public Bm25Index Words { get; }

    public VectorRanker Vectors { get; }

    /// <summary>How messages call the encoder.</summary>
    public string EncoderName { get; }

    public static CheckRankers Create(Workspace workspace, WorkspaceRows rows, ulong seed, CancellationToken cancellationToken)
    {
        string? released = new ReleaseLedger(Path.Combine(workspace.Output, "releases"), TimeProvider.System).CurrentModelFolder();
        if (released is not null && AdapterModelFolder.IsAdapter(released) && !AdapterModelFolder.HoldsBase(released))
        {
            released = null;        // its base is a provider's, or too large to be copied
        }

        bool own = workspace.Options.Encoder is { Kind: "static" } or { Kind: "adapter", Provider: null };
        IEncoder encoder = released is not null ? ModelFolder.Load(released)
            : StartEncoder.Create(own ? workspace.StartOptions(seed) : new StartOptions { Seed = seed }, new TrainingSet(rows.Corpus, rows.Train?.Rows ?? []));
        var vectors = VectorRanker.CreateAsync(encoder, rows.Corpus, cancellationToken).GetAwaiter().GetResult();
        return new CheckRankers(new Bm25Index(rows.Corpus), encoder, vectors, released is null ? "the untrained encoder" : "the current release");
    }

    /// <summary>Unit rows of texts.</summary>
    public Rows<float> Encode(IReadOnlyList<string> texts, TextRole role, CancellationToken cancellationToken)
    {
        var rows = Rows.Allocate<float>(texts.Count, _encoder.Dimensions);
        _encoder.EncodeAsync(texts, role, rows.Data, cancellationToken).AsTask().GetAwaiter().GetResult();
        return rows;
    }
}
