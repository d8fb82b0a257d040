using Microsoft.Extensions.AI;
using Nearfar.Text;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Mean of token vectors, normalised: the encoder of model2vec and of sentence-transformers' StaticEmbedding. Thread-safe.</summary>
/// <remarks>
/// vector = sum of the rows of the text's tokens / its Euclidean length; a token that stands n times counts n, or as <see cref="StaticEncoderOptions.TermFrequency"/> and <see cref="StaticEncoderOptions.Lead"/> say. Sums run in token order and lengths over 16 fixed partial
/// sums, without fused multiply-add, so a text has the same bits alone, in any batch and on any processor. Rows of zeros (such as an
/// unknown token's) add nothing; a text whose sum is zero gives a zero row: a miss, never similarity 0.
/// Differs from model2vec: long texts are cut by tokens alone, not first by characters, and unknown tokens count for the cut.
/// </remarks>
public sealed class StaticEncoder : IEncoder
{
    private readonly TokenMatrix _matrix;
    private readonly Lazy<EmbeddingSpace> _space;

    /// <param name="tokenizer">Gives ids below the number of rows.</param>
    /// <param name="rows">Effective token rows [V, D]: weights and mapping applied, finite, -1e30 to 1e30; copied.</param>
    /// <param name="options">Prompts and cut.</param>
    /// <exception cref="NearfarException">Shapes do not fit, or a value is not finite or too large.</exception>
    public StaticEncoder(ITokenizer tokenizer, Rows<float> rows, StaticEncoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        Options = options ?? new StaticEncoderOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.MaxTokens, 1, nameof(options));
        if (Options.Lead?.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"Encoder options: {string.Join("; ", problems)}.");
        }

        if (Options.Quantization is { } quantization && quantization.Dimensions != rows.Dimensions)
        {
            throw new NearfarException($"The quantisation has {quantization.Dimensions} dimensions and the matrix {rows.Dimensions}. Calibrate it on this model's vectors.");
        }

        Tokenizer = tokenizer;
        _matrix = TokenMatrix.Checked(tokenizer, rows);
        _space = new Lazy<EmbeddingSpace>(() => SpaceFingerprint.Of(this));
        Queries = new EncoderGenerator(this, TextRole.Query);
        Documents = new EncoderGenerator(this, TextRole.Document);
    }

    private StaticEncoder(ITokenizer tokenizer, TokenMatrix matrix, StaticEncoderOptions options)
    {
        (Tokenizer, _matrix, Options) = (tokenizer, matrix, options);
        _space = new Lazy<EmbeddingSpace>(() => SpaceFingerprint.Of(this));
        Queries = new EncoderGenerator(this, TextRole.Query);
        Documents = new EncoderGenerator(this, TextRole.Document);
    }

    /// <summary>Text to ids.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>Prompts and cut.</summary>
    public StaticEncoderOptions Options { get; }

    /// <inheritdoc />
    public double? Temperature => Options.Temperature;

    /// <inheritdoc />
    public EmbeddingSpace Space => _space.Value;

    /// <inheritdoc />
    public int Dimensions => _matrix.Dimensions;

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Queries { get; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Documents { get; }

    /// <summary>The effective token rows [V, D].</summary>
    public Rows<float> TokenRows => _matrix.Rows;

    /// <summary>Whether other libraries that load its folder give the same vectors, quantisation aside.</summary>
    internal bool IsPortable => Tokenizer is Tokenizer && !PoolingFile.IsNeeded(Options);

    /// <summary>The same rows, shared, under other options.</summary>
    internal StaticEncoder With(StaticEncoderOptions options) => new(Tokenizer, _matrix, options);

    /// <summary>An encoder over rows [V, D] that the caller has checked and gives away, or changes between two uses: neither copied nor looked at.</summary>
    internal static StaticEncoder Over(ITokenizer tokenizer, float[] rows, int dimensions, StaticEncoderOptions options) =>
        new(tokenizer, new TokenMatrix(rows, dimensions), options);

    /// <summary>Reads a model2vec or sentence-transformers StaticEmbedding folder.</summary>
    /// <param name="folder">The model folder.</param>
    /// <exception cref="NearfarException">Missing files, foreign modules, broken tensors.</exception>
    public static StaticEncoder Load(string folder) => StaticModelFolder.Load(folder);

    /// <summary>One text to one unit row; false, and a zero row, when it has no known token.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="role">Chooses the prompt.</param>
    /// <param name="into">D values.</param>
    /// <param name="buffer">Reused memory; cleared first.</param>
    public bool Encode(ReadOnlySpan<char> text, TextRole role, Span<float> into, TokenBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNotEqual(into.Length, Dimensions, nameof(into));
        Tokenise(text, role, buffer);
        return Pool(buffer.Ids, into);
    }

    /// <summary>The ids that a text is pooled from, prompt included and cut, then the lead again; the buffer is cleared first.</summary>
    internal void Tokenise(ReadOnlySpan<char> text, TextRole role, TokenBuffer buffer) => Tokenise(Tokenizer, Options, text, role, buffer);

    /// <summary>The same without rows, as a trainer reads texts.</summary>
    internal static void Tokenise(ITokenizer tokenizer, StaticEncoderOptions options, ReadOnlySpan<char> text, TextRole role, TokenBuffer buffer)
    {
        buffer.Clear();
        string prompt = role == TextRole.Query ? options.QueryPrompt : options.DocumentPrompt;
        var lead = role == TextRole.Document ? options.Lead : null;
        int first = lead is null ? 0 : LeadTokens.PromptLength(tokenizer, prompt, buffer);
        LeadTokens.Encode(tokenizer, prompt, text, buffer);
        if (buffer.Count > options.MaxTokens)
        {
            buffer.Truncate(options.MaxTokens);
        }

        if (lead is not null)
        {
            LeadTokens.Repeat(tokenizer, lead, prompt, first, text, buffer);
        }
    }

    /// <inheritdoc />
    public ValueTask EncodeAsync(IReadOnlyList<string> texts, TextRole role, Memory<float> into, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(into.Length, checked(texts.Count * Dimensions), nameof(into));
        const int Block = 256;
        int blocks = (texts.Count + Block - 1) / Block;
        void EncodeBlock(int block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var buffer = new TokenBuffer();
            for (int i = block * Block; i < Math.Min(texts.Count, (block + 1) * Block); i++)
            {
                Encode(texts[i], role, into.Span.Slice(i * Dimensions, Dimensions), buffer);
            }
        }

        if (blocks <= 1)
        {
            for (int block = 0; block < blocks; block++)
            {
                EncodeBlock(block);
            }
        }
        else
        {
            Parallel.For(0, blocks, new ParallelOptions { CancellationToken = cancellationToken }, EncodeBlock);
        }

        return ValueTask.CompletedTask;
    }

    internal bool Pool(ReadOnlySpan<int> ids, Span<float> into) =>
        _matrix.UnitSum(ids, Options.TermFrequency, into) && (Options.Quantization?.Apply(into) ?? true);

    /// <summary>The sum of the rows, before it is normalised; returns its squared length.</summary>
    internal double Sum(ReadOnlySpan<int> ids, Span<float> into) => _matrix.Sum(ids, Options.TermFrequency, into);
}
