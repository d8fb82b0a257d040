using Nearfar.Training;

namespace Nearfar.Data;

/// <summary>Section <c>train.mining</c>: when negatives are mined inside a run, and by which rules.</summary>
/// <param name="Schedule"><c>every</c>, <c>asynchronous</c>, <c>lag</c>.</param>
/// <param name="Rules">All other keys, as in the section <c>mining</c>, whose values hold where this section is silent.</param>
public sealed record TrainMiningSettings(MiningSchedule Schedule, MiningSettings Rules);
