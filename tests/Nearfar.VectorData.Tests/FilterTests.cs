using System.Linq.Expressions;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Nearfar.VectorData.Tests;

/// <summary>Each filter takes what C# itself takes of the same records, by type and without.</summary>
public sealed class FilterTests : IDisposable
{
    private static readonly int Eight = 8;
    private readonly NearfarVectorStore _store = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly int _two = 2;

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Equality()
    {
        int? known = 2, unknown = null;
        string? none = null;
        await Same(p => p.Number == 2, r => (int)r["Number"]! == 2);
        await Same(p => 2 == p.Number, r => 2 == (int)r["Number"]!);
        await Same(p => p.Number != 2, r => (int)r["Number"]! != 2);
        await Same(p => p.Number == known, r => (int)r["Number"]! == known);
        await Same(p => p.Number == known.Value, r => (int)r["Number"]! == known.Value);
        await Same(p => p.Number == unknown, r => (int)r["Number"]! == unknown);
        await Same(p => p.Text == "Invoices come by mail", r => (string?)r["Text"] == "Invoices come by mail");
        await Same(p => p.Text == null, r => r["Text"] == null);
        await Same(p => p.Text != none, r => (string?)r["Text"] != none);
        await Same(p => p.Small == 8, r => (short?)r["Small"] == 8);
        await Same(p => p.Small != 8, r => (short?)r["Small"] != 8);
        await Same(p => p.Key == "a", r => (string)r["Key"]! == "a");
        await Same(p => p.Number == _two || p.Number == Eight, r => (int)r["Number"]! == _two || (int)r["Number"]! == Eight);
    }

    [Fact]
    public async Task OrderAndLogic()
    {
        await Same(p => p.Number > 2, r => (int)r["Number"]! > 2);
        await Same(p => 2 >= p.Number, r => 2 >= (int)r["Number"]!);
        await Same(p => p.Small < 9, r => (short?)r["Small"] < 9);          // null is in no order
        await Same(p => p.Small <= 9, r => (short?)r["Small"] <= 9);
        await Same(p => !(p.Small <= 9), r => !((short?)r["Small"] <= 9));
        await Same(p => p.Number < 2.5, r => (int)r["Number"]! < 3);
        await Same(p => p.IsOpen, r => (bool)r["IsOpen"]!);
        await Same(p => !p.IsOpen && p.Number != 4, r => !(bool)r["IsOpen"]! && (int)r["Number"]! != 4);
        await Same(p => !(p.IsOpen || p.Number == 4), r => !((bool)r["IsOpen"]! || (int)r["Number"]! == 4));
        await Same(p => (p.Number == 1 || p.Number == 2) && p.Small == 8, r => ((int)r["Number"]! == 1 || (int)r["Number"]! == 2) && (short?)r["Small"] == 8);
        await Same(p => true, r => true);
        await Same(p => false, r => false);
    }

    [Fact]
    public async Task Contains()
    {
        string[] wanted = ["x", "z"];
        List<int> numbers = [1, 4, 9];
        await Takes(["a", "b"], p => p.Tags!.Contains("y"), r => ((string[])r["Tags"]!).Contains("y"));
        await Takes(["b"], p => p.Words!.Contains("v"), r => ((List<string>)r["Words"]!).Contains("v"));
        await Takes(["a", "d"], p => numbers.Contains(p.Number), r => numbers.Contains((int)r["Number"]!));
        await Takes(["b", "c"], p => new[] { 2, 3 }.Contains(p.Number), r => new[] { 2, 3 }.Contains((int)r["Number"]!));
        await Takes(["c", "d"], p => new[] { null, "Invoices come by mail" }.Contains(p.Text), r => new[] { null, "Invoices come by mail" }.Contains(r["Text"]));
        await Takes(["a", "d"], p => p.Tags!.Any(t => wanted.Contains(t)), r => ((string[])r["Tags"]!).Any(t => wanted.Contains(t)));
        await Takes(["a"], p => Enumerable.Contains(p.Tags!, "x"), r => ((string[])r["Tags"]!).Contains("x"));
    }

    [Fact]
    public async Task OtherForms_AreRefusedByName()
    {
        await Refused<NotSupportedException>("String.StartsWith", p => p.Text!.StartsWith("Re"));
        await Refused<NotSupportedException>("String.Contains", p => p.Text!.Contains("days"));
        await Refused<NotSupportedException>("Add", p => p.Number + 1 == 2);
        await Refused<NotSupportedException>("Equal", p => p.Number == p.Small);
        await Refused<NotSupportedException>("list \"Tags\"", p => p.Tags == new[] { "x" });
        await Refused<NotSupportedException>("vector property", p => p.Vector == null);
        var same = _store.GetDynamicCollection("pages", Pages.Definition());
        await Assert.ThrowsAsync<InvalidOperationException>(() => same.GetAsync(r => (string?)r["None\"; DROP"] == "", 1, cancellationToken: _token).ListAsync());
        await Assert.ThrowsAsync<InvalidCastException>(() => same.GetAsync(r => (string?)r["Number"] == "", 1, cancellationToken: _token).ListAsync());
    }

    [Fact]
    public async Task Search_FilterComesBeforeTheCut()
    {
        var pages = await Pages.FilledAsync(_store, _token);
        await pages.UpsertAsync(Enumerable.Range(0, 500).Select(i => new Page<string> { Key = $"near{i}", Number = 100, Vector = new float[] { 1, 0.001f * i, 0 } }), _token);
        var found = await pages.SearchAsync(new float[] { 1, 0, 0 }, 2, new() { Filter = p => p.Number < 4 && p.Number > 1 }, _token).ListAsync();
        Assert.Equal(["b", "c"], found.Select(f => f.Record.Key));
    }

    private async Task Same(Expression<Func<Page<string>, bool>> filter, Expression<Func<Dictionary<string, object?>, bool>> dynamicFilter) =>
        await Takes([.. Pages.Few().Where(filter.Compile()).Select(p => p.Key)], filter, dynamicFilter);

    private async Task Takes(string[] keys, Expression<Func<Page<string>, bool>> filter, Expression<Func<Dictionary<string, object?>, bool>> dynamicFilter)
    {
        var pages = await Pages.FilledAsync(_store, _token);
        Assert.Equal(keys, (await pages.GetAsync(filter, 10, cancellationToken: _token).ListAsync()).Select(p => p.Key));
        var same = _store.GetDynamicCollection("pages", Pages.Definition());
        Assert.Equal(keys, (await same.GetAsync(dynamicFilter, 10, cancellationToken: _token).ListAsync()).Select(r => (string)r["Key"]!));
        var found = await pages.SearchAsync(new float[] { 1, 1, 0 }, 10, new() { Filter = filter }, _token).ListAsync();
        Assert.Equal(keys.Where(k => k != "d"), found.Select(f => f.Record.Key).Order(StringComparer.Ordinal));      // d has no vector
    }

    private async Task Refused<TException>(string named, Expression<Func<Page<string>, bool>> filter) where TException : Exception
    {
        var pages = await Pages.FilledAsync(_store, _token);
        var error = await Assert.ThrowsAsync<TException>(() => pages.GetAsync(filter, 1, cancellationToken: _token).ListAsync());
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}
