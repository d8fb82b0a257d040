using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>Asks the teacher for documents of the corpus and checks what it says.</summary>
internal sealed class AskedTeacher(ITeacher teacher, Corpus corpus)
{
    /// <exception cref="NearfarException">Too few or too many scores, or one that is not finite.</exception>
    public async Task<IReadOnlyList<double?>> ScoreAsync(string query, IReadOnlyList<int> documents, CancellationToken cancellationToken)
    {
        var scores = await teacher.ScoreAsync(query, [.. documents.Select(d => corpus.Documents[d])], cancellationToken).ConfigureAwait(false);
        if (scores is null || scores.Count != documents.Count)
        {
            throw new NearfarException($"Teacher {teacher.Name} gave {scores?.Count ?? 0} scores for {documents.Count} documents; nothing is mined from it.");
        }

        return scores.All(s => s is null || double.IsFinite(s.Value))
            ? scores
            : throw new NearfarException($"Teacher {teacher.Name} gave NaN or infinity for the question \"{query}\"; nothing is mined from it.");
    }

    /// <summary>Scores the right documents of a question; its lowest is null when one of them cannot be judged.</summary>
    public async Task JudgeRightAsync(MiningQuestion question, double background, CancellationToken cancellationToken)
    {
        var scores = question.Right.Count == 0 ? [] : await ScoreAsync(question.Pair.Query, [.. question.Right.Order()], cancellationToken).ConfigureAwait(false);
        question.TeacherLowest = scores.Count == 0 || scores.Any(s => s is null) ? null : scores.Min();
        question.TeacherBackground = background;
    }

    public async Task JudgeAsync(MiningQuestion question, IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        var scores = await ScoreAsync(question.Pair.Query, [.. candidates.Select(c => c.Document)], cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < candidates.Count; i++)
        {
            candidates[i].Teacher = scores[i];
        }
    }
}
