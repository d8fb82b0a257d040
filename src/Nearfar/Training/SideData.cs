using Nearfar.Training.Losses;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>What a loss asks for beside the rows: labels, targets, grades, a guide's vectors and scores of each batch.</summary>
internal sealed class SideData(TrainingRows rows, LossNeeds needs, int[]? labels, GuideVectors? guide)
{
    /// <summary>The texts of a batch and all that the loss needs to know of them.</summary>
    public RowSide Collate(int[] batch, out int[] texts)
    {
        var side = rows.Collate(batch, out texts);
        if (needs.HasFlag(LossNeeds.Labels))
        {
            side = side with { Labels = Array.ConvertAll(batch, row => labels![row]) };
        }

        if (needs.HasFlag(LossNeeds.Targets))
        {
            side = side with { Targets = Array.ConvertAll(batch, row => rows.Rows[row].Target) };
        }

        if (needs.HasFlag(LossNeeds.Grades))
        {
            side = WithGrades(side, batch, texts);
        }

        if (needs.HasFlag(LossNeeds.Identity))
        {
            side = WithIdentity(side, batch, texts);
        }

        return needs.HasFlag(LossNeeds.TeacherScores) ? side with { TeacherScores = guide!.ScoresOf(texts, batch.Length, side) } : side;
    }

    /// <summary>The guide's vectors of a batch; none unless the loss needs them.</summary>
    public IReadOnlyList<Rows<float>> GuideOf(int[] texts, int pairs) => needs.HasFlag(LossNeeds.Guide) ? guide!.ColumnsOf(texts, pairs) : [];

    private RowSide WithIdentity(RowSide side, int[] batch, int[] texts)
    {
        int[] offsets = new int[batch.Length + 1];
        var answers = new List<int>();
        for (int i = 0; i < batch.Length; i++)
        {
            answers.AddRange(rows.NoNegativesOf(batch[i]));
            offsets[i + 1] = answers.Count;
        }

        return side with { DocumentIds = texts.AsMemory(batch.Length), AnswerOffsets = offsets, AnswerIds = answers.ToArray() };
    }

    private RowSide WithGrades(RowSide side, int[] batch, int[] texts)
    {
        int pairs = batch.Length;
        var documentsOf = new Dictionary<int, List<int>>();
        var absent = side.AbsentDocuments.ToArray().ToHashSet();
        for (int j = 0; j < texts.Length - pairs; j++)
        {
            if (!absent.Contains(j))
            {
                (documentsOf.TryGetValue(texts[pairs + j], out var list) ? list : documentsOf[texts[pairs + j]] = []).Add(j);
            }
        }

        int[] offsets = new int[pairs + 1];
        var documents = new List<int>();
        var grades = new List<double>();
        for (int i = 0; i < pairs; i++)
        {
            var graded = rows.GradesOf(rows.Rows[batch[i]].Fold);
            foreach (var (document, grade) in graded.SelectMany(g => documentsOf.GetValueOrDefault(g.Key, []).Select(d => (Document: d, g.Value))).OrderBy(g => g.Document))
            {
                documents.Add(document);
                grades.Add(grade);
            }

            offsets[i + 1] = documents.Count;
        }

        return side with { GradeOffsets = offsets, GradedDocuments = documents.ToArray(), Grades = grades.ToArray() };
    }
}
