using Nearfar.Pairs;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Nearfar.Data;

/// <summary>
/// Reads <c>nearfar.yaml</c>: walks the node tree, so that every problem has its line and column and all are told at once. Each
/// section has a reader of its own; what must fit across sections is checked by the later of them.
/// </summary>
internal sealed class WorkspaceReader
{
    private const int MaxDepth = 32;
    private const int MaxCharacters = 1 << 20;
    private readonly WorkspacePaths _paths;
    private readonly YamlProblems _problems;

    private WorkspaceReader(string path)
    {
        _paths = new WorkspacePaths(Path.GetDirectoryName(path) ?? "");
        _problems = new YamlProblems(path);
    }

    /// <exception cref="NearfarException">All problems in one message.</exception>
    public static WorkspaceOptions Read(string path, string yaml)
    {
        var reader = new WorkspaceReader(path);
        var root = new YamlSection(reader.Load(yaml), "", reader._problems);
        var options = reader.ReadRoot(root, path);
        root.Done();
        reader._problems.ThrowIfAny();
        return options;
    }

    /// <summary>Reads a policy that stands in a file of its own: the keys of the section <c>gate</c>, at its top.</summary>
    /// <exception cref="NearfarException">All problems in one message.</exception>
    public static GateSettings ReadPolicy(string path, string yaml, IReadOnlyList<CohortRule> cohorts)
    {
        var reader = new WorkspaceReader(path);
        var gate = GateReader.Read(new YamlSection(reader.Load(yaml), "", reader._problems), cohorts);
        reader._problems.ThrowIfAny();
        return gate;
    }

    private YamlMappingNode Load(string yaml)
    {
        try
        {
            CheckDepth(yaml);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
            {
                return root;
            }

            _problems.Add(new Mark(0, 1, 1), "wanted one document of \"key: value\" lines that begins with version: 1.");
        }
        catch (YamlException e)
        {
            _problems.Add(e.Start, $"not valid YAML: {(e.InnerException ?? e).Message}");
        }

        _problems.ThrowIfAny();
        throw new InvalidOperationException("A problem was just added.");
    }

    // The node tree is built by recursion; a file of ten thousand brackets must not end the process.
    private void CheckDepth(string yaml)
    {
        if (yaml.Length > MaxCharacters)
        {
            _problems.Add(new Mark(0, 1, 1), $"the file is longer than {MaxCharacters} characters. Is it a workspace file?");
            _problems.ThrowIfAny();
        }

        var parser = new Parser(new Scanner(new StringReader(yaml), skipComments: true));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current is MappingStart or SequenceStart ? 1 : parser.Current is MappingEnd or SequenceEnd ? -1 : 0;
            if (depth > MaxDepth)
            {
                _problems.Add(parser.Current!.Start, $"nested deeper than {MaxDepth}. Is it a workspace file?");
                _problems.ThrowIfAny();
            }
        }
    }

    private WorkspaceOptions ReadRoot(YamlSection root, string path)
    {
        if (!root.Has("version"))
        {
            root.Problem("version", "is missing. Write version: 1 on the first line.");
        }

        int version = root.Integer("version", 1, 1) ?? 1;
        string name = root.Text("name") ?? FolderName(path);
        var asOf = root.Day("as_of");
        var data = DataSettingsReader.Read(root.Section("data"), _paths);
        var cohorts = CohortReader.Read(root, asOf);
        var encoder = EncoderReader.Read(root.Section("encoder"), _paths);
        var tokenizer = TokenizerReader.Read(root.Section("tokenizer"), encoder, root, _paths);
        var mining = MiningReader.Read(root.Section("mining"), cohorts, _paths);
        return new WorkspaceOptions
        {
            Version = version,
            Name = name,
            AsOf = asOf,
            Data = data,
            Cohorts = cohorts,
            Encoder = encoder,
            Tokenizer = tokenizer,
            Train = TrainReader.Read(root.Section("train"), cohorts, encoder, data, _paths.Of, (section, columns) => MiningReader.ReadInside(section, columns, mining, cohorts, _paths)),
            Mining = mining,
            Gate = GateReader.Read(root.Section("gate"), cohorts),
            Endpoint = EndpointReader.Read(root.Section("endpoint")),
            Spaces = ReadSpaces(root.Section("spaces")),
            Output = _paths.Of(root, "output") ?? _paths.Beside("output"),
        };
    }

    private static string FolderName(string path) =>
        Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) is { Length: > 0 } folder ? folder : "workspace";

    private static Dictionary<string, string> ReadSpaces(YamlSection? section)
    {
        var spaces = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string label in section?.Keys ?? [])
        {
            if (section!.Text(label) is { } id)
            {
                spaces[label] = id;
            }
        }

        return spaces;
    }
}
