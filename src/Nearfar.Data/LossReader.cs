using Nearfar.Training.Losses;
using YamlDotNet.RepresentationModel;

namespace Nearfar.Data;

/// <summary>Reads <c>train.loss</c>: a name, or a section with the name and the loss's options. <c>train.temperature</c> is an option of the loss.</summary>
internal static class LossReader
{
    /// <summary>Null where the file says nothing of the loss.</summary>
    public static LossChoice? Read(YamlSection train)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        string? name = train.Value("loss") is YamlMappingNode ? ReadSection(train.Section("loss")!, options) : train.Text("loss");
        if (train.Text("temperature") is { } temperature && !options.TryAdd("temperature", temperature))
        {
            train.Problem("temperature", "stands in train.loss too. Keep one.");
        }

        if (name is null && options.Count == 0)
        {
            return null;
        }

        var choice = new LossChoice(name ?? "mnrl", options);
        foreach (string problem in LossRegistry.Problems(choice))
        {
            train.Problem(train.Has("loss") ? "loss" : "temperature", problem);
        }

        return choice;
    }

    private static string? ReadSection(YamlSection section, Dictionary<string, string> options)
    {
        foreach (string key in section.Keys.Where(k => k != "name"))
        {
            // A list is written as the option's words, one after the other.
            string? value = section.Value(key) is YamlSequenceNode ? string.Join(',', section.Texts(key)) : section.Text(key);
            if (value is not null)
            {
                options[key] = value;
            }
        }

        if (section.Text("name") is { } name)
        {
            return name;
        }

        section.Problem("name", "is missing: the loss, for example mnrl.");
        return null;
    }
}
