using System.Globalization;
using Nearfar.Data;

namespace Nearfar.Cli;

/// <summary>The commented <c>nearfar.yaml</c> of a bare <c>nearfar init</c>.</summary>
internal static class WorkspaceTemplate
{
    /// <exception cref="NearfarException">There is a workspace file already.</exception>
    public static string Write(string folder, DateOnly asOf)
    {
        string path = Path.Combine(folder, Workspace.FileName);
        if (File.Exists(path))
        {
            throw new NearfarException(path, 0, "exists already; it is not overwritten. Name another folder.");
        }

        AtomicFile.Write(path, string.Create(CultureInfo.InvariantCulture, $$"""
            version: 1
            as_of: {{asOf:yyyy-MM-dd}}              # document ages are counted to this day

            data:                          # JSON lines; gzip and zstd are fine. Forms: docs/formats/
              corpus: corpus.jsonl         # {"id": …, "text": …, "title"?: …, attributes…}
              train: train.jsonl           # {"query": …, "positive_ids": […]}: what is learned from
              dev: dev.jsonl               # chooses the training step; same form
              gate: gate.jsonl             # the frozen judgement set; same form, with hard_negative_ids
              # traffic: traffic.jsonl     # questions from production with their outcome

            cohorts:                       # every result is shown for each value of these
              query_length: {from: query.words, edges: [4, 9]}
              # language: {}               # an attribute of the row, or of its first positive document
              # intent: {protected: [refund-policy]}   # protected values must be proven no worse

            encoder: {kind: static, dimensions: 256}   # or {from: path/to/model}
            tokenizer: {train: wordpiece, size: 8000}  # learned from your texts; not with encoder.from
            train: {loss: mnrl, temperature: 0.05, batch: 512, epochs: 10, rate: 0.03}
            mining: {per_query: 4, positive_ratio: 0.95}

            gate:
              reference: current           # the released model; while there is none, BM25 and the untrained encoder
              metric: recall@5             # k as your product shows it
              tolerance: 0.02

            """));
        return path;
    }
}
