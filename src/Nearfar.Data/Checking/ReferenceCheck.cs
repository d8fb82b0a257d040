using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Rows that name documents which the corpus lacks.</summary>
internal static class ReferenceCheck
{
    public static void Run(WorkspaceRows rows, FindingList findings)
    {
        foreach (var set in new[] { rows.Train, rows.Dev, rows.Gate })
        {
            for (int i = 0; i < (set?.Rows.Count ?? 0); i++)
            {
                foreach (string id in QuestionFold.Named(set!.Rows[i]).Where(id => !rows.Corpus.TryGetIndex(id, out _)))
                {
                    findings.Error("missing-document", set.PathOf(i), set.Lines[i], $"Row \"{set.Rows[i].Id}\" names document \"{id}\", which the corpus lacks.", "Add the document, or mend the id.");
                }
            }
        }
    }
}
