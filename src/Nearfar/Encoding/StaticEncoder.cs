using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
    private const float Largest = 1e30f;        // sums of a million tokens stay finite

    private readonly float[] _rows;
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

        if (rows.Count != tokenizer.VocabularySize || rows.Dimensions < 1)
        {
            throw new NearfarException($"The tokenizer has {tokenizer.VocabularySize} tokens and the matrix {rows.Count} rows of {rows.Dimensions}; wanted one row for each token. Load both from one model folder.");
        }

        Tokenizer = tokenizer;
        Dimensions = rows.Dimensions;
        _rows = new float[checked(rows.Count * rows.Dimensions)];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            float most = TensorPrimitives.MaxMagnitude<float>(row);       // NaN when one is
            if (!(Math.Abs(most) <= Largest))
            {
                throw new NearfarException($"Row {i} (token \"{tokenizer.TokenOf(i)}\") holds {most}; every value must be finite and at most {Largest} in size.");
            }

            row.CopyTo(_rows.AsSpan(i * Dimensions));
        }

        _space = new Lazy<EmbeddingSpace>(() => SpaceFingerprint.Of(this));
        Queries = new EncoderGenerator(this, TextRole.Query);
        Documents = new EncoderGenerator(this, TextRole.Document);
    }

    private StaticEncoder(ITokenizer tokenizer, float[] rows, int dimensions, StaticEncoderOptions options)
    {
        (Tokenizer, _rows, Dimensions, Options) = (tokenizer, rows, dimensions, options);
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
    public int Dimensions { get; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Queries { get; }

    /// <inheritdoc />
    public IEmbeddingGenerator<string, Embedding<float>> Documents { get; }

    /// <summary>The effective token rows [V, D].</summary>
    public Rows<float> TokenRows => new(_rows, _rows.Length / Dimensions, Dimensions, Dimensions);

    /// <summary>Whether other libraries that load its folder give the same vectors, quantisation aside.</summary>
    internal bool IsPortable => Tokenizer is Tokenizer && !PoolingFile.IsNeeded(Options);

    /// <summary>The same rows, shared, under other options.</summary>
    internal StaticEncoder With(StaticEncoderOptions options) => new(Tokenizer, _rows, Dimensions, options);

    /// <summary>An encoder over rows [V, D] that the caller has checked and gives away, or changes between two uses: neither copied nor looked at.</summary>
    internal static StaticEncoder Over(ITokenizer tokenizer, float[] rows, int dimensions, StaticEncoderOptions options) => new(tokenizer, rows, dimensions, options);

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

    internal bool Pool(ReadOnlySpan<int> ids, Span<float> into)
    {
        double square = Sum(ids, into);
        if (square == 0)
        {
            into.Clear();
            return false;
        }

        Scale(into, 1 / Math.Sqrt(square));
        return Options.Quantization?.Apply(into) ?? true;
    }

    /// <summary>The sum of the rows, before it is normalised; returns its squared length.</summary>
    internal double Sum(ReadOnlySpan<int> ids, Span<float> into)
    {
        if (Options.TermFrequency == TermFrequency.Count)
        {
            SumRows(ids, into);
        }
        else
        {
            SumDistinctRows(ids, into);
        }

        return SumOfSquares(into);
    }

    // Columns in blocks of 64 stay in four registers while the ids pass; each element is a plain sum in token order, so its bits do not depend on the width.
    private void SumRows(ReadOnlySpan<int> ids, Span<float> into)
    {
        ref float rows = ref MemoryMarshal.GetArrayDataReference(_rows);
        ref float target = ref MemoryMarshal.GetReference(into);
        int column = 0;
        for (; column + 64 <= Dimensions; column += 64)
        {
            Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
            foreach (int id in ids)
            {
                nuint offset = ((nuint)(uint)id * (uint)Dimensions) + (uint)column;
                a += Vector512.LoadUnsafe(ref rows, offset);
                b += Vector512.LoadUnsafe(ref rows, offset + 16);
                c += Vector512.LoadUnsafe(ref rows, offset + 32);
                d += Vector512.LoadUnsafe(ref rows, offset + 48);
            }

            a.StoreUnsafe(ref target, (uint)column);
            b.StoreUnsafe(ref target, (uint)column + 16);
            c.StoreUnsafe(ref target, (uint)column + 32);
            d.StoreUnsafe(ref target, (uint)column + 48);
        }

        for (; column < Dimensions; column++)
        {
            float sum = 0;
            foreach (int id in ids)
            {
                sum += _rows[((long)id * Dimensions) + column];
            }

            into[column] = sum;
        }
    }

    // Ascending ids, product and sum rounded apart: the bits depend neither on the order of the words nor on the processor.
    private void SumDistinctRows(ReadOnlySpan<int> ids, Span<float> into)
    {
        int[] sorted = ArrayPool<int>.Shared.Rent(ids.Length);
        ids.CopyTo(sorted);
        Array.Sort(sorted, 0, ids.Length);
        into.Clear();
        for (int first = 0; first < ids.Length;)
        {
            int next = first + 1;
            for (; next < ids.Length && sorted[next] == sorted[first]; next++)
            {
            }

            float weight = Options.TermFrequency.Weight(next - first);
            var row = _rows.AsSpan(checked(sorted[first] * Dimensions), Dimensions);
            int column = 0;
            for (; column + 16 <= Dimensions; column += 16)
            {
                (Vector512.Create(into[column..]) + (Vector512.Create<float>(row[column..]) * weight)).CopyTo(into[column..]);
            }

            for (; column < Dimensions; column++)
            {
                float product = row[column] * weight;
                into[column] += product;
            }

            first = next;
        }

        ArrayPool<int>.Shared.Return(sorted);
    }

    // 16 partial sums in double whatever the processor's width: the same bits everywhere.
    private static double SumOfSquares(ReadOnlySpan<float> row)
    {
        Vector512<double> low = Vector512<double>.Zero, high = low;
        int i = 0;
        for (; i + 16 <= row.Length; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Create(row[i..]));
            low += a * a;
            high += b * b;
        }

        double sum = 0;
        for (int lane = 0; lane < 16; lane++)
        {
            double partial = lane < 8 ? low[lane] : high[lane - 8];
            sum += i + lane < row.Length ? partial + ((double)row[i + lane] * row[i + lane]) : partial;
        }

        return sum;
    }

    // In double: the inverse of a tiny length is no float.
    private static void Scale(Span<float> row, double factor)
    {
        int i = 0;
        for (; i + 16 <= row.Length; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Create<float>(row[i..]));
            Vector512.Narrow(a * factor, b * factor).CopyTo(row[i..]);
        }

        for (; i < row.Length; i++)
        {
            row[i] = (float)(row[i] * factor);
        }
    }
}
