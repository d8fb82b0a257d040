using System.Text;

namespace Nearfar.Tests.Evaluation.Ranking;

/// <summary>Judgements and a run as files.</summary>
internal sealed class TrecFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nearfar-trec-").FullName;

    public TrecFiles(IEnumerable<string> qrels, IEnumerable<string> run)
    {
        File.WriteAllText(Qrels, string.Concat(qrels.Select(l => l + "\n")), new UTF8Encoding(false));
        File.WriteAllText(Run, string.Concat(run.Select(l => l + "\n")), new UTF8Encoding(false));
    }

    public string Qrels => Path.Combine(_folder, "qrels");

    public string Run => Path.Combine(_folder, "run");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
