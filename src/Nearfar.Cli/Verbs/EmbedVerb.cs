using System.CommandLine;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar embed</c>: texts to vectors.</summary>
internal sealed class EmbedVerb : Verb
{
    private readonly Argument<string?> _input = new("input") { Description = "Documents (JSONL, gzip) or lines of text (.txt); \"-\" for lines on stdin; default: the workspace's corpus.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _model = ModelFinder.Option();
    private readonly Option<string> _out = new("--out") { Description = "Vectors, a .safetensors file; ids go beside it.", Required = true, HelpName = "FILE" };
    private readonly Option<bool> _queries = new("--queries") { Description = "Encode as queries, not as documents." };

    public override string Name => "embed";

    public override string Description => "Texts to vectors. Example: nearfar embed corpus.jsonl --model output/runs/001/model --out corpus.safetensors";

    protected override void Declare(Command command)
    {
        command.Add(_input);
        command.Add(_model);
        command.Add(_out);
        command.Add(_queries);
    }

    protected override async Task<int> RunAsync(VerbContext context)
    {
        string path = context.Parsed.GetRequiredValue(_out);
        if (!path.EndsWith(".safetensors", StringComparison.Ordinal))
        {
            throw new NearfarException($"--out is \"{path}\"; wanted a name that ends in .safetensors.");
        }

        var encoder = await ModelFinder.LoadAsync(context, context.Parsed.GetValue(_model));
        var (ids, texts) = await ReadAsync(context, context.Parsed.GetValue(_input));
        var rows = Rows.Allocate<float>(texts.Length, encoder.Dimensions);
        try
        {
            await encoder.EncodeAsync(texts, context.Parsed.GetValue(_queries) ? TextRole.Query : TextRole.Document, rows.Data, context.Cancellation);
        }
        finally
        {
            ModelFinder.Close(context, encoder);
        }

        new VectorSet(encoder.Space, ids, rows).Save(path);
        int misses = Enumerable.Range(0, rows.Count).Count(i => !rows[i].ContainsAnyExcept(0f));
        context.Emit(new { vectors = path, count = rows.Count, dimensions = rows.Dimensions, space = encoder.Space.Id, without_known_token = misses });
        context.Say($"{rows.Count} vectors of {rows.Dimensions} dimensions in {path}, space {encoder.Space}.");
        if (misses > 0)
        {
            context.Say($"{misses} texts have no token that the model knows: they have no vector and are never found.");
        }

        context.Next($"nearfar index {path} --out index");
        return 0;
    }

    private static async Task<(string[] Ids, string[] Texts)> ReadAsync(VerbContext context, string? input)
    {
        if (input is null)
        {
            var corpus = (await context.OpenWorkspaceAsync()).Corpus;
            return ([.. corpus.Documents.Select(d => d.Id)], [.. corpus.Documents.Select(d => d.Content)]);
        }

        if (input == "-" || input.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
        {
            using var reader = input == "-" ? System.Console.In : new StreamReader(input);
            var lines = new List<string>();
            while (await reader.ReadLineAsync(context.Cancellation) is { } line)
            {
                if (!string.IsNullOrWhiteSpace(line))
                {
                    lines.Add(line);
                }
            }

            return lines.Count == 0
                ? throw new NearfarException(input, 0, "holds no text; wanted one text a line.")
                : ([.. lines.Select((_, i) => (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture))], [.. lines]);
        }

        var documents = DocumentFile.Read(input).Rows;
        return ([.. documents.Select(d => d.Id)], [.. documents.Select(d => d.Content)]);
    }
}
