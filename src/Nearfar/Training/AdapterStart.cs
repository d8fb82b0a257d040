using System.Globalization;
using Nearfar.Encoding;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>Start of an adapter: a frozen encoder, and the map that changes nothing.</summary>
public sealed class AdapterStart : ITrainingStart<AdapterTrainableEncoder>
{
    private const int Batch = 4096;

    /// <param name="baseEncoder">Frozen: it embeds each text of a run once.</param>
    /// <param name="options">Rank.</param>
    /// <exception cref="NearfarException">The rank is above the length of a vector.</exception>
    public AdapterStart(IEncoder baseEncoder, AdapterOptions options)
    {
        ArgumentNullException.ThrowIfNull(baseEncoder);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Rank < 0 || options.Rank > baseEncoder.Dimensions)
        {
            throw new NearfarException($"The adapter's rank is {options.Rank}; wanted 0 (a full matrix) to {baseEncoder.Dimensions}, the length of a vector of {baseEncoder.Space}.");
        }

        (Base, Options) = (baseEncoder, options);
    }

    /// <summary>The frozen encoder.</summary>
    public IEncoder Base { get; }

    /// <summary>Rank.</summary>
    public AdapterOptions Options { get; }

    /// <inheritdoc />
    public string Hash => string.Create(CultureInfo.InvariantCulture, $"adapter {Options.Rank} {Base.Space.Id}");

    /// <inheritdoc />
    public async ValueTask<AdapterTrainableEncoder> BeginAsync(IReadOnlyList<TrainingText> texts, TrainingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(options);
        if (options.TokenWeights is not null)
        {
            throw new ArgumentException("TokenWeights are set, and an adapter has no tokens of its own. Remove them, or train a static encoder.", nameof(options));
        }

        if (options.MaxTokens is not null)
        {
            throw new ArgumentException("MaxTokens is set, and an adapter reads the frozen encoder's vectors, not tokens. Remove it, or train a static encoder.", nameof(options));
        }

        var frozen = Rows.Allocate<float>(texts.Count, Base.Dimensions);
        foreach (var role in new[] { TextRole.Query, TextRole.Document })
        {
            int[] ofRole = [.. Enumerable.Range(0, texts.Count).Where(i => texts[i].Role == role)];
            foreach (int[] part in ofRole.Chunk(Batch))
            {
                float[] rows = new float[part.Length * Base.Dimensions];
                await Base.EncodeAsync([.. part.Select(i => texts[i].Text)], role, rows, cancellationToken).ConfigureAwait(false);
                for (int i = 0; i < part.Length; i++)
                {
                    rows.AsSpan(i * Base.Dimensions, Base.Dimensions).CopyTo(frozen[part[i]]);
                }
            }
        }

        return new AdapterTrainableEncoder(this, frozen, [.. texts.Select(t => t.Role == TextRole.Query)], options);
    }
}
