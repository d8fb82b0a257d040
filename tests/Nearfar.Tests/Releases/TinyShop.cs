using Nearfar.Gating;
using Nearfar.Mining;
using Nearfar.Pairs;
using Nearfar.Releases;
using Nearfar.Training;

namespace Nearfar.Tests.Releases;

/// <summary>
/// Forty passages of four products: training asks in the words of the passages, production and half of the gate in words that stand in none of
/// them. A first model cannot know those; one that has learned from the failed traffic can.
/// </summary>
internal static class TinyShop
{
    private static readonly (string Name, string Slang)[] s_products =
        [("Brook kettle", "teapot"), ("Alder planner", "calendar thingy"), ("Finch headset", "earphones"), ("Tarn storage", "cloud drive")];

    private static readonly (string Id, string Text, string Words, string Slang)[] s_subjects =
    [
        ("refund", "The price of the {0} is paid back to the card that was charged when the buyer asks within thirty days.", "price paid back", "moolah return"),
        ("invoice", "An invoice for the {0} is written on the first of each month and sent to the payer by mail.", "invoice each month", "receipts hunt"),
        ("cancel", "To end the {0} contract open settings, choose subscription and confirm; access stays until the paid period is over.", "end contract subscription", "quit forever"),
        ("delivery", "The {0} leaves our warehouse after two days and the courier hands it over at the door within five.", "courier warehouse days", "dispatch whereabouts"),
        ("warranty", "Faults of the {0} are mended free of charge for twenty four months after it was handed over.", "faults mended free", "broke kaput"),
        ("sign-in", "A forgotten password of the {0} account is replaced through the link below the sign in window.", "forgotten password link", "locked outside"),
        ("upgrade", "Owners raise the {0} to the next tier at any hour and pay the difference for the days that are left.", "next tier difference", "bigger version"),
        ("export", "All records of the {0} can be taken out as a table file from the page named data.", "records table file", "backup somewhere"),
        ("invite", "A colleague joins the {0} when its owner sends an invitation from the page named people.", "colleague joins invitation", "teammate sharing"),
        ("hours", "The help desk for the {0} answers from eight in the morning until six on working days.", "help desk answers", "phone somebody"),
    ];

    public static Corpus Corpus { get; } = new(
        from s in s_subjects from p in s_products select new Document { Id = Id(s.Id, p.Name), Text = string.Format(null, s.Text, p.Name), Title = null });

    private static string Id(string subject, string product) => $"{subject}-{product.Split(' ')[0].ToLowerInvariant()}";

    private static IEnumerable<Pair> Ask(string prefix, Func<(string Id, string Text, string Words, string Slang), (string Name, string Slang), string> query, string style) =>
        from s in s_subjects
        from p in s_products
        select new Pair { Id = $"{prefix}-{Id(s.Id, p.Name)}", Query = query(s, p), PositiveIds = [Id(s.Id, p.Name)], Cohorts = new Dictionary<string, string> { ["style"] = style } };

    private static IReadOnlyList<Pair> Train { get; } =
    [
        .. Ask("t1", (s, p) => $"{s.Words} {p.Name}", "plain"), .. Ask("t2", (s, p) => $"{p.Name}: what about {s.Words}?", "plain"),
        .. Ask("t3", (s, p) => $"how is it with {s.Words} for my {p.Name}", "plain"),
    ];

    private static JudgedSetBuilder Builder { get; } = new(Corpus, DocumentClusters.Of(Corpus, Train)) { Train = Train, Rules = [new CohortRule { Attribute = "style" }] };

    // The page of the same subject and another product.
    private static Pair WithNegative(Pair row) => row with
    {
        HardNegatives = [new HardNegative(s_subjects.SelectMany(s => s_products.Select(p => Id(s.Id, p.Name))).First(id => id != row.PositiveIds[0] && id[..id.LastIndexOf('-')] == row.PositiveIds[0][..row.PositiveIds[0].LastIndexOf('-')]))],
    };

    /// <summary>80 gate questions, half of them in the words of production; or fewer. With negatives dev and gate have margins.</summary>
    public static LoopData Data(int gate = 80, bool traffic = true, bool negatives = false) => new(
        new TrainingSet(Corpus, Train),
        Builder.Dev([.. Ask("d", (s, p) => $"tell me of {s.Words}, I own the {p.Name}", "plain").Select(p => negatives ? WithNegative(p) : p)]),
        Builder.Gate([.. Ask("g1", (s, p) => $"please explain {s.Words} of {p.Name}", "plain").Concat(Ask("g2", (s, p) => $"hi {s.Slang} {p.Slang} pls", "production")).Where((_, i) => i % (80 / gate) == 0).Select(p => negatives ? WithNegative(p) : p)]),
        traffic ? [.. Ask("trace:", (s, p) => $"{p.Slang} {s.Slang}", "production").Select(p => new TrafficRow { Id = p.Id, Query = p.Query, ExpectedIds = p.PositiveIds, Outcome = TrafficOutcome.Failed })] : []);

    /// <summary>Passes when three quarters of all questions find their page among the first five.</summary>
    public static LoopOptions Options(string output) => new()
    {
        Output = output,
        Start = new StartOptions { Dimensions = 64, VocabularySize = 600, IdfPower = 1 },
        Training = new TrainingOptions { Batch = 40, Epochs = 12, Rate = 0.1, Threads = 2 },
        Mining = new MiningOptions { PerQuery = 2 },
        Policy = new GatePolicy { Metric = "recall@5", Tolerance = 0.1, Floors = [new GateFloor(null, "recall@5", 0.75)], Flips = 999 },
        FailsAt = 5,
    };

    /// <summary>What any model of this shop fulfils.</summary>
    public static GatePolicy Easy => new() { Metric = "recall@5", Tolerance = 0.3, Flips = 999 };
}
