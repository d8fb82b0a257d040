namespace Nearfar.Reporting;

/// <summary>A point of a training run for the report's curve.</summary>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="Loss">Training loss, smoothed as the run logged it; null where only quality was measured.</param>
/// <param name="Quality">Held-out quality on the dev set; null where only the loss was logged.</param>
public sealed record TrainingPoint(int Step, double? Loss, double? Quality);
