using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Training.Streaming;

/// <summary>A file of pairs, part by part: blocks in random order, cut into parts of about the buffer's size, the blocks of a part in the order of the file.</summary>
internal sealed class StreamedRows : IBatchSource
{
    private readonly PairSpool _spool;
    private readonly StreamedPairs _stream;
    private readonly TrainingOptions _options;
    private readonly StaticTrainableEncoder _encoder;
    private readonly RowPlan _plan;
    private readonly LossNeeds _needs;
    private readonly TermFrequency _frequency;
    private readonly int[] _place;                                      // by token id: its position among those that occur
    private readonly int _parts;
    private readonly Dictionary<int, int[]> _ends = [];                 // by epoch: batches up to the end of each part

    public StreamedRows(PairSpool spool, StreamedPairs stream, StaticTrainableEncoder encoder, TrainingOptions options, RowPlan plan, LossNeeds needs, StaticStart start)
    {
        (_spool, _stream, _encoder, _options, _plan, _needs, _frequency) = (spool, stream, encoder, options, plan, needs, start.Options.TermFrequency);
        int most = (options.Stream!.Buffer + StreamOptions.BlockPairs - 1) / StreamOptions.BlockPairs;
        _parts = (spool.Blocks + most - 1) / most;
        _place = new int[start.Tokenizer.VocabularySize];
        for (int i = 0; i < spool.Vocabulary.Length; i++)
        {
            _place[spool.Vocabulary[i]] = i;
        }
    }

    public long Pairs => _spool.Pairs;

    public long Rows => _spool.Rows;

    public IReadOnlyList<string> LeftOut => _spool.LeftOut;

    public IEnumerable<KeyValuePair<string, string>> Identity => [new("data", "stream " + _stream.Hash)];

    public bool SeveralSets => false;

    // By the marks alone, with the sampler that cuts the batches later.
    public string? NoteOf(int[] counts) => null;

    public NegativeRefresh? Mining(RunFolder folder, long steps) => null;       // refused beside a stream, with the options

    public int CountOf(int epoch) => EndsOf(epoch)[^1];

    public ValueTask PrepareAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public BatchPart Open(int epoch, int batch, IReadOnlyList<int[]>? kept)
    {
        int[] ends = EndsOf(epoch);
        int part = Array.FindIndex(ends, end => end > batch);
        int[] blocks = part < 0 ? [] : BlocksOf(epoch, part);      // a checkpoint may stand behind the epoch's last batch
        var batches = BatchesOf(epoch, Math.Max(0, part), blocks);
        var rows = Load(blocks);
        return new BatchPart(part < 0 ? ends[^1] : part == 0 ? 0 : ends[part - 1], batches, ends[^1], rows, new SideData(rows, _needs, null, null));
    }

    public IEnumerable<(string Attribute, IEnumerable<(string Value, int Rows)> Values)> CohortsOf(int[] batch, int most) => [];

    // The words are on the disk alone: another pass, for a run that has failed.
    public IEnumerable<BatchTexts> TextsOf(BatchPart part, int[] batch)
    {
        var lines = batch.Select(r => part.Rows.Rows[r].Pair.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var pair in _stream.Read().Where(p => lines.Contains(NameOf(p.Line))))
        {
            foreach (string positive in pair.Positives)
            {
                yield return new BatchTexts(pair.Pair.Id, pair.Pair.Query, positive, pair.HardNegatives);
            }
        }
    }

    private static string NameOf(long line) => FormattableString.Invariant($"line {line}");

    private int[] EndsOf(int epoch)
    {
        if (!_ends.TryGetValue(epoch, out int[]? ends))
        {
            ends = new int[_parts];
            for (int part = 0; part < _parts; part++)
            {
                ends[part] = (part == 0 ? 0 : ends[part - 1]) + BatchesOf(epoch, part, BlocksOf(epoch, part)).Count;
            }

            _ends.Add(epoch, ends);
        }

        return ends;
    }

    private int[] BlocksOf(int epoch, int part)
    {
        int[] order = [.. Enumerable.Range(0, _spool.Blocks)];
        SeededRandom.For(_options.Seed, epoch, "blocks").Shuffle(order);
        int first = (int)((long)_spool.Blocks * part / _parts), last = (int)((long)_spool.Blocks * (part + 1) / _parts);
        int[] blocks = order[first..last];
        Array.Sort(blocks);
        return blocks;
    }

    private IReadOnlyList<int[]> BatchesOf(int epoch, int part, int[] blocks)
    {
        int rows = blocks.Sum(_spool.RowsOf);
        var numbers = new Dictionary<ulong, int>(2 * rows);
        int[] anchors = new int[rows], positives = new int[rows];
        int at = 0;
        foreach (int block in blocks)
        {
            ulong[] marks = _spool.MarksOf(block);
            for (int i = 0; i < marks.Length; i += 2, at++)
            {
                anchors[at] = NumberOf(marks[i]);
                positives[at] = NumberOf(marks[i + 1]);
            }
        }

        // The first part is drawn like all rows of a run in memory.
        var draws = new RowDraws([.. Enumerable.Range(0, rows)], _options.Seed, purpose: part == 0 ? "batches" : FormattableString.Invariant($"batches part {part}"));
        return new BatchSampler(draws, RowConflicts.Equal([.. anchors.Zip(positives, (a, p) => new[] { a, p })]), _options.Batch, _options.MinBatchShare).Epoch(epoch);

        int NumberOf(ulong mark)
        {
            if (!numbers.TryGetValue(mark, out int number))
            {
                numbers.Add(mark, number = numbers.Count);
            }

            return number;
        }
    }

    // Rows and bags of tokens of some blocks; a text that stands twice is one text, as in memory.
    private TrainingRows Load(int[] blocks)
    {
        _encoder.Read(new TokenBags([], [0], [], _spool.Vocabulary));       // the part before goes first: two would be the run's peak of memory
        var texts = new PartTexts(_place, _frequency, checked((int)(blocks.Sum(b => (long)_spool.LengthOf(b)) / 2)));      // an entry takes two bytes at least
        foreach (int block in blocks)
        {
            var (bytes, pairs) = _spool.PairsOf(block);
            texts.Add(bytes, pairs);
        }

        var numbers = new RowNumbers<ulong>(texts.Pairs.Count, i => texts.Pairs[i], _plan);
        _encoder.Read(texts.BagsOf(numbers, _spool.Vocabulary));
        return TrainingRows.From(numbers, _plan).Readable(_encoder.CanEmbed, out _);
    }
}
