using System.CommandLine;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar index</c>: vectors to a search index folder.</summary>
internal sealed class IndexVerb : Verb
{
    private readonly Argument<string> _vectors = new("vectors") { Description = "What nearfar embed wrote." };
    private readonly Option<string> _out = new("--out") { Description = "Index folder.", Required = true, HelpName = "FOLDER" };

    public override string Name => "index";

    public override string Description => "Builds an exact search index. Example: nearfar index corpus.safetensors --out index";

    protected override void Declare(Command command)
    {
        command.Add(_vectors);
        command.Add(_out);
    }

    protected override Task<int> RunAsync(VerbContext context)
    {
        string folder = context.Parsed.GetRequiredValue(_out);
        var vectors = VectorSet.Load(context.Parsed.GetRequiredValue(_vectors));
        IndexFolder.Save(folder, vectors);
        context.Emit(new { index = folder, kind = "flat", count = vectors.Rows.Count, space = vectors.Space.Id });
        context.Say($"Exact index of {vectors.Rows.Count} vectors in {folder}, space {vectors.Space}. Exact search is the only kind so far: always right, nothing to tune.");
        context.Next($"nearfar search \"how do refunds work\" --index {folder}");
        return Task.FromResult(0);
    }
}
