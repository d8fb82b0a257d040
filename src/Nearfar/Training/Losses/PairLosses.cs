using System.Globalization;

namespace Nearfar.Training.Losses;

/// <summary>Losses of a row's own texts, of groups, and of a teacher: no other row is taken for a negative unless its label says so.</summary>
internal static class PairLosses
{
    private static readonly LossOption s_cosentTemperature = Above("temperature", "divides similarities", .05);
    private static readonly LossOption s_similarity = new("similarity", "of the raw vectors", "dot") { Choices = ["dot", "cosine"] };

    public static IReadOnlyList<LossDescription> All { get; } = [.. Graded, .. Triplets, .. Distillation];

    private static IEnumerable<LossDescription> Graded =>
    [
        new()
        {
            Name = "cosine_mse", Rows = LossRows.Scored, AlsoCalled = ["CosineSimilarityLoss"],
            Summary = "The cosine of two texts ought to be their grade, -1 to 1.",
            Source = "Reimers and Gurevych 2019, arXiv:1908.10084, section 3 (regression objective)",
            Create = _ => new CosineMseLoss(),
        },
        new()
        {
            Name = "cosent", Rows = LossRows.Scored, AlsoCalled = ["CoSENTLoss"], Options = [s_cosentTemperature],
            Summary = "Of two rows the one with the higher grade ought to have the higher cosine.",
            Source = "Su 2022, kexue.fm/archives/8847, eq. 6",
            Create = o => new CosentLoss(new CosineMeasure(distance: false), o.Number("temperature")),
        },
        new()
        {
            Name = "angle", Rows = LossRows.Scored, AlsoCalled = ["AnglELoss"], Options = [s_cosentTemperature],
            Summary = "As cosent, on an angle between complex vectors that does not flatten near 0 and 180 degrees.",
            Source = "Li and Li 2023, arXiv:2309.12871, eq. 5 to 8",
            Create = o => new CosentLoss(new AngleMeasure(), o.Number("temperature")),
        },
        new()
        {
            Name = "contrastive", Rows = LossRows.Scored, AlsoCalled = ["ContrastiveLoss"], Options = [Distance("cosine"), Above("margin", "distance beyond which a wrong pair costs nothing", .5)],
            Summary = "Pulls right pairs together and pushes wrong pairs out to a margin.",
            Source = "Hadsell, Chopra and LeCun 2006, eq. 4",
            Create = o => new ContrastiveLoss(Measure(o, shift: 1e-6), o.Number("margin")),
        },
        new()
        {
            Name = "online_contrastive", Rows = LossRows.Scored, AlsoCalled = ["OnlineContrastiveLoss"], Options = [Distance("cosine"), Above("margin", "distance beyond which a wrong pair costs nothing", .5)],
            Summary = "As contrastive, summed over the right pairs that are too far and the wrong pairs that are too near for their batch.",
            Source = "Hadsell, Chopra and LeCun 2006, eq. 4, over the hard pairs of a batch",
            Create = o => new OnlineContrastiveLoss(Measure(o, shift: 1e-6), o.Number("margin")),
        },
        new()
        {
            Name = "softmax", Rows = LossRows.Scored, AlsoCalled = ["SoftmaxLoss"], Options = [new("classes", "classes; a row's grade is its class, from 0", "2") { Min = 2, Max = 1000, Whole = true }],
            Summary = "A learned classifier tells the class of two texts from (u, v, |u - v|).",
            Source = "Reimers and Gurevych 2019, arXiv:1908.10084, section 3 (classification objective)",
            Create = o => new SoftmaxLoss(o.Whole("classes")),
        },
    ];

    private static IEnumerable<LossDescription> Triplets =>
    [
        new()
        {
            Name = "triplet", MinHardNegatives = 1, AlsoCalled = ["TripletLoss"], Options = [Distance("euclid"), Above("margin", "how much nearer the positive must be", 5)],
            Summary = "The positive ought to be nearer than each hard negative of its row, by a margin.",
            Source = "Schroff, Kalenichenko and Philbin 2015, arXiv:1503.03832, eq. 2",
            Create = o => new TripletLoss(Measure(o, shift: 0), o.Number("margin")),
        },
        Grouped("batch_all", "BatchAllTripletLoss", "All triplets of a batch's groups that miss the margin.", "Hermans, Beyer and Leibe 2017, arXiv:1703.07737, eq. 7", m => new AllTriplets(m!.Value)),
        Grouped("batch_hard", "BatchHardTripletLoss", "Each row's farthest positive against its nearest negative of the batch.", "Hermans, Beyer and Leibe 2017, arXiv:1703.07737, eq. 5", m => new HardestTriplet(m)),
        Grouped("batch_hard_soft", "BatchHardSoftMarginTripletLoss", "As batch_hard, with ln(1 + e^x) in place of a margin.", "Hermans, Beyer and Leibe 2017, arXiv:1703.07737, section 2 (soft margin)", m => new HardestTriplet(m), margin: false),
        Grouped("batch_semi_hard", "BatchSemiHardTripletLoss", "Each positive against the nearest negative that is farther than it.", "Schroff, Kalenichenko and Philbin 2015, arXiv:1503.03832, section 3.2", m => new SemiHardTriplets(m!.Value)),
    ];

    private static IEnumerable<LossDescription> Distillation =>
    [
        new()
        {
            Name = "margin_mse", MinHardNegatives = 1, AlsoCalled = ["MarginMSELoss"], Options = [s_similarity],
            Summary = "The margin to each hard negative ought to be the teacher's.",
            Source = "Hofstätter et al. 2020, arXiv:2010.02666, eq. 3",
            Create = o => new MarginMseLoss(Similarity(o)),
        },
        new()
        {
            Name = "distill_kl", MinHardNegatives = 1, AlsoCalled = ["DistillKLDivLoss"],
            Options = [s_similarity, Above("temperature", "divides the student's similarities", 1), Above("teacher_temperature", "divides the teacher's scores", 1)],
            Summary = "The distribution over a query's own documents ought to be the teacher's.",
            Source = "Hinton, Vinyals and Dean 2015, arXiv:1503.02531, section 2",
            Create = o => new DistillKlLoss(Similarity(o), o.Number("temperature"), o.Number("teacher_temperature")),
        },
        new()
        {
            Name = "embed_distill", AlsoCalled = ["EmbedDistillLoss"],
            Options = [new("distance", "from the teacher's vector", "cosine") { Choices = ["cosine", "mse", "l2"] }, new("projection", "whether a linear map to the teacher's width is learned", "false") { Choices = ["true", "false"] }],
            Summary = "Every vector ought to be the teacher's, if wanted through a learned map.",
            Source = "Kim et al. 2023, arXiv:2301.12005, section 4.1",
            Create = o => new TeacherVectorLoss(o.Word("distance") switch { "mse" => TeacherDistance.Mse, "l2" => TeacherDistance.L2, _ => TeacherDistance.Cosine }, o.Flag("projection")),
        },
        new()
        {
            Name = "mse", AlsoCalled = ["MSELoss"],
            Summary = "Every value of a vector ought to be the teacher's.",
            Source = "Reimers and Gurevych 2020, arXiv:2004.09813, eq. 1",
            Create = _ => new TeacherVectorLoss(TeacherDistance.Mse, projects: false),
        },
    ];

    private static LossDescription Grouped(string name, string other, string summary, string source, Func<double?, TripletRule> rule, bool margin = true) => new()
    {
        Name = name,
        Summary = summary,
        Source = source,
        AlsoCalled = [other],
        MaxHardNegatives = 0,
        Options = [new("distance", "between rows", "euclid") { Choices = ["euclid", "cosine"] }, .. margin ? [Above("margin", "how much nearer a row of the same group must be", 5)] : Array.Empty<LossOption>()],
        Create = o => new LabelTripletLoss(rule(margin ? o.Number("margin") : null), o.Word("distance") == "cosine"),
    };

    private static LossOption Above(string name, string meaning, double value) => new(name, meaning, value.ToString(CultureInfo.InvariantCulture)) { Min = 0, AboveMin = true };

    private static LossOption Distance(string value) => new("distance", "between the two vectors", value) { Choices = ["cosine", "euclid", "manhattan"] };

    private static IPairMeasure Measure(LossValues options, double shift) => options.Word("distance") switch
    {
        "euclid" => new EuclideanMeasure(shift),
        "manhattan" => new ManhattanMeasure(shift),
        _ => new CosineMeasure(distance: true),
    };

    private static IPairMeasure Similarity(LossValues options) => options.Word("similarity") == "dot" ? new DotMeasure() : new CosineMeasure(distance: false);
}
