namespace Nearfar.Training;

/// <summary>What a batch looks like to the encoder, over a sample of its anchors.</summary>
/// <param name="Accuracy">Share of anchors whose own positive is nearer than every other document of the batch that takes part.</param>
/// <param name="Alignment">Mean squared distance of unit anchor and positive, 0 to 4 (Wang and Isola 2020, arXiv:2005.10242, section 4.1, alpha 2). Lower is nearer.</param>
/// <param name="Uniformity">Log of the mean of exp(-2 squared distance) over pairs of different positives' unit vectors (the same, t 2); 0 for a collapsed encoder, -4 at best. Null with fewer than two.</param>
/// <param name="LikelyFalseNegatives">Share of negatives that the miner would refuse: not below .95 of the own positive's similarity, both less the batch's mean similarity. Null without negatives.</param>
internal readonly record struct BatchFacts(double Accuracy, double Alignment, double? Uniformity, double? LikelyFalseNegatives);
