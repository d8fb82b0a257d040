namespace Nearfar.Tests.Text;

/// <summary>Finds the committed fixtures: in the repository above the folder that the tests run in.</summary>
internal static class Fixture
{
    private static readonly string s_folder = Find();

    public static string PathOf(string name) => Path.Combine(s_folder, name);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Nearfar.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("Nearfar.slnx is not above the tests."),
            "tests", "Nearfar.Tests", "Text", "Fixtures");
    }
}
