using Microsoft.Extensions.AI;
using Xunit;

namespace Nearfar.VectorData.Tests;

public sealed class DocumentationTests
{
    [Fact]
    public async Task Sample_Runs()
    {
        string folder = Directory.CreateTempSubdirectory("nearfar-sample-").FullName;
        try
        {
            Assert.Equal(["refund-at", "parcel-at"], await HelpPages.FindAsync(folder, new LetterCounts(), TestContext.Current.CancellationToken));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Page_ShowsTheSample()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Nearfar.slnx")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no Nearfar.slnx above the tests");
        }

        string page = File.ReadAllText(Path.Combine(root, "docs", "vectordata.md"));
        string sample = File.ReadAllText(Path.Combine(root, "tests", "Nearfar.VectorData.Tests", "HelpPages.cs"));
        Assert.Contains($"```csharp\n{sample}```", page, StringComparison.Ordinal);
    }

    private sealed class LetterCounts : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult<GeneratedEmbeddings<Embedding<float>>>([.. values.Select(v => new Embedding<float>(
                (float[])[.. Enumerable.Range('a', 26).Select(c => (float)v.ToLowerInvariant().Count(l => l == c))]))]);

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
