using System.Collections;
using System.Numerics;
using System.Runtime.InteropServices;
using Nearfar.Vectors;

namespace Nearfar.Training.Losses;

/// <summary>Any in-batch loss with documents of past batches as further negatives, which get no gradient.</summary>
/// <remarks>
/// He et al. 2020, arXiv:1911.05722, sec. 3.1 (the queue of MoCo); Wang et al. 2020, arXiv:1912.06798, sec. 3.2 (cross-batch memory: the vectors of the
/// one encoder as they were). After a step the batch's documents enter and the oldest leave. A document of the queue is left out where it answers the
/// anchor, and altogether where it stands in the batch or, newer, in the queue. Nothing enters after a loss that is not finite.
/// </remarks>
internal sealed class QueueLoss : ILoss
{
    private readonly ILoss _inner;
    private readonly int _size;
    private readonly byte[] _header = new byte[4 * sizeof(int)];
    private byte[] _content = [];       // ids, then rows (vector, guide's vector), by slot
    private Array? _pastRows, _pastGuide;       // columns of the last step: their memory is used again

    /// <param name="inner">The loss.</param>
    /// <param name="size">Documents kept, at least 1.</param>
    public QueueLoss(ILoss inner, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        (_inner, _size) = (inner, size);
    }

    public LossNeeds Needs => _inner.Needs | LossNeeds.Mask | LossNeeds.Identity;

    public IReadOnlyList<LossParameter> Parameters => _inner.Parameters;

    public IReadOnlyList<Memory<byte>> State => new Pieces(this);

    public bool NormalisesRows => _inner.NormalisesRows;

    public void Prepare(int dimensions, int guideDimensions, ulong seed) => _inner.Prepare(dimensions, guideDimensions, seed);

    private ref int Dimensions => ref Header[0];

    private ref int GuideDimensions => ref Header[1];

    private ref int Filled => ref Header[2];

    private ref int Next => ref Header[3];

    private Span<int> Header => MemoryMarshal.Cast<byte, int>(_header.AsSpan());

    private Span<int> Ids => MemoryMarshal.Cast<byte, int>(Content.AsSpan(0, _size * sizeof(int)));

    // Its length follows the header: a checkpoint fills that first.
    private byte[] Content
    {
        get
        {
            long length = Dimensions == 0 ? 0 : (long)_size * (1 + Dimensions + GuideDimensions) * sizeof(int);
            return _content.LongLength == length ? _content : _content = new byte[checked((int)length)];
        }
    }

    public LossValue Evaluate<T>(LossBatch<T> batch, IReadOnlyList<Rows<T>> gradients, in StepInfo step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ShapeException.ThrowUnlessPaired(batch, gradients);
        ShapeException.ThrowUnlessIdentified(batch.Side, batch.Pairs, batch.Documents);
        if (batch.Pairs == 0)
        {
            return _inner.Evaluate(batch, gradients, step);
        }

        Fit(batch);
        int[] slots = Usable(batch);
        int columns = (slots.Length + batch.Pairs - 1) / batch.Pairs;
        var wide = new LossBatch<T>([.. batch.Columns, .. Past<T>(ref _pastRows, slots, batch.Pairs, columns, 0, Dimensions)], SideOf(batch, slots, columns))
        {
            Frozen = columns,
            Guide = GuideDimensions == 0 ? [] : [.. batch.Guide, .. Past<T>(ref _pastGuide, slots, batch.Pairs, columns, Dimensions, GuideDimensions)],
        };
        var loss = _inner.Evaluate(wide, gradients, step);
        if (double.IsFinite(loss.Value))
        {
            Remember(batch);
        }

        return loss;
    }

    private void Fit<T>(LossBatch<T> batch) where T : unmanaged
    {
        int guide = batch.Guide.Count == 0 ? 0 : batch.Guide[0].Dimensions;
        if (Filled == 0)
        {
            (Dimensions, GuideDimensions) = (batch.Columns[0].Dimensions, guide);
        }

        ShapeException.Require(Dimensions == batch.Columns[0].Dimensions && GuideDimensions == guide,
            $"The queue holds rows of {Dimensions} values and {GuideDimensions} of a guide; the batch has {batch.Columns[0].Dimensions} and {guide}.");
    }

    // Newest first, each document once, none that stands in the batch.
    private int[] Usable<T>(LossBatch<T> batch) where T : unmanaged
    {
        var absent = new HashSet<int>(batch.Side.AbsentDocuments.ToArray());
        var seen = new HashSet<int>();
        for (int d = 0; d < batch.Documents; d++)
        {
            if (!absent.Contains(d))
            {
                seen.Add(batch.Side.DocumentIds.Span[d]);
            }
        }

        var slots = new List<int>();
        for (int age = 1; age <= Filled; age++)
        {
            int slot = (Next - age + _size) % _size;
            if (seen.Add(Ids[slot]))
            {
                slots.Add(slot);
            }
        }

        return [.. slots];
    }

    private Rows<T>[] Past<T>(ref Array? held, int[] slots, int pairs, int columns, int from, int length) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var past = held as Rows<T>[] ?? [];
        if (past.Length != columns || (columns > 0 && (past[0].Count != pairs || past[0].Dimensions != length)))
        {
            held = past = [.. Enumerable.Range(0, columns).Select(_ => Rows.Allocate<T>(pairs, length))];
        }

        for (int s = 0; s < slots.Length; s++)
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertChecked<float, T>(RowOf(slots[s]).Slice(from, length), past[s / pairs][s % pairs]);
        }

        return past;
    }

    private RowSide SideOf<T>(LossBatch<T> batch, int[] slots, int columns) where T : unmanaged
    {
        var numbers = new Dictionary<int, int>(slots.Length);
        for (int s = 0; s < slots.Length; s++)
        {
            numbers.Add(Ids[slots[s]], batch.Documents + s);
        }

        var answered = new List<int>?[batch.Pairs];
        var offsets = batch.Side.AnswerOffsets.Span;
        for (int i = 0; i < batch.Pairs; i++)
        {
            foreach (int id in batch.Side.AnswerIds.Span[offsets[i]..offsets[i + 1]])
            {
                if (numbers.TryGetValue(id, out int number))
                {
                    (answered[i] ??= []).Add(number);
                }
            }
        }

        int[] padding = [.. Enumerable.Range(batch.Documents + slots.Length, (columns * batch.Pairs) - slots.Length)];
        int[] ids = [.. batch.Side.DocumentIds.Span, .. slots.Select(s => Ids[s]), .. padding.Select(_ => -1)];
        return batch.Side.WithMasked(batch.Pairs, answered) with { AbsentDocuments = (int[])[.. batch.Side.AbsentDocuments.Span, .. padding], DocumentIds = ids };
    }

    private void Remember<T>(LossBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var absent = new HashSet<int>(batch.Side.AbsentDocuments.ToArray());
        for (int d = 0; d < batch.Documents; d++)
        {
            if (absent.Contains(d))
            {
                continue;
            }

            int column = 1 + (d / batch.Pairs), row = d % batch.Pairs;
            Ids[Next] = batch.Side.DocumentIds.Span[d];
            var into = RowOf(Next);
            System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<T, float>(batch.Columns[column][row], into);
            if (GuideDimensions > 0)
            {
                System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<T, float>(batch.Guide[column][row], into[Dimensions..]);
            }

            Next = (Next + 1) % _size;
            Filled = Math.Min(Filled + 1, _size);
        }
    }

    private Span<float> RowOf(int slot)
    {
        int width = Dimensions + GuideDimensions;
        return MemoryMarshal.Cast<byte, float>(Content.AsSpan(_size * sizeof(int))).Slice(slot * width, width);
    }

    // Header, content, then the inner loss's own. The content's length is asked for only when the header has been read.
    private sealed class Pieces(QueueLoss queue) : IReadOnlyList<Memory<byte>>
    {
        public int Count => 2 + queue._inner.State.Count;

        public Memory<byte> this[int index] => index switch { 0 => queue._header, 1 => queue.Content, _ => queue._inner.State[index - 2] };

        public IEnumerator<Memory<byte>> GetEnumerator()
        {
            for (int i = 0; i < Count; i++)
            {
                yield return this[i];
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
