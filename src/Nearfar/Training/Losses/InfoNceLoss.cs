using System.Numerics;
using System.Runtime.CompilerServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>InfoNCE: pulls each anchor to its positive, away from every other document of the batch.</summary>
/// <remarks>
/// van den Oord et al. 2018, arXiv:1807.03748, eq. 4; "multiple negatives ranking" (query to document) in sentence-transformers. Cosine
/// similarity; the documents of an anchor are all positives, then all hard negatives of the batch. Thread-safe.
/// In double: plain loops. In float: tiles, stripes of 64 anchors, at most some 16 MB of similarities at a time.
/// </remarks>
public sealed class InfoNceLoss : ILoss
{
    private readonly double _temperature;
    private InfoNceStripes? _stripes;       // scratch, handed from step to step; a second caller at the same time makes its own

    /// <param name="temperature">Divides similarities. Above 0; usually 0.01 to 0.1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or not finite.</exception>
    public InfoNceLoss(double temperature = 0.05)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        ArgumentOutOfRangeException.ThrowIfNotEqual(double.IsFinite(temperature), true, nameof(temperature));
        _temperature = temperature;
    }

    /// <inheritdoc />
    public LossNeeds Needs => LossNeeds.Mask;

    /// <inheritdoc />
    public bool NormalisesRows => true;

    /// <summary>Similarities held at a time, in bytes; no result depends on it.</summary>
    internal long KeptBytes { get; init; } = 16 << 20;

    /// <inheritdoc />
    /// <returns>Nats, mean over B; ln(N) for a collapsed encoder, N the documents of the batch; 0 for an empty batch.</returns>
    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessPaired(batch, gradients);
        if (batch.Pairs == 0)
        {
            return new LossValue(0, 0);
        }

        if (typeof(T) != typeof(float))
        {
            return new LossValue(EvaluatePlainly(batch, gradients), batch.Pairs);
        }

        var stripes = Interlocked.Exchange(ref _stripes, null) ?? new InfoNceStripes();
        double loss = stripes.Evaluate(As<T, float>(batch.Columns), batch.Side, As<T, float>(gradients), _temperature, step.Threads, KeptBytes);
        _stripes = stripes;
        return new LossValue(loss, batch.Pairs);
    }

    private double EvaluatePlainly<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int pairs = batch.Pairs, documents = batch.Documents;
        var units = batch.Columns.Select(PlainRows.Unit).ToArray();
        T[] anchors = units[0].Rows;
        T[] others = [.. units.Skip(1).SelectMany(u => u.Rows)];
        T[] anchorGradient = new T[anchors.Length];
        T[] otherGradient = new T[others.Length];
        int d = batch.Columns[0].Dimensions;
        T scale = T.CreateChecked(1 / _temperature);
        T share = scale / T.CreateChecked(pairs);
        double loss = 0;
        T[] z = new T[documents];
        bool[] takesPart = new bool[documents];
        for (int i = 0; i < pairs; i++)
        {
            FillParticipants(takesPart, batch.Side, i);
            T max = T.NegativeInfinity;
            for (int j = 0; j < documents; j++)
            {
                z[j] = takesPart[j] ? scale * PlainRows.Dot(anchors, i * d, others, j * d, d) : T.NegativeInfinity;
                max = T.Max(max, z[j]);
            }

            T own = z[i];
            T sum = T.Zero;
            for (int j = 0; j < documents; j++)
            {
                z[j] = T.Exp(z[j] - max);
                sum += z[j];
            }

            loss += double.CreateChecked(T.Log(sum) + max - own);
            for (int j = 0; j < documents; j++)
            {
                T g = ((z[j] / sum) - (j == i ? T.One : T.Zero)) * share;
                PlainRows.AddScaled(anchorGradient, i * d, others, j * d, g, d);
                PlainRows.AddScaled(otherGradient, j * d, anchors, i * d, g, d);
            }
        }

        for (int c = 0; c < gradients.Count; c++)
        {
            PlainRows.ThroughNormalisation(units[c], c == 0 ? anchorGradient : otherGradient.AsSpan((c - 1) * pairs * d, pairs * d), gradients[c]);
        }

        return loss / pairs;
    }

    private static void FillParticipants(bool[] takesPart, RowSide side, int anchor)
    {
        Array.Fill(takesPart, true);
        foreach (int j in side.AbsentDocuments.Span)
        {
            takesPart[j] = false;
        }

        foreach (int j in side.MaskOf(anchor))
        {
            takesPart[j] = false;
        }

        takesPart[anchor] = true;
    }

    private static Rows<TTo>[] As<TFrom, TTo>(IReadOnlyList<Rows<TFrom>> rows) where TFrom : unmanaged where TTo : unmanaged =>
        rows as object as Rows<TTo>[] ?? [.. rows.Select(r => Unsafe.BitCast<Rows<TFrom>, Rows<TTo>>(r))];     // only where TFrom is TTo
}
