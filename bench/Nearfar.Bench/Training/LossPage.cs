using Nearfar.Training.Losses;

namespace Nearfar.Bench.Training;

/// <summary>The list of losses and their options as the documentation shows it, from the registry.</summary>
internal static class LossPage
{
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        // Options that many losses share are told once.
        string[] shared = [.. LossRegistry.All.SelectMany(l => l.Options.Select(o => o.Name)).CountBy(name => name).Where(c => c.Value > LossRegistry.All.Count / 2 && c.Key != "temperature").Select(c => c.Key)];
        foreach (var loss in LossRegistry.All)
        {
            string names = loss.AlsoCalled.Count == 0 ? "" : $" Elsewhere: {string.Join(", ", loss.AlsoCalled)}.";
            await output.WriteLineAsync($"### `{loss.Name}`\n\n{loss.Summary} {loss.Source}.{names}\n");
            await WriteOptionsAsync(loss.Options.Where(o => !shared.Contains(o.Name, StringComparer.Ordinal)), output);
        }

        await output.WriteLineAsync("### Around most of them\n");
        await WriteOptionsAsync(LossRegistry.All.SelectMany(l => l.Options).Where(o => shared.Contains(o.Name, StringComparer.Ordinal)).DistinctBy(o => o.Name), output);
        return 0;
    }

    private static async Task WriteOptionsAsync(IEnumerable<LossOption> options, TextWriter output)
    {
        if (!options.Any())
        {
            return;
        }

        await output.WriteLineAsync("| Option | | Range | Default |\n|---|---|---|---|");
        foreach (var option in options)
        {
            string standard = option.Default.Length == 0 ? "" : $"`{option.Default}`";
            await output.WriteLineAsync($"| `{option.Name}` | {option.Meaning} | {option.Range.Replace("|", "or", StringComparison.Ordinal)} | {standard} |");
        }

        await output.WriteLineAsync();
    }
}
