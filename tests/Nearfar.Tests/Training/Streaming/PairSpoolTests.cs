using CsCheck;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training;
using Nearfar.Training.Streaming;
using Xunit;

namespace Nearfar.Tests.Training.Streaming;

public class PairSpoolTests
{
    private static readonly string[] Words = ["one", "two", "three", "four", "five"];
    private static readonly StaticStart Start = StaticStart.Random(new ToyTokenizer(Words), 8, 1);
    private static readonly Gen<string> Text = Gen.Int[0, 6].Array[1, 6].Select(n => string.Join(' ', n.Select(i => i < Words.Length ? Words[i] : i == 5 ? "strange" : "odd")));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Random pairs, a small vocabulary: repeated questions, texts on both sides, unreadable ones, negatives that are answers elsewhere.
    [Fact]
    public void Spool_RandomPairs_GiveTheRowsAndBagsOfTheSamePairsInMemory()
    {
        Gen.Select(Text, Text.Array[1, 3], Text.Array[0, 3]).Array[1, 700].Sample(made =>
        {
            using var files = new TemporaryFolder();
            var documents = made.SelectMany(m => m.Item2.Concat(m.Item3)).Distinct().Select(t => new Document { Id = "d " + t, Text = t }).ToList();
            var pairs = made.Select((m, i) =>
            {
                string[] positives = [.. m.Item2.Distinct().Select(t => "d " + t)];
                return new Pair { Id = $"p{i}", Query = m.Item1, PositiveIds = positives, HardNegatives = [.. m.Item3.Distinct().Select(t => "d " + t).Except(positives).Select(id => new HardNegative(id))] };
            }).ToList();
            var set = new TrainingSet(new Corpus(documents), pairs);
            PairFile.Write(files["pairs.jsonl"], pairs);
            var plan = new RowPlan(2);
            var all = TrainingRows.From(set, plan);
            var bags = TokenBags.From(all.Texts, Start.Tokenizer, Start.Options);
            var expected = all.Readable(t => bags.InverseLengths[t] > 0, out var leftOut);

            using var spool = PairSpool.Open(files["spool"], new StreamedPairs(files["pairs.jsonl"], set.Corpus), Start, negatives: true, threads: 2, maxTokens: null, Token);
            Assert.Equal(expected.Rows.Length, spool.Rows);
            Assert.Equal(leftOut, spool.LeftOut);
            int[] place = new int[Start.Tokenizer.VocabularySize];
            for (int i = 0; i < spool.Vocabulary.Length; i++)
            {
                place[spool.Vocabulary[i]] = i;
            }

            var texts = new PartTexts(place, TermFrequency.Count);
            var marks = new List<ulong>();
            for (int b = 0; b < spool.Blocks; b++)
            {
                var (bytes, count) = spool.PairsOf(b);
                texts.Add(bytes, count);
                marks.AddRange(spool.MarksOf(b));
            }

            var numbers = new RowNumbers<ulong>(texts.Pairs.Count, i => texts.Pairs[i], plan);
            var read = texts.BagsOf(numbers, spool.Vocabulary);
            var rows = TrainingRows.From(numbers, plan).Readable(t => read.InverseLengths[t] > 0, out _);
            Assert.Equal(expected.Rows.Select(r => (r.Anchor, r.Positive, r.Fold, string.Join(' ', r.HardNegatives))), rows.Rows.Select(r => (r.Anchor, r.Positive, r.Fold, string.Join(' ', r.HardNegatives))));
            Assert.Equal(expected.Rows.SelectMany(r => new[] { SpoolBlock.HashOf(all.Texts[r.Anchor].Text), SpoolBlock.HashOf(all.Texts[r.Positive].Text) }), marks);
            // The rows' texts alone are in the vocabulary of memory; a streamed one has also those of negatives that were dropped.
            for (int t = 0; t < all.Texts.Count; t++)
            {
                Assert.Equal(Bag(bags, t), Bag(read, t));
            }
        }, iter: 30, threads: 1);
    }

    [Fact]
    public void Open_SpoolOfThisRun_IsUsedAgain_AnotherIsMadeAnew()
    {
        using var files = new TemporaryFolder();
        var task = new ToyTask(pairs: 600);
        var stream = task.Streamed(files["pairs.jsonl"]);
        Make(stream, task.Start);
        var first = File.GetLastWriteTimeUtc(files["spool"]);
        File.SetLastWriteTimeUtc(files["spool"], first.AddHours(-1));
        Make(stream, task.Start);
        Assert.Equal(first.AddHours(-1), File.GetLastWriteTimeUtc(files["spool"]));
        Make(stream, StaticStart.Random(task.Start.Tokenizer, 32, 2));
        Assert.NotEqual(first.AddHours(-1), File.GetLastWriteTimeUtc(files["spool"]));

        // Other texts by another cut.
        Make(stream, task.Start);
        long whole = new FileInfo(files["spool"]).Length;
        Make(stream, task.Start, maxTokens: 3);
        Assert.InRange(new FileInfo(files["spool"]).Length, 1, whole - 1);
        Assert.Contains("reads 513 tokens", Assert.Throws<NearfarException>(() => Make(stream, task.Start, maxTokens: 513)).Message, StringComparison.Ordinal);
        Make(stream, task.Start);

        // Cut off, as a copy of a run may be.
        byte[] bytes = File.ReadAllBytes(files["spool"]);
        File.WriteAllBytes(files["spool"], bytes[..(bytes.Length / 2)]);
        Make(stream, task.Start);
        Assert.InRange(new FileInfo(files["spool"]).Length, bytes.Length - 100, bytes.Length + 100);

        void Make(StreamedPairs pairs, StaticStart start, int? maxTokens = null) => PairSpool.Open(files["spool"], pairs, start, negatives: true, threads: 1, maxTokens, Token).Dispose();
    }

    [Fact]
    public void PairsOf_DamagedBlock_IsRefused()
    {
        using var files = new TemporaryFolder();
        var task = new ToyTask(pairs: 600);
        PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, negatives: true, threads: 1, maxTokens: null, Token).Dispose();
        byte[] bytes = File.ReadAllBytes(files["spool"]);
        bytes[100] ^= 1;
        File.WriteAllBytes(files["spool"], bytes);
        using var spool = PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, negatives: true, threads: 1, maxTokens: null, Token);
        var e = Assert.Throws<NearfarException>(() => spool.PairsOf(0));
        Assert.Contains("the hash of block 0 does not match", e.Message, StringComparison.Ordinal);
        Assert.Equal(256, spool.PairsOf(1).Pairs);
    }

    [Fact]
    public void Open_CannotBeWritten_NamesTheFileAndWhatItIsFor()
    {
        using var files = new TemporaryFolder();
        var task = new ToyTask(pairs: 600);
        // A folder stands where the temporary file would be written.
        Directory.CreateDirectory(files[$".spool.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp"]);
        var e = Assert.Throws<NearfarException>(() => PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, negatives: true, threads: 1, maxTokens: null, Token));
        Assert.Contains("cannot be written", e.Message, StringComparison.Ordinal);
        Assert.Contains("keeps its pairs there as tokens", e.Message, StringComparison.Ordinal);
    }

    private static List<(int Token, float Count)> Bag(TokenBags bags, int text) =>
        [.. bags.Entries[bags.Offsets[text]..bags.Offsets[text + 1]].Select(e => (bags.Vocabulary[e.Row], e.Weight))];
}
