using Nearfar.Data.Endpoints;

namespace Nearfar.Data;

/// <summary>Reads the section <c>endpoint</c>. Variables of the environment in its headers are read when the service is asked: training needs no key.</summary>
internal static class EndpointReader
{
    public static EndpointSettings? Read(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var defaults = new EndpointSettings { Url = section.Text("url") ?? "" };
        var settings = defaults with
        {
            Method = section.OneOf("method", "GET", "POST"),
            Body = section.Text("body"),
            Headers = ReadHeaders(section.Section("headers")),
            Ids = section.Text("ids") ?? defaults.Ids,
            Scores = section.Text("scores"),
            Top = section.Integer("top", 1, EndpointRules.MostDocuments) ?? defaults.Top,
            Parallel = section.Integer("parallel", 1, EndpointRules.MostParallel) ?? defaults.Parallel,
            TimeoutSeconds = section.Number("timeout_seconds", 0, EndpointRules.MostSeconds, above: true) ?? defaults.TimeoutSeconds,
            Label = section.Text("label"),
        };
        section.Done();
        foreach (var (key, message) in EndpointRules.Problems(settings))
        {
            section.Problem(key, message);
        }

        return settings;
    }

    private static Dictionary<string, string> ReadHeaders(YamlSection? section)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string name in section?.Keys ?? [])
        {
            if (section!.Text(name) is { } value && !headers.TryAdd(name, value))
            {
                section.Problem(name, "stands twice; case does not tell headers apart.");
            }
        }

        return headers;
    }
}
