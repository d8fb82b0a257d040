using System.CommandLine;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Cli.Verbs;

/// <summary><c>nearfar embed</c>: texts to vectors.</summary>
internal sealed class EmbedVerb : Verb
{
    private const int PartRows = 8192;

    private readonly Argument<string?> _input = new("input") { Description = "Documents (JSONL, plain, gzip or zstd) or lines of text (.txt); \"-\" for lines on stdin; default: the workspace's corpus.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _model = ModelFinder.Option();
    private readonly Option<string> _out = new("--out") { Description = "Vectors, a .safetensors file; ids go beside it.", Required = true, HelpName = "FILE" };
    private readonly Option<bool> _queries = new("--queries") { Description = "Encode as queries, not as documents." };

    private readonly Option<string> _dtype = new("--dtype") { Description = "f32, or smaller files: f16, int8 (one byte a value), binary (one bit).", DefaultValueFactory = _ => "f32", HelpName = "TYPE" };

    public override string Name => "embed";

    public override string Description => "Texts to vectors. Example: nearfar embed corpus.jsonl --model output/runs/001/model --out corpus.safetensors";

    protected override void Declare(Command command)
    {
        command.Add(_input);
        command.Add(_model);
        command.Add(_out);
        _dtype.AcceptOnlyFromAmong("f32", "f16", "int8", "binary");
        command.Add(_queries);
        command.Add(_dtype);
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
        var type = context.Parsed.GetRequiredValue(_dtype) switch { "f16" => VectorType.Half, "int8" => VectorType.Int8, "binary" => VectorType.Binary, _ => VectorType.Single };
        EmbeddingSpace space;
        int misses;
        try
        {
            var role = context.Parsed.GetValue(_queries) ? TextRole.Query : TextRole.Document;
            (space, misses) = type == VectorType.Int8
                ? await WriteInt8Async(context, encoder, ids, texts, role, path)
                : await WriteAsync(context, encoder, ids, texts, role, path, new VectorFileOptions { Type = type });
        }
        finally
        {
            ModelFinder.Close(context, encoder);
        }

        context.Emit(new { vectors = path, count = ids.Length, dimensions = encoder.Dimensions, space = space.Id, parent_space = space.Parent?.Id, without_known_token = misses });
        context.Say($"{ids.Length} vectors of {encoder.Dimensions} dimensions in {path}, space {space}.");
        if (misses > 0)
        {
            context.Say($"{misses} texts have no token that the model knows: they have no vector and are never found.");
        }

        context.Next($"nearfar index {path} --out index");
        return 0;
    }

    // A part at a time, so that memory holds no more than one part of the vectors.
    private static async Task<(EmbeddingSpace Space, int Misses)> WriteAsync(VerbContext context, IEncoder encoder, string[] ids, string[] texts, TextRole role, string path, VectorFileOptions options)
    {
        using var writer = new VectorFileWriter(path, role == TextRole.Query ? encoder.Space : encoder.DocumentSpace, ids.Length, encoder.Dimensions, options);
        int misses = 0;
        for (int start = 0; start < texts.Length; start += PartRows)
        {
            int count = Math.Min(PartRows, texts.Length - start);
            var rows = Rows.Allocate<float>(count, encoder.Dimensions);
            await encoder.EncodeAsync(new ArraySegment<string>(texts, start, count), role, rows.Data, context.Cancellation);
            misses += Enumerable.Range(0, count).Count(i => !rows[i].ContainsAnyExcept(0f));
            writer.Write(new ArraySegment<string>(ids, start, count), rows);
        }

        writer.Complete();
        return (writer.Space, misses);
    }

    // The ranges are those of all vectors, so float32 is written first, beside the file.
    private static async Task<(EmbeddingSpace Space, int Misses)> WriteInt8Async(VerbContext context, IEncoder encoder, string[] ids, string[] texts, TextRole role, string path)
    {
        string single = Path.ChangeExtension(path, ".f32.safetensors");
        try
        {
            var (_, misses) = await WriteAsync(context, encoder, ids, texts, role, single, new VectorFileOptions());
            using var file = VectorFile.Open(single);
            return (file.Quantise(path, context.Cancellation), misses);
        }
        finally
        {
            File.Delete(single);
            File.Delete(Path.ChangeExtension(single, ".ids.jsonl"));
        }
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
