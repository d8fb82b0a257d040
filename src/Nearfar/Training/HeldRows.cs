using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>All rows of a run in memory.</summary>
internal sealed class HeldRows<TEncoder>(TEncoder encoder, TrainingSet set, TrainingRows rows, IReadOnlyList<string> leftOut, IBatchSampler sampler, TrainingCohorts cohorts, string[] wanted, LossNeeds needs, int[]? labels, IEncoder? guide, RowPlan plan, TrainingOptions options, INegativeSource? negatives) : IBatchSource
    where TEncoder : ITrainableEncoder<int>
{
    private SideData? _side;

    public long Pairs => set.Pairs.Count;

    public long Rows => rows.Rows.Length;

    public IReadOnlyList<string> LeftOut => leftOut;

    public IEnumerable<KeyValuePair<string, string>> Identity =>
        [new("data", rows.Hash), new("data_sets", string.Join(", ", rows.DataSets)), new("cohorts", cohorts.HashOf(wanted)), .. negatives is null ? [] : negatives.Identity.Append(new("mining.given", TrainingRows.HashOfGiven(set.Pairs)))];

    public bool SeveralSets { get; } = rows.DataSets.Length > 1;

    public string? NoteOf(int[] counts) => OneBatchNote.Of(rows, plan, options, counts);

    public NegativeRefresh? Mining(RunFolder folder, long steps) => options.Mining is { } mining ? new NegativeRefresh(mining, negatives!, set, rows, encoder, folder, steps) : null;

    public int CountOf(int epoch) => sampler.CountOf(epoch);

    public async ValueTask PrepareAsync(CancellationToken cancellationToken) =>
        _side = new SideData(rows, needs, labels, guide is null ? null : await GuideVectors.ComputeAsync(guide, rows.Texts, cancellationToken));

    public BatchPart Open(int epoch, int batch, IReadOnlyList<int[]>? kept)
    {
        var batches = kept ?? sampler.Epoch(epoch, sampler.ReadsVectors ? DocumentVectors() : null);
        return new BatchPart(0, batches, batches.Count, rows, _side!, sampler.ReadsVectors ? batches : null);
    }

    public IEnumerable<(string Attribute, IEnumerable<(string Value, int Rows)> Values)> CohortsOf(int[] batch, int most) => cohorts.CountsOf(batch, most);

    public IEnumerable<BatchTexts> TextsOf(BatchPart part, int[] batch) => batch.Select(r => rows.Rows[r])
        .Select(r => new BatchTexts(r.Pair.Id, rows.Texts[r.Anchor].Text, rows.Texts[r.Positive].Text, [.. r.HardNegatives.Select(t => rows.Texts[t].Text)]));

    private Rows<float> DocumentVectors()
    {
        int[] texts = rows.DocumentSlots().Texts;
        int stride = Lanes.RoundUp(encoder.Dimensions, Lanes.Count);
        var vectors = new Rows<float>(new float[checked(texts.Length * stride)], texts.Length, encoder.Dimensions, stride);
        for (int at = 0; at < texts.Length; at += 4096)
        {
            int count = Math.Min(4096, texts.Length - at);
            encoder.Forward(texts.AsSpan(at, count), vectors.Slice(at, count), ForwardMode.Infer);
        }

        UnitRows.Make(vectors);
        return vectors;
    }
}
