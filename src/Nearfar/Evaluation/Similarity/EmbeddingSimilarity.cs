using Microsoft.Extensions.AI;
using Nearfar.Encoding;
using Nearfar.Vectors;

namespace Nearfar.Evaluation.Similarity;

/// <summary>How near two texts are by an encoder of the caller's: the model version under test, or a named judge.</summary>
/// <remarks>
/// The raw value is never clamped, and what cannot be compared (a blank text, a failed encoder, NaN, a wrong length) is an error value with
/// its reason, never a number. Thread-safe when the encoder is; does not dispose it.
/// </remarks>
public sealed class EmbeddingSimilarity
{
    private readonly EmbeddingSimilarityOptions _options;
    private readonly TextVectors _responses;
    private readonly TextVectors _expected;
    private int _dimensions;                       // 0 until a vector is seen: all vectors of a space have one length

    /// <summary>Compares by an encoder of this library: responses are encoded as queries, expected responses as documents.</summary>
    /// <param name="encoder">The model under test.</param>
    /// <param name="options">Null: cosine, no threshold.</param>
    /// <exception cref="ArgumentException">Options that cannot be.</exception>
    /// <exception cref="NearfarException">The threshold was found in another space or for another measure.</exception>
    public EmbeddingSimilarity(IEncoder encoder, EmbeddingSimilarityOptions? options = null)
        : this((encoder ?? throw new ArgumentNullException(nameof(encoder))).Queries, encoder.Documents, encoder.Space, options) => _dimensions = encoder.Dimensions;

    /// <summary>Compares by any embedding generator; both texts are encoded alike.</summary>
    /// <param name="encoder">The model under test.</param>
    /// <param name="space">Its space. Null: that of an encoder of this library behind the generator, else <c>provider/model</c> as the generator's metadata name them.</param>
    /// <param name="options">Null: cosine, no threshold.</param>
    /// <exception cref="ArgumentException">Options that cannot be, or no space is given and the generator does not name its provider and model.</exception>
    /// <exception cref="NearfarException">The threshold was found in another space or for another measure.</exception>
    public EmbeddingSimilarity(IEmbeddingGenerator<string, Embedding<float>> encoder, EmbeddingSpace? space = null, EmbeddingSimilarityOptions? options = null)
        : this(encoder, encoder, space ?? SpaceOf(encoder), options) { }

    private EmbeddingSimilarity(
        IEmbeddingGenerator<string, Embedding<float>> responses, IEmbeddingGenerator<string, Embedding<float>> expected, EmbeddingSpace space, EmbeddingSimilarityOptions? options)
    {
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(expected);
        _options = options ?? new EmbeddingSimilarityOptions();
        ThrowUnlessValid(_options);
        _options.Threshold?.ThrowUnlessFor(space, _options.Measure);
        Space = space;
        _responses = new TextVectors(responses, _options.Batch);
        _expected = new TextVectors(expected, _options.Batch);
    }

    /// <summary>The space that every result carries.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>How vectors are compared.</summary>
    public SimilarityMeasure Measure => _options.Measure;

    /// <summary>Compares two texts.</summary>
    /// <param name="response">What came.</param>
    /// <param name="expectedResponse">What was wanted.</param>
    /// <param name="cancellationToken">Handed to the encoder; cancelling passes through and is no error value.</param>
    /// <returns>The similarity, or the reason why there is none.</returns>
    public async Task<SimilarityResult> EvaluateAsync(string? response, string? expectedResponse, CancellationToken cancellationToken = default) =>
        (await EvaluateAsync([new SimilarityInput(response, expectedResponse)], cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Compares many pairs of texts; each distinct text is encoded once.</summary>
    /// <param name="rows">Any number of pairs.</param>
    /// <param name="cancellationToken">Handed to the encoder; cancelling passes through and is no error value.</param>
    /// <returns>One result a row, in the same order: a row that fails does not touch the others.</returns>
    public async Task<IReadOnlyList<SimilarityResult>> EvaluateAsync(IReadOnlyList<SimilarityInput> rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var whole = rows.Where(r => !string.IsNullOrWhiteSpace(r.Response) && !string.IsNullOrWhiteSpace(r.ExpectedResponse)).ToArray();
        var responses = await _responses.EncodeAsync(whole.Select(r => r.Response!), cancellationToken).ConfigureAwait(false);
        var expected = await _expected.EncodeAsync(whole.Select(r => r.ExpectedResponse!), cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(r => Compare(r, responses, expected))];
    }

    private SimilarityResult Compare(SimilarityInput row, Dictionary<string, TextVector> responses, Dictionary<string, TextVector> expected)
    {
        foreach (var (what, text) in new[] { ("response", row.Response), ("expected response", row.ExpectedResponse) })
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                return Failed(SimilarityErrorKind.BlankText, $"The {what} is {(text is null ? "null" : "blank")}; two texts are wanted.");
            }
        }

        var (a, b) = (responses[row.Response!], expected[row.ExpectedResponse!]);
        foreach (var (what, vector) in new[] { ("response", a), ("expected response", b) })
        {
            if (vector.Kind is { } kind)
            {
                return Failed(kind, $"{vector.Error} (the {what})");
            }

            int wanted = Interlocked.CompareExchange(ref _dimensions, vector.Values.Length, 0) is > 0 and var known ? known : vector.Values.Length;
            if (vector.Values.Length != wanted)
            {
                return Failed(SimilarityErrorKind.WrongLength, $"The encoder gave a vector of {vector.Values.Length} values for the {what}; vectors of space {Space} have {wanted}.");
            }
        }

        return SimilarityResult.Of(Space, Measure, VectorSimilarity.Of(Measure, a.Values.Span, b.Values.Span), _options.Threshold);
    }

    private SimilarityResult Failed(SimilarityErrorKind kind, string reason) => SimilarityResult.Failed(Space, Measure, _options.Threshold, kind, reason);

    private static EmbeddingSpace SpaceOf(IEmbeddingGenerator<string, Embedding<float>> generator)
    {
        ArgumentNullException.ThrowIfNull(generator);
        if (generator.GetService(typeof(IEncoder)) is IEncoder encoder)
        {
            return encoder.Space;
        }

        return generator.GetService(typeof(EmbeddingGeneratorMetadata)) is EmbeddingGeneratorMetadata { ProviderName: { Length: > 0 } provider, DefaultModelId: { Length: > 0 } model } metadata
            ? new EmbeddingSpace(metadata.DefaultModelDimensions is { } dimensions ? FormattableString.Invariant($"{provider}/{model}/{dimensions}") : $"{provider}/{model}")
            : throw new ArgumentException("The generator does not name its provider and model. Give its space: new EmbeddingSpace(\"provider/model\").", nameof(generator));
    }

    private static void ThrowUnlessValid(EmbeddingSimilarityOptions options)
    {
        var problems = new List<string>();
        if (options.Batch < 1)
        {
            problems.Add($"Batch must be at least 1, not {options.Batch}");
        }

        if (!Enum.IsDefined(options.Measure))
        {
            problems.Add($"{options.Measure} is no measure");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"Similarity options: {string.Join("; ", problems)}.", nameof(options));
        }
    }
}
