using YamlDotNet.RepresentationModel;

namespace Nearfar.Cli.Tests;

/// <summary>A step of a composite action.</summary>
internal sealed record ActionStep(string Name, string? Id, string? If, string? Uses, string? Shell, string? Script, IReadOnlyDictionary<string, string> Environment);

/// <summary>The repository's action.yml as data.</summary>
internal sealed record ActionFile(string Text, IReadOnlyDictionary<string, string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<ActionStep> Steps)
{
    public static ActionFile Load()
    {
        string text = File.ReadAllText(Path.Combine(RepositoryRoot(), "action.yml"));
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var inputs = ((YamlMappingNode)root["inputs"]).Children.ToDictionary(i => Scalar(i.Key), i => Value(i.Value, "default") ?? "", StringComparer.Ordinal);
        var outputs = ((YamlMappingNode)root["outputs"]).Children.Keys.Select(Scalar).ToArray();
        var steps = ((YamlSequenceNode)root["runs"]["steps"]).Select(s => new ActionStep(
            Value(s, "name")!, Value(s, "id"), Value(s, "if"), Value(s, "uses"), Value(s, "shell"), Value(s, "run"),
            ((YamlMappingNode)s).Children.TryGetValue("env", out var env)
                ? ((YamlMappingNode)env).Children.ToDictionary(e => Scalar(e.Key), e => Scalar(e.Value), StringComparer.Ordinal) : []));
        return new(text, inputs, outputs, [.. steps]);
    }

    private static string Scalar(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static string? Value(YamlNode node, string key) => ((YamlMappingNode)node).Children.TryGetValue(key, out var value) ? Scalar(value) : null;

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Nearfar.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
