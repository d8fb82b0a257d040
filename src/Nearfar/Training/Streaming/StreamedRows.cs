using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;
using Nearfar.Vectors;

namespace Nearfar.Training.Streaming;

/// <summary>Files of pairs, part by part: the blocks of each data set in random order, cut into parts of about the buffer's size, the blocks of a part in the order of the file.</summary>
internal sealed class StreamedRows : IBatchSource
{
    private readonly PairSpool _spool;
    private readonly StreamedPairs _stream;
    private readonly TrainingOptions _options;
    private readonly StaticTrainableEncoder _encoder;
    private readonly RowPlan _plan;
    private readonly LossNeeds _needs;
    private readonly BatchRule _rule;
    private readonly TermFrequency _frequency;
    private readonly int[] _place;                                      // by token id: its position among those that occur
    private readonly int _parts;
    private readonly SliceSamplers _samplers;
    private readonly SpoolSet[] _sets;                                  // by name, as in memory; those without a readable row behind the others
    private readonly int _drawn;                                        // sets that have one
    private readonly string[] _names;
    private readonly string[] _attributes;                              // cohorts that some row has, or that are asked for
    private readonly Dictionary<int, Epoch> _epochs = [];
    private TrainingCohorts? _cohorts;                                  // of the part in memory

    public StreamedRows(PairSpool spool, StreamedPairs stream, StaticTrainableEncoder encoder, TrainingOptions options, RowPlan plan, LossNeeds needs, BatchRule rule, StaticStart start)
    {
        (_spool, _stream, _encoder, _options, _plan, _needs, _rule, _frequency) = (spool, stream, encoder, options, plan, needs, rule, start.Options.TermFrequency);
        int most = (options.Stream!.Buffer + StreamOptions.BlockPairs - 1) / StreamOptions.BlockPairs;
        _parts = spool.Pairs <= options.Stream.Buffer ? 1 : (spool.Blocks + most - 1) / most;      // each set's last block may be short: they are more blocks than their pairs would fill
        _samplers = new SliceSamplers(spool, options, rule);
        var sets = Enumerable.Range(0, spool.Blocks).GroupBy(spool.SetOf).Select(g => (Name: stream.Sets[g.Key].Name ?? "", Blocks: g.ToArray(), Rows: g.Sum(b => (long)spool.RowsOf(b))))
            .OrderBy(s => s.Rows == 0).ThenBy(s => s.Name, StringComparer.Ordinal).ToArray();
        _drawn = sets.Count(s => s.Rows > 0);
        _names = [.. sets.Take(_drawn).Select(s => s.Name)];
        _sets = [.. sets.Select(s => new SpoolSet(s.Blocks, s.Rows, _parts, SlicesOf(s.Blocks.Length, sets.Length), SeveralSets ? " " + s.Name : "", options.Seed, _samplers))];
        _attributes = [.. spool.Cohorts.Attributes.Where((a, i) => spool.Index.Known[i] || spool.Cohorts.Wanted.Contains(a))];
        _place = new int[start.Tokenizer.VocabularySize];
        for (int i = 0; i < spool.Vocabulary.Length; i++)
        {
            _place[spool.Vocabulary[i]] = i;
        }
    }

    /// <summary>An epoch as it will be.</summary>
    /// <param name="Slices">By set: batches that its slices make of all their rows, up to the end of each.</param>
    /// <param name="Quotas">By set: batches that it gives.</param>
    /// <param name="Ends">By part: batches up to its end.</param>
    private sealed record Epoch(int[][] Slices, int[] Quotas, int[] Ends);

    public long Pairs => _spool.Pairs;

    public long Rows => _spool.Rows;

    public IReadOnlyList<string> LeftOut => _spool.Index.LeftOut;

    public IEnumerable<KeyValuePair<string, string>> Identity =>
    [
        new("data", "stream " + _stream.Hash),
        .. SeveralSets ? [new KeyValuePair<string, string>("data_sets", string.Join(", ", _names))] : Array.Empty<KeyValuePair<string, string>>(),
        .. _spool.Cohorts.Wanted.Count > 0 ? [new KeyValuePair<string, string>("cohorts", _spool.Index.Cohorts)] : Array.Empty<KeyValuePair<string, string>>(),
    ];

    public bool SeveralSets => _drawn > 1;

    public string? NoteOf(int[] counts) => null;

    public NegativeRefresh? Mining(RunFolder folder, long steps) => null;       // refused beside a stream, with the options

    public int CountOf(int epoch) => EpochOf(epoch).Ends[^1];

    public ValueTask PrepareAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Looks whether the pairs have the labels and cohorts that loss and options ask for.</summary>
    /// <param name="loss">Its name.</param>
    /// <exception cref="NearfarException">Something lacks: all of it in one message.</exception>
    public void ThrowUnlessFit(string loss)
    {
        var problems = new List<string>();
        if (_rule == BatchRule.Label || _needs.HasFlag(LossNeeds.Labels))
        {
            var without = _options.Labels is { } attribute ? _spool.Index.Without[_spool.Cohorts.WantedPlaceOf(attribute)] : (0, []);
            bool enough = Enumerable.Range(0, _parts).Any(part => _samplers.HaveLabels(BlocksOf(0, part)));
            problems.AddRange(LossFit.Labels(loss, _needs, _options, _rule, without, enough, _parts > 1 ? " in any part of the buffer's size" : ""));
        }

        if (_samplers.Unbalanced)
        {
            problems.Add(LossFit.Unbalanced(_options.Balance!));
        }

        LossFit.ThrowIfAny(problems);
    }

    public BatchPart Open(int epoch, int batch, IReadOnlyList<int[]>? kept)
    {
        int[] ends = EpochOf(epoch).Ends;
        int part = Array.FindIndex(ends, end => end > batch);
        int[] blocks = part < 0 ? [] : BlocksOf(epoch, part);      // a checkpoint may stand behind the epoch's last batch
        var batches = part < 0 ? [] : BatchesOf(epoch, part, blocks);
        var rows = Load(blocks);
        _cohorts = new TrainingCohorts(rows.Rows, _attributes);
        int[]? labels = !_needs.HasFlag(LossNeeds.Labels) ? null : _options.Labels is { } attribute ? _cohorts.Of(attribute) : [.. rows.Rows.Select(r => r.Positive)];
        return new BatchPart(part < 0 ? ends[^1] : part == 0 ? 0 : ends[part - 1], batches, ends[^1], rows, new SideData(rows, _needs, labels, null));
    }

    public IEnumerable<(string Attribute, IEnumerable<(string Value, int Rows)> Values)> CohortsOf(int[] batch, int most) => _cohorts!.CountsOf(batch, most);

    // The words are on the disk alone: another pass, for a run that has failed.
    public IEnumerable<BatchTexts> TextsOf(BatchPart part, int[] batch)
    {
        var lines = batch.Select(r => part.Rows.Rows[r].Pair.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var pair in _stream.Read().Where(p => lines.Contains(_stream.NameOf(p.Set, p.Line))))
        {
            foreach (string positive in pair.Positives)
            {
                yield return new BatchTexts(pair.Pair.Id, pair.Pair.Query, positive, pair.HardNegatives);
            }
        }
    }

    // A set too small for a share of every part stays for several: a slice holds four batches at least, and a block more where the last one is short.
    private int SlicesOf(int blocks, int sets)
    {
        int least = (((4 * _options.Batch) + StreamOptions.BlockPairs - 1) / StreamOptions.BlockPairs) + 1;
        return sets == 1 ? _parts : Math.Clamp(blocks / least, 1, _parts);
    }

    private Epoch EpochOf(int epoch)
    {
        if (!_epochs.TryGetValue(epoch, out var known))
        {
            var drawn = _sets[.._drawn];
            int[][] slices = [.. drawn.Select(s => s.EndsOf(epoch))];
            int[] quotas = MixedSampler.Quotas([.. slices.Select(s => s[^1])], [.. drawn.Select(s => s.Rows)], _options.Mix, _options.MixTemperature);
            int[] ends = new int[_parts];
            for (int part = 0; part < _parts; part++)
            {
                ends[part] = (part == 0 ? 0 : ends[part - 1]) + drawn.Select((s, i) => s.CountOf(part, slices[i], quotas[i])).Sum();
            }

            _epochs.Add(epoch, known = new Epoch(slices, quotas, ends));
        }

        return known;
    }

    private int[] BlocksOf(int epoch, int part) => [.. _sets.SelectMany(s => s.BlocksOf(epoch, part)).Order()];

    // By the marks alone, with the samplers of memory; a set's row numbers become those of the part.
    private List<int[]> BatchesOf(int epoch, int part, int[] blocks)
    {
        var known = EpochOf(epoch);
        var firstRow = new Dictionary<int, int>(blocks.Length);
        int rows = 0;
        foreach (int block in blocks)
        {
            firstRow.Add(block, rows);
            rows += _spool.RowsOf(block);
        }

        var batches = _sets[.._drawn].Select((set, i) =>
        {
            int[] own = [.. set.BlocksOf(epoch, part).SelectMany(b => Enumerable.Range(firstRow[b], _spool.RowsOf(b)))];
            return (IReadOnlyList<int[]>)[.. set.BatchesOf(epoch, part, known.Slices[i], known.Quotas[i]).Select(batch => Array.ConvertAll(batch, row => own[row]))];
        });
        return MixedSampler.InOrder([.. batches], _options.Mix, SeededRandom.For(_options.Seed, epoch, part == 0 ? "mix" : FormattableString.Invariant($"mix part {part}")));
    }

    // Rows and bags of tokens of some blocks; a text that stands twice is one text, as in memory.
    private TrainingRows Load(int[] blocks)
    {
        _cohorts = null;
        _encoder.Read(new TokenBags([], [0], [], _spool.Vocabulary));       // the part before goes first: two would be the run's peak of memory
        var texts = new PartTexts(_stream, _spool.Cohorts.Attributes, _place, _frequency, checked((int)(blocks.Sum(b => (long)_spool.LengthOf(b)) / 2)));      // an entry takes two bytes at least
        foreach (int block in blocks)
        {
            var (bytes, pairs) = _spool.PairsOf(block);
            texts.Add(bytes, pairs, _spool.SetOf(block));
        }

        var numbers = new RowNumbers<ulong>(texts.Pairs.Count, i => texts.Pairs[i], _plan);
        _encoder.Read(texts.BagsOf(numbers, _spool.Vocabulary));
        return TrainingRows.From(numbers, _plan).Readable(_encoder.CanEmbed, out _);
    }
}
