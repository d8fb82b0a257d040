namespace Nearfar.Reporting;

/// <summary>A data set that stood behind a model or a verdict.</summary>
/// <param name="Name">For people: <c>train</c>, <c>mined, attempt 1</c>, <c>gate</c>.</param>
/// <param name="Rows">Rows in it; null when they were not counted.</param>
/// <param name="Hash">Its hash.</param>
public sealed record DataSource(string Name, int? Rows, string Hash);
