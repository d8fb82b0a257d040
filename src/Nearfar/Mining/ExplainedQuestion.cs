using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>The question that a pass explains: it listens to the verdicts on that question's candidates.</summary>
internal sealed class ExplainedQuestion(int? pair, string text)
{
    private readonly List<(Candidate Candidate, string? Refusal)> _verdicts = [];

    /// <summary>Position of its training pair; null for a text that is none.</summary>
    public int? Pair => pair;

    public string Text => text;

    public MiningExplanation? Explanation { get; private set; }

    public void Hear(Candidate candidate, string? refusal) => _verdicts.Add((candidate, refusal));

    public void Finish(MiningQuestion question, Corpus corpus, string? trouble = null) => Explanation = new MiningExplanation
    {
        Query = question.Pair.Query,
        PairId = pair is null ? null : question.Pair.Id,
        PositiveIds = [.. question.Right.Select(r => corpus.Documents[r].Id).Order(StringComparer.Ordinal)],
        Positive = question.Lowest,
        Background = question.Background,
        Wanted = question.Quota,
        Trouble = trouble,
        Candidates = [.. _verdicts.OrderBy(v => v.Candidate.Rank ?? int.MaxValue).ThenByDescending(v => v.Candidate.Similarity)
            .Select(v => new ExplainedCandidate(corpus.Documents[v.Candidate.Document].Id, v.Candidate.Similarity, v.Candidate.Rank, v.Candidate.Places, v.Candidate.Teacher, v.Refusal))],
    };
}
