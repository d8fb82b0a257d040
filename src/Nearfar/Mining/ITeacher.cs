using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>A second opinion on whether documents answer a question: another encoder (<see cref="EncoderTeacher"/>), or a reranker.</summary>
public interface ITeacher
{
    /// <summary>Name in explanations and errors: a space id, or the reranker's model.</summary>
    string Name { get; }

    /// <summary>Scores documents for one question.</summary>
    /// <param name="query">The question.</param>
    /// <param name="documents">At least one.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>One score a document, higher is nearer, finite, in any unit; null where the teacher cannot judge.</returns>
    ValueTask<IReadOnlyList<double?>> ScoreAsync(string query, IReadOnlyList<Document> documents, CancellationToken cancellationToken = default);
}
