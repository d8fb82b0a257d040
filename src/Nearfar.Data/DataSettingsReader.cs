using YamlDotNet.RepresentationModel;

namespace Nearfar.Data;

/// <summary>Reads the section <c>data</c>: which file is what, its columns and split.</summary>
internal static class DataSettingsReader
{
    public static DataSettings Read(YamlSection? section, WorkspacePaths paths)
    {
        if (section is null)
        {
            return new DataSettings();
        }

        var data = new DataSettings
        {
            Corpus = ReadSource(section, "corpus", paths),
            Train = section.Value("train") is YamlSequenceNode ? null : ReadSource(section, "train", paths),
            TrainSets = ReadTrainSets(section, paths),
            Dev = ReadSource(section, "dev", paths),
            Gate = ReadSource(section, "gate", paths),
            Traffic = ReadSource(section, "traffic", paths),
        };
        section.Done();
        foreach (var (key, source) in new[] { ("dev", data.Dev), ("gate", data.Gate) })
        {
            if (source is not null && data.AllTrain.Any(train => source.Path == train.Path && source.Split == train.Split && !Directory.Exists(source.Path)))
            {
                section.Problem(key, "is the training file. A held-out set needs rows of its own.");
            }
        }

        return data;
    }

    private static List<DataSource> ReadTrainSets(YamlSection section, WorkspacePaths paths)
    {
        var sets = new List<DataSource>();
        foreach (var set in section.Value("train") is YamlSequenceNode ? section.Sections("train") : [])
        {
            if (set.Text("name") is not { } name)
            {
                set.Problem("name", "is missing: what this data set is called.");
            }
            else if (sets.Any(s => s.Name == name))
            {
                set.Problem("name", $"\"{name}\" stands twice. Give each data set its own.");
            }
            else if (ReadSource(set, paths) is { } source)
            {
                sets.Add(source with { Name = name });
            }
        }

        return sets;
    }

    private static DataSource? ReadSource(YamlSection section, string key, WorkspacePaths paths)
    {
        if (section.Value(key) is not YamlMappingNode)
        {
            return paths.Of(section, key) is { } path ? new DataSource { Path = path } : null;
        }

        return ReadSource(section.Section(key)!, paths);
    }

    private static DataSource? ReadSource(YamlSection inner, WorkspacePaths paths)
    {
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        if (inner.Section("columns") is { } map)
        {
            foreach (string column in map.Keys)
            {
                columns[column] = map.Text(column) ?? "";
            }
        }

        if (!inner.Has("path"))
        {
            inner.Problem("path", "is missing.");
        }

        var source = paths.Of(inner, "path") is { } file ? new DataSource { Path = file, Columns = columns, Split = inner.Text("split") } : null;
        inner.Done();
        return source;
    }
}
