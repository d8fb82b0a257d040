namespace Nearfar.Bench.Data;

/// <summary>Writes the data of a workspace under <c>bench/workspaces</c> from the public data sets in NEARFAR_DATA.</summary>
internal static class Preparation
{
    private static readonly SortedDictionary<string, Func<string, string, CancellationToken, Task>> s_all = new(StringComparer.Ordinal)
    {
        ["banking77"] = Banking77.PrepareAsync,
        ["covid"] = CovidQuestions.PrepareAsync,
        ["helm"] = HelmDocs.PrepareAsync,
        ["medquad"] = MedQuad.PrepareAsync,
        ["xquad"] = XQuad.PrepareAsync,
    };

    /// <param name="args">Name of the workspace; its folder, when it is not <c>bench/workspaces/NAME</c>.</param>
    /// <param name="output">Told where the files are.</param>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        if (args.Length == 0 || !s_all.TryGetValue(args[0], out var prepare))
        {
            Console.Error.WriteLine($"Name a data set: {string.Join(", ", s_all.Keys)}.");
            return 1;
        }

        string folder = Path.Combine(args.Length > 1 ? args[1] : Path.Combine("bench", "workspaces", args[0]), "data");
        await prepare(DataRows.Root(), folder, CancellationToken.None);
        output.WriteLine(folder);
        return 0;
    }
}
