namespace Nearfar.Training.Streaming;

/// <summary>A file of pairs and, where training reads several, the name of its data set.</summary>
/// <param name="Path">JSONL as <see cref="Pairs.PairFile"/> reads it; gzip and zstd are known by their first bytes.</param>
/// <param name="Name">Unique among the data sets; null: the only one.</param>
public sealed record StreamedSet(string Path, string? Name = null);
