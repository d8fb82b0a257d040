using System.Globalization;

namespace Nearfar.Training.Losses;

/// <summary>Losses whose negatives are the other rows of the batch.</summary>
internal static class InBatchLosses
{
    private const double Off = 1;       // no cosine is above it

    private static readonly string[] YesOrNo = ["true", "false"];

    /// <summary>The option that divides similarities.</summary>
    public static LossOption Temperature(double value) => new("temperature", "divides similarities", Text(value)) { Min = 0, AboveMin = true, Max = 1 };

    public static IReadOnlyList<LossDescription> All { get; } =
    [
        Surrounded(new()
        {
            Name = "mnrl",
            Summary = "Pulls each query to its document, away from every other document of the batch.",
            Source = "van den Oord et al. 2018, arXiv:1807.03748, eq. 4 (InfoNCE); directions: Li et al. 2023, arXiv:2308.03281; hardness: Lan et al. 2025, arXiv:2503.04812",
            AlsoCalled = ["InfoNCE", "MultipleNegativesRankingLoss"],
            Options =
            [
                Temperature(.05),
                new("directions", "what stands against the own document: documents always; other queries; from the document, queries or other documents", "query_to_doc")
                {
                    Choices = ["query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc"],
                    Many = true,
                },
                new("partition_mode", "one softmax over all directions, or the mean of one for each", "joint") { Choices = ["joint", "per_direction"] },
                new("hardness_mode", "whose logit gains its own similarity times hardness_strength", "none") { Choices = ["none", "in_batch_negatives", "hard_negatives", "all_negatives"] },
                Number("hardness_strength", "times the similarity, held constant, on top of a negative's logit; published: 9 for in_batch_negatives, 5 for hard_negatives", 0, 0, 100),
                new("similarity", "cosine, or dot product of the raw vectors", "cosine") { Choices = ["cosine", "dot"] },
            ],
            Conflicts = MnrlConflicts,
            Create = Mnrl,
        }),
        Surrounded(new()
        {
            Name = "gist",
            Summary = "As mnrl with other queries and documents against the pair, leaving out what a guide encoder finds nearer than the pair itself.",
            Source = "Solatorio 2024, arXiv:2402.16829, eq. 3 to 6",
            AlsoCalled = ["GISTEmbedLoss"],
            Options =
            [
                Temperature(.01),
                new("margin_strategy", "margin is taken off the guide's similarity, or is a share of it", "absolute") { Choices = ["absolute", "relative"] },
                Number("margin", "how far below the pair's own guide similarity others must stay to be negatives", 0, -1, 1),
                new("contrast_anchors", "whether other queries are negatives", "true") { Choices = YesOrNo },
                new("contrast_positives", "whether other documents are negatives of the document", "true") { Choices = YesOrNo },
            ],
            Create = o => new GistLoss(o.Number("temperature"), o.Number("margin"), o.Word("margin_strategy") == "relative", o.Flag("contrast_anchors"), o.Flag("contrast_positives")),
        }),
        Surrounded(new()
        {
            Name = "listwise",
            Summary = "Each query ranks the batch's documents as their grades say; several documents may be right, in degrees.",
            Source = "Cao et al. 2007 (ICML), eq. 6 (ListNet, top one), over the documents of the batch",
            Options = [Temperature(.05), Number("grade_temperature", "divides grades: small, the best grade alone counts; large, all graded alike", 1, 0, 100, aboveMin: true)],
            Create = o => new ListwiseLoss(o.Number("temperature"), o.Number("grade_temperature")),
        }),
        Surrounded(new()
        {
            Name = "ntxent",
            Summary = "Both texts of a pair look for each other among all texts of the batch.",
            Source = "Chen et al. 2020, arXiv:2002.05709, eq. 1",
            AlsoCalled = ["SimCLR", "NTXentLoss"],
            Options = [Temperature(.5)],
            Create = o => new NtXentLoss(o.Number("temperature")),
        }),
        Surrounded(new()
        {
            Name = "dcl",
            Summary = "As ntxent without the positive in the denominator: small batches learn as large ones do.",
            Source = "Yeh et al. 2022, arXiv:2110.06848, eq. 6",
            AlsoCalled = ["DCLLoss"],
            Options = [Temperature(.1)],
            Create = o => new DecoupledLoss(o.Number("temperature"), null),
        }),
        Surrounded(new()
        {
            Name = "dclw",
            Summary = "As dcl, and pairs that are still far apart weigh more.",
            Source = "Yeh et al. 2022, arXiv:2110.06848, eq. 7",
            AlsoCalled = ["DCLWLoss"],
            Options = [Temperature(.1), Number("sigma", "divides own similarities in the weight", .5, 0, 10, aboveMin: true)],
            Create = o => new DecoupledLoss(o.Number("temperature"), o.Number("sigma")),
        }),
        Surrounded(new()
        {
            Name = "supcon",
            Summary = "Texts of one label are near, all others far.",
            Source = "Khosla et al. 2020, arXiv:2004.11362, eq. 2",
            AlsoCalled = ["SupConLoss"],
            Options = [Temperature(.1)],
            Create = o => new SupConLoss(o.Number("temperature")),
        }),
        Surrounded(new()
        {
            Name = "debiased",
            Summary = "As ntxent, corrected for the share of negatives that are unlabelled positives.",
            Source = "Chuang et al. 2020, arXiv:2007.00224, eq. 8",
            Options = [Temperature(.5), TauPlus()],
            Create = o => new DebiasedLoss(o.Number("temperature"), o.Number("tau_plus"), 0),
        }),
        Surrounded(new()
        {
            Name = "hcl",
            Summary = "As debiased, and near negatives weigh more.",
            Source = "Robinson et al. 2021, arXiv:2010.04592, eq. 4",
            Options = [Temperature(.5), TauPlus(), Number("beta", "how much near negatives weigh; 0: all alike", 1, 0, 10)],
            Create = o => new DebiasedLoss(o.Number("temperature"), o.Number("tau_plus"), o.Number("beta")),
        }),
        Surrounded(new()
        {
            Name = "clip",
            Summary = "Queries find their documents and documents their queries, at a learned scale.",
            Source = "Radford et al. 2021, arXiv:2103.00020, fig. 3",
            AlsoCalled = ["ClipLoss"],
            Options = [Number("scale", "start of the learned factor of similarities, kept within 1 and 100", 14.285714285714286, 1, 100)],
            Create = o => new ClipLoss(o.Number("scale")),
        }),
        Surrounded(new()
        {
            Name = "siglip",
            Summary = "Each query and document by itself is judged to belong together or not, at a learned scale and bias.",
            Source = "Zhai et al. 2023, arXiv:2303.15343, eq. 1",
            AlsoCalled = ["SigLipLoss"],
            Options =
            [
                Number("scale", "start of the learned factor of similarities, kept within 1 and 100", 10, 1, 100),
                Number("bias", "start of the learned bias, kept within -30 and 30", -10, -30, 30),
            ],
            Create = o => new SigLipLoss(o.Number("scale"), o.Number("bias")),
        }),
        Surrounded(new()
        {
            Name = "mega_batch_margin",
            Summary = "Draws each query to its document and away from the nearest other document, both up to a margin.",
            Source = "Wieting and Gimpel 2018, arXiv:1711.05732, sec. 3.2",
            AlsoCalled = ["MegaBatchMarginLoss"],
            Options =
            [
                Number("positive_margin", "similarity at which the own document is near enough", .8, -1, 1),
                Number("negative_margin", "similarity at which the nearest other document is far enough", .3, -1, 1),
            ],
            Create = o => new MegaBatchMarginLoss(o.Number("positive_margin"), o.Number("negative_margin")),
        }),
        new()
        {
            Name = "orthogonal",
            Summary = "Spreads the texts of each column as random directions would be; on top of another loss: its option orthogonal_weight.",
            Source = "Zhang et al. 2017, arXiv:1708.06320, eq. 5 to 7",
            AlsoCalled = ["GlobalOrthogonalRegularizationLoss"],
            Options =
            [
                Number("mean_weight", "times the squared mean cosine", 1, 0, 1000),
                Number("second_moment_weight", "times the mean squared cosine above 1 / dimensions", 1, 0, 1000),
            ],
            Create = o => new OrthogonalLoss(o.Number("mean_weight"), o.Number("second_moment_weight")),
        },
    ];

    // What every in-batch loss can have around it, from the inside out: filter, queue, regularisation.
    private static LossDescription Surrounded(LossDescription loss) => loss with
    {
        Options =
        [
            .. loss.Options,
            Number("false_negative_similarity", "a document whose cosine with the own positive is above this is no negative; 1: off", Off, -1, 1),
            new("false_negative_by", "who judges that cosine: the vectors as they are, or a guide encoder", "vectors") { Choices = ["vectors", "guide"] },
            Number("queue", "documents of past batches that stay as negatives without gradient; 0: none", 0, 0, 1_000_000, whole: true),
            Number("orthogonal_weight", "times the loss \"orthogonal\", added", 0, 0, 1000),
        ],
        Conflicts = o => [.. loss.Conflicts(o), .. FilterConflicts(o)],
        Around = (made, o) =>
        {
            made = o.Number("false_negative_similarity") < Off ? new FalseNegativeFilter(made, o.Number("false_negative_similarity"), o.Word("false_negative_by") == "guide") : made;
            made = o.Whole("queue") > 0 ? new QueueLoss(made, o.Whole("queue")) : made;
            return o.Number("orthogonal_weight") > 0 ? new RegularisedLoss(made, o.Number("orthogonal_weight")) : made;
        },
    };

    private static IEnumerable<string> FilterConflicts(LossValues o)
    {
        if (o.Word("false_negative_by") == "guide" && o.Number("false_negative_similarity") >= Off)
        {
            yield return "false_negative_by is guide, but false_negative_similarity is off; set it below 1.";
        }
    }

    private static IEnumerable<string> MnrlConflicts(LossValues o)
    {
        var directions = o.Words("directions");
        if (!directions.Contains("query_to_doc"))
        {
            yield return "directions lack query_to_doc, which holds the positive; add it.";
        }

        if (o.Word("partition_mode") == "per_direction" && directions.FirstOrDefault(d => d is "query_to_query" or "doc_to_doc") is { } lacking)
        {
            yield return $"partition_mode per_direction does not go with {lacking}, which holds no positive; use joint, or query_to_doc and doc_to_query alone.";
        }

        if (o.Word("hardness_mode") == "none" != (o.Number("hardness_strength") == 0))
        {
            yield return $"hardness_mode {o.Word("hardness_mode")} with hardness_strength {Text(o.Number("hardness_strength"))}; set both, or neither.";
        }
    }

    private static ILoss Mnrl(LossValues o)
    {
        var directions = o.Words("directions");
        string hardness = o.Word("hardness_mode");
        var options = new MultipleNegativesOptions
        {
            Temperature = o.Number("temperature"),
            Cosine = o.Word("similarity") == "cosine",
            QueryToQuery = directions.Contains("query_to_query"),
            DocumentToQuery = directions.Contains("doc_to_query"),
            DocumentToDocument = directions.Contains("doc_to_doc"),
            PerDirection = o.Word("partition_mode") == "per_direction",
            HardensOthers = hardness is "in_batch_negatives" or "all_negatives",
            HardensOwn = hardness is "hard_negatives" or "all_negatives",
            HardnessStrength = o.Number("hardness_strength"),
        };
        bool plain = options is { Cosine: true, QueryToQuery: false, DocumentToQuery: false, DocumentToDocument: false, HardnessStrength: 0 };
        return plain ? new InfoNceLoss(options.Temperature) : new MultipleNegativesLoss(options);
    }

    private static LossOption TauPlus() => Number("tau_plus", "share of the negatives that are positives", .1, 0, .9);

    private static LossOption Number(string name, string meaning, double value, double min, double max, bool aboveMin = false, bool whole = false) =>
        new(name, meaning, Text(value)) { Min = min, Max = max, AboveMin = aboveMin, Whole = whole };

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
