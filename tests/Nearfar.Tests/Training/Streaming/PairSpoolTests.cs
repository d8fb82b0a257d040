using System.IO.Hashing;
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

            var stream = new StreamedPairs(files["pairs.jsonl"], set.Corpus);
            using var spool = PairSpool.Open(files["spool"], stream, Start, Kept(stream, threads: 2), Token);
            Assert.Equal(expected.Rows.Length, spool.Rows);
            Assert.Equal(leftOut, spool.Index.LeftOut);
            int[] place = new int[Start.Tokenizer.VocabularySize];
            for (int i = 0; i < spool.Vocabulary.Length; i++)
            {
                place[spool.Vocabulary[i]] = i;
            }

            var texts = new PartTexts(stream, [], place, TermFrequency.Count);
            var marks = new List<ulong>();
            for (int b = 0; b < spool.Blocks; b++)
            {
                var (bytes, count) = spool.PairsOf(b);
                texts.Add(bytes, count, spool.SetOf(b));
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

        void Make(StreamedPairs pairs, StaticStart start, int? maxTokens = null) => PairSpool.Open(files["spool"], pairs, start, Kept(pairs, maxTokens), Token).Dispose();
    }

    [Fact]
    public void PairsOf_DamagedBlock_IsRefused()
    {
        using var files = new TemporaryFolder();
        var task = new ToyTask(pairs: 600);
        PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, Kept(task.Streamed(files["pairs.jsonl"])), Token).Dispose();
        byte[] bytes = File.ReadAllBytes(files["spool"]);
        bytes[100] ^= 1;
        File.WriteAllBytes(files["spool"], bytes);
        using var spool = PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, Kept(task.Streamed(files["pairs.jsonl"])), Token);
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
        var e = Assert.Throws<NearfarException>(() => PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, Kept(task.Streamed(files["pairs.jsonl"])), Token));
        Assert.Contains("cannot be written", e.Message, StringComparison.Ordinal);
        Assert.Contains("keeps its pairs there as tokens", e.Message, StringComparison.Ordinal);
    }

    // What a run of an older version left: whole, its hash right, and of another form.
    [Fact]
    public void Open_SpoolOfTheOldForm_IsMadeAnew()
    {
        using var files = new TemporaryFolder();
        var task = new ToyTask(pairs: 600);
        Make();
        byte[] whole = File.ReadAllBytes(files["spool"]), old = [.. whole];
        int length = (int)BitConverter.ToInt64(old, old.Length - 8), begin = old.Length - 16 - length;
        int number = begin + old.AsSpan(begin).IndexOf("nearfar pairs 2"u8) + "nearfar pairs ".Length;
        old[number] = (byte)'1';
        XxHash3.Hash(old.AsSpan(begin, length)).CopyTo(old, old.Length - 16);
        File.WriteAllBytes(files["spool"], old);
        Make();
        Assert.Equal(whole, File.ReadAllBytes(files["spool"]));

        void Make() => PairSpool.Open(files["spool"], task.Streamed(files["pairs.jsonl"]), task.Start, Kept(task.Streamed(files["pairs.jsonl"])), Token).Dispose();
    }

    [Fact]
    public void Open_OtherRulesOrAttributesOfDocuments_MakeItAnew()
    {
        using var files = new TemporaryFolder();
        var task = new SetsTask(files.Path);
        var byArea = new CohortRule { Attribute = "area", From = "document.area" };
        Assert.True(Makes(task.Stream, byArea, "language"));
        Assert.False(Makes(task.Stream, byArea, "language"));
        Assert.True(Makes(task.Stream, byArea with { From = "document.other" }, "language"));
        Assert.True(Makes(task.Stream, byArea, "language"));
        Assert.True(Makes(task.Stream, byArea, "intent"));
        var moved = new Corpus(task.Set.Corpus.Documents.Select((d, i) => i > 0 ? d : d with { Attributes = new Dictionary<string, string> { ["area"] = "elsewhere" } }));
        Assert.Equal(task.Set.Corpus.Hash, moved.Hash);
        Assert.True(Makes(new StreamedPairs(task.Stream.Sets, moved), byArea, "intent"));

        bool Makes(StreamedPairs stream, CohortRule rule, string wanted)
        {
            var before = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            if (File.Exists(files["spool"]))
            {
                File.SetLastWriteTimeUtc(files["spool"], before);
            }

            PairSpool.Open(files["spool"], stream, task.Task.Start, new SpoolReading(true, 1, null, new StreamCohorts(stream, new CohortResolver([rule], null), [wanted])), Token).Dispose();
            return File.GetLastWriteTimeUtc(files["spool"]) != before;
        }
    }

    private static SpoolReading Kept(StreamedPairs stream, int? maxTokens = null, int threads = 1) => new(true, threads, maxTokens, new StreamCohorts(stream, null, []));

    private static List<(int Token, float Count)> Bag(TokenBags bags, int text) =>
        [.. bags.Entries[bags.Offsets[text]..bags.Offsets[text + 1]].Select(e => (bags.Vocabulary[e.Row], e.Weight))];
}
