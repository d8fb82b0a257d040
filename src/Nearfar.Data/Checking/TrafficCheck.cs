using Nearfar.Pairs;

namespace Nearfar.Data.Checking;

/// <summary>Traffic rows: errors, right documents that the corpus lacks, questions of the gate among them.</summary>
internal static class TrafficCheck
{
    public static void Run(Workspace workspace, WorkspaceRows rows, FindingList findings)
    {
        if (workspace.Options.Data.Traffic is not { } source)
        {
            return;
        }

        RowSet<TrafficRow> traffic;
        try
        {
            traffic = DataReader.Traffic(source);
        }
        catch (NearfarException e)
        {
            findings.Error("row", DataProblem.Of(e, source.Path));
            return;
        }

        foreach (var problem in traffic.Problems)
        {
            findings.Error("row", problem);
        }

        var seal = new HeldOutSeal((rows.Gate?.Rows ?? []).Select(r => r.Query));
        int sealedRows = 0;
        for (int i = 0; i < traffic.Rows.Count; i++)
        {
            sealedRows += seal.Contains(traffic.Rows[i].Query) ? 1 : 0;
            foreach (string id in traffic.Rows[i].KnownRightIds.Where(id => !rows.Corpus.TryGetIndex(id, out _)))
            {
                findings.Warning("missing-document", traffic.Path, traffic.Lines[i], $"Row \"{traffic.Rows[i].Id}\" expects document \"{id}\", which the corpus lacks.", "Add the document, or nothing can be mined from this row.");
            }
        }

        if (sealedRows > 0)
        {
            findings.Information("sealed-traffic", traffic.Path, $"{sealedRows} of {traffic.Rows.Count} traffic rows ask a question of the gate; mining leaves them out.");
        }
    }
}
