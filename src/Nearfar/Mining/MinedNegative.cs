using Nearfar.Mining.Reviewing;
using Nearfar.Pairs;

namespace Nearfar.Mining;

/// <summary>A taken candidate as a hard negative with its provenance.</summary>
internal static class MinedNegative
{
    public static HardNegative Of(Candidate candidate, MiningQuestion question, Corpus corpus, Provenance common, ReviewDecisions decisions)
    {
        var page = corpus.Documents[candidate.Document];
        var review = decisions.Find(question.Pair.FoldKey, page.Id);
        return new HardNegative(page.Id, common with
        {
            DocumentId = page.Id,
            DocumentVersion = page.Attributes.GetValueOrDefault("version") ?? page.Attributes.GetValueOrDefault("updated"),
            TraceId = question.TraceId,
            Rule = review is null ? common.Rule : $"accepted in review, against \"{review.Rule}\"",
            Reviewer = review?.Reviewer,
            Rank = candidate.Rank,
            Ranks = Ranks(candidate),
            Scores = Scores(candidate, question),
        });
    }

    public static SortedDictionary<string, int> Ranks(Candidate candidate) =>
        new(candidate.Places.ToDictionary(p => p.Ranker, p => p.Rank, StringComparer.Ordinal), StringComparer.Ordinal);

    public static SortedDictionary<string, double> Scores(Candidate candidate, MiningQuestion question)
    {
        var scores = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["background"] = Math.Round(question.Background, 6),
            ["negative"] = Math.Round(candidate.Similarity, 6),
        };
        void Add(string name, double? score)
        {
            if (score is { } value)
            {
                scores[name] = Math.Round(value, 6);
            }
        }

        Add("positive", question.Lowest);
        Add("teacher", candidate.Teacher);
        Add("teacher_background", candidate.Teacher is null ? null : question.TeacherBackground);
        Add("teacher_positive", candidate.Teacher is null ? null : question.TeacherLowest);
        return scores;
    }
}
