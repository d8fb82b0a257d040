#:project ../../src/Nearfar.Data/Nearfar.Data.csproj
#:property PublishAot=false

// Makes train, dev, gate and traffic of samples/helpdesk from its pages and the questions written for them (source/):
//   dotnet run eng/helpdesk/Assemble.cs samples/helpdesk
// Splits are hashes of cluster and question, so that a page or question added later moves no other. The gate's negatives are pooled as
// docs/loop/gate.md says; traffic outcomes come from running keyword search, not from a pen.
using System.Globalization;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Search;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Training.Sampling;

const ulong Seed = 20261101;
const int NegativesPerQuery = 6;
string folder = args is [var given] ? given : throw new ArgumentException("Give the sample's folder.");
var corpus = new Corpus(DocumentFile.Read(Path.Combine(folder, "corpus.jsonl")).Rows);
string[] languages = ["en", "de", "es", "ja"];
var near = languages.SelectMany(l => File.ReadLines(Path.Combine(folder, "source", $"near.{l}.tsv")))
    .Select(line => line.Split('\t')).ToDictionary(c => c[0], c => c[1].Split(','));
var questions = new List<Pair>();
foreach (string language in languages)
{
    int n = 0;
    foreach (string line in File.ReadLines(Path.Combine(folder, "source", $"questions.{language}.tsv")))
    {
        string[] cells = line.Split('\t');
        questions.Add(new Pair
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{language}-{++n:0000}"),
            Query = cells[2],
            PositiveIds = cells[0].Split(','),
            Cohorts = new Dictionary<string, string> { ["style"] = cells[1] },
            Provenance = new Provenance { Source = "synthetic" },
        });
    }
}

// Known pages are trained on; new pages are seen by the gate, or by dev, or by traffic alone. The gate is the second version: the policy was
// fixed after the first had been seen, so nothing that stood in the first, and nothing of dev, on which options were chosen, is in this one.
var clusters = DocumentClusters.Of(corpus, questions);
var train = new List<Pair>();
var dev = new List<Pair>();
var gate = new List<Pair>();
var traffic = new List<Pair>();
int leftOut = 0;
foreach (var question in questions)
{
    string cluster = clusters.ClusterOf(question.PositiveIds[0]);
    double page = Fraction("page:" + cluster);
    double part = Fraction("question:" + question.Query);
    bool devPage = page is >= 0.20 and < 0.28;
    bool trafficPage = page is >= 0.28 and < 0.34;
    bool newPage = page >= 0.34 && Fraction("page 2:" + cluster) < 0.30;
    bool judgedBefore = page < 0.20 || (page >= 0.34 && part < 0.30);         // the first gate's, and dev's on known pages
    double draw = Fraction("question 2:" + question.Query);
    var target = devPage ? dev
        : trafficPage ? traffic
        : newPage ? judgedBefore ? null : gate
        : page >= 0.34 && part is >= 0.22 and < 0.30 ? dev
        : !judgedBefore && draw < 0.40 ? gate
        : draw >= 0.87 ? traffic
        : train;
    leftOut += target is null ? 1 : 0;
    target?.Add(question);
}

// A question that nearly equals one of another set leaves the less precious set: the gate keeps its own.
var seal = new JudgedSetBuilder(corpus, clusters).Gate(gate).Seal;
int dropped = train.RemoveAll(p => seal.Contains(p.Query)) + dev.RemoveAll(p => seal.Contains(p.Query)) + traffic.RemoveAll(p => seal.Contains(p.Query));
var devSeal = new JudgedSetBuilder(corpus, clusters).Gate(dev).Seal;
dropped += train.RemoveAll(p => devSeal.Contains(p.Query)) + traffic.RemoveAll(p => devSeal.Contains(p.Query));

PairFile.Write(Path.Combine(folder, "train.jsonl"), train);
PairFile.Write(Path.Combine(folder, "dev.jsonl"), await WithNegativesAsync(dev));
PairFile.Write(Path.Combine(folder, "gate.jsonl"), await WithNegativesAsync(gate));
TrafficFile.Write(Path.Combine(folder, "traffic.jsonl"), await ServedAsync(traffic));
Console.WriteLine($"{corpus.Count} pages; train {train.Count}, dev {dev.Count}, gate {gate.Count}, traffic {traffic.Count}; {dropped} near-equal questions and {leftOut} of the first gate on pages of this one left out");

async Task<List<Pair>> WithNegativesAsync(List<Pair> rows)
{
    string[] texts = [.. rows.Select(r => r.Query)];
    // None of the three is a candidate: keyword search, the untrained encoder, and an untrained one over other tokens.
    var set = new TrainingSet(corpus, train);
    IRanker[] rankers =
    [
        new Bm25Index(corpus),
        await VectorRanker.CreateAsync(StartEncoder.Create(new StartOptions(), set), corpus),
        await VectorRanker.CreateAsync(StartEncoder.Create(new StartOptions { TokenizerKind = TokenizerKind.Unigram, VocabularySize = 3000, Seed = 7 }, set), corpus),
    ];
    string[] names = ["bm25", "untrained wordpiece", "untrained unigram"];
    var rankings = new List<IReadOnlyList<IReadOnlyList<Hit>>>();
    foreach (var ranker in rankers)
    {
        rankings.Add(await ranker.RankAsync(texts, 6));
    }

    var result = new List<Pair>();
    for (int i = 0; i < rows.Count; i++)
    {
        var pool = new SortedDictionary<string, Provenance>(StringComparer.Ordinal);
        foreach (string id in rows[i].PositiveIds.SelectMany(p => near[p]))
        {
            pool[id] = new Provenance { Source = "human", Rule = "authored as easily mistaken" };
        }

        for (int r = 0; r < rankers.Length; r++)
        {
            for (int rank = 0; rank < rankings[r][i].Count; rank++)
            {
                pool.TryAdd(corpus.Documents[rankings[r][i][rank].Document].Id, new Provenance { Source = "mined", Rule = "pooled from " + names[r], Rank = rank + 1 });
            }
        }

        foreach (string id in rows[i].PositiveIds)
        {
            pool.Remove(id);
        }

        string[] drawn = [.. pool.Keys];
        int[] order = [.. Enumerable.Range(0, drawn.Length)];
        SeededRandom.For(Seed, 0, rows[i].Id).Shuffle(order);
        result.Add(rows[i] with { HardNegatives = [.. order.Take(NegativesPerQuery).Select(o => drawn[o]).Order(StringComparer.Ordinal).Select(id => new HardNegative(id, pool[id]))] });
    }

    return result;
}

async Task<List<TrafficRow>> ServedAsync(List<Pair> rows)
{
    var served = await new Bm25Index(corpus).RankAsync([.. rows.Select(r => r.Query)], 5);
    var start = new DateTimeOffset(2026, 10, 1, 6, 0, 0, TimeSpan.Zero);
    var result = new List<TrafficRow>();
    for (int i = 0; i < rows.Count; i++)
    {
        var retrieved = served[i].Select((hit, rank) => new RetrievedDocument(corpus.Documents[hit.Document].Id, Math.Round(hit.Score, 4), rank + 1)).ToList();
        // For one question in six nobody told how it went: such rows go to labelling, not to mining.
        bool told = Fraction("told:" + rows[i].Query) >= 1.0 / 6;
        result.Add(new TrafficRow
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"t{i + 1:0000}:search"),
            Query = rows[i].Query,
            Time = start.AddMinutes(127 * i),
            Retrieved = retrieved,
            ExpectedIds = told ? rows[i].PositiveIds : [],
            Outcome = !told ? TrafficOutcome.Unknown : retrieved.Take(3).Any(d => rows[i].PositiveIds.Contains(d.Id)) ? TrafficOutcome.Ok : TrafficOutcome.Failed,
            EmbeddingModelVersion = "bm25",
            Cohorts = rows[i].Cohorts,
        });
    }

    return result;
}

static double Fraction(string text) =>
    (System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))) >> 11) * (1.0 / (1UL << 53));
