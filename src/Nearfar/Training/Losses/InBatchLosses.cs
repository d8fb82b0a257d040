namespace Nearfar.Training.Losses;

/// <summary>Losses whose negatives are the other rows of the batch.</summary>
internal static class InBatchLosses
{
    public static LossOption Temperature(double value) => new("temperature", "divides similarities", value.ToString(System.Globalization.CultureInfo.InvariantCulture)) { Min = 0, AboveMin = true, Max = 1 };

    public static IReadOnlyList<LossDescription> All { get; } =
    [
        new()
        {
            Name = "mnrl",
            Summary = "Pulls each query to its document, away from every other document of the batch.",
            Source = "van den Oord et al. 2018, arXiv:1807.03748, eq. 4 (InfoNCE)",
            AlsoCalled = ["InfoNCE", "MultipleNegativesRankingLoss"],
            Options = [Temperature(.05)],
            Create = o => new InfoNceLoss(o.Number("temperature")),
        },
    ];
}
