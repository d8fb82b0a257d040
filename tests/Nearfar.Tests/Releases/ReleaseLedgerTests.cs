using Nearfar.Releases;
using Nearfar.Tests.Mining;
using Nearfar.Tests.Pairs;
using Xunit;

namespace Nearfar.Tests.Releases;

public class ReleaseLedgerTests
{
    private static readonly FixedClock s_clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    private static ReleaseLedger Ledger(Folder folder) => new(folder["releases"], s_clock);

    private static LedgerEntry Judge(ReleaseLedger ledger, string space, string set = "set-1") => ledger.Append((sequence, time, previous) => new LedgerEntry
    {
        Sequence = sequence,
        Time = time,
        Previous = previous,
        Event = LedgerEvent.Gate,
        Space = space,
        Run = "run-" + space,
        GateSet = set,
        Attempt = ledger.AttemptsOn(set) + 1,
        Verdict = "blocked",
    });

    private static LedgerEntry Promote(Folder folder, string space, string by = "dana")
    {
        folder.Write($"runs/{space}/model/weights", space);
        folder.Write($"runs/{space}/model/inner/tokenizer", space);
        Directory.CreateDirectory(folder[$"runs/{space}/model/1_Normalize"]);
        return Ledger(folder).Promote(folder[$"runs/{space}/model"], space, "run-" + space, by, null, "why");
    }

    [Fact]
    public void Append_SeveralEntries_AreChainedAndCounted()
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        Assert.Empty(ledger.Read());
        Judge(ledger, "a");
        Judge(ledger, "b");
        Judge(ledger, "c", "set-2");
        var entries = ledger.Read();
        Assert.Equal([1L, 2, 3], entries.Select(e => e.Sequence));
        Assert.Equal(new string('0', 64), entries[0].Previous);
        Assert.Equal(entries[1].Hash, entries[2].Previous);
        Assert.Equal((2, 1, 0), (ledger.AttemptsOn("set-1"), ledger.AttemptsOn("set-2"), ledger.AttemptsOn("set-3")));
        Assert.Equal(s_clock.GetUtcNow(), entries[2].Time);
        Assert.Null(ledger.Current());
        Assert.Null(ledger.CurrentModelFolder());
    }

    public static TheoryData<string, Func<string[], string[]>, int> Tampering => new()
    {
        { "an edited line", lines => [lines[0], lines[1].Replace("blocked", "passed", StringComparison.Ordinal), .. lines[2..]], 2 },
        { "the first line removed", lines => lines[1..], 1 },
        { "a middle line removed", lines => [lines[0], .. lines[2..]], 2 },
        { "the last line removed", lines => lines[..^1], 0 },
        { "all lines removed", _ => [], 0 },
        { "a line inserted", lines => [lines[0], lines[0], .. lines[1..]], 2 },
        { "two lines exchanged", lines => [lines[1], lines[0], .. lines[2..]], 1 },
        { "no entry", lines => [lines[0], "null", .. lines[2..]], 2 },
        { "half a line", lines => [lines[0], lines[1][..40], .. lines[2..]], 2 },
        { "a foreign field", lines => [lines[0], lines[1][..^1] + ",\"note\":1}", .. lines[2..]], 2 },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public void Read_TamperedLedger_IsRefusedAtTheLine(string what, Func<string[], string[]> tamper, int line)
    {
        Assert.NotEmpty(what);
        using var folder = new Folder();
        var ledger = Ledger(folder);
        foreach (string space in new[] { "a", "b", "c", "d" })
        {
            Judge(ledger, space);
        }

        string path = folder["releases/ledger.jsonl"];
        File.WriteAllLines(path, tamper(File.ReadAllLines(path)));
        Assert.Equal(line, Assert.Throws<NearfarException>(ledger.Read).Line);
        Assert.Throws<NearfarException>(() => Judge(ledger, "e"));
        Assert.Throws<NearfarException>(() => ledger.AttemptsOn("set-1"));
        Assert.Throws<NearfarException>(() => Promote(folder, "a"));
    }

    [Fact]
    public void Read_LedgerDeletedOrHeadDeleted_IsRefused()
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        Judge(ledger, "a");
        Judge(ledger, "b");
        File.Move(folder["releases/ledger.head"], folder["head"]);
        Assert.Throws<NearfarException>(ledger.Read);
        File.Move(folder["head"], folder["releases/ledger.head"]);
        Assert.Equal(2, ledger.Read().Count);
        File.Delete(folder["releases/ledger.jsonl"]);
        Assert.Contains("lines are missing", Assert.Throws<NearfarException>(ledger.Read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CrashBeforeTheHeadWasWritten_IsNoDamage()
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        Judge(ledger, "a");
        File.Delete(folder["releases/ledger.head"]);
        Assert.Single(ledger.Read());
        Judge(ledger, "b");
        byte[] head = File.ReadAllBytes(folder["releases/ledger.head"]);
        Judge(ledger, "c");
        folder.Write("releases/ledger.head", head);
        Assert.Equal(3, ledger.Read().Count);
    }

    [Fact]
    public void Promote_Models_AreCopiedWholeAndBecomeCurrent()
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        Promote(folder, "a");
        var entry = Promote(folder, "b", "kim");
        Assert.Equal(("b", "kim", "why", LedgerEvent.Promote), (ledger.Current()!.Space, entry.By, entry.Reason, entry.Event));
        Assert.Equal(folder["releases/b"], ledger.CurrentModelFolder());
        Assert.Equal("b", File.ReadAllText(folder["releases/b/weights"]));
        Assert.Equal("b", File.ReadAllText(folder["releases/b/inner/tokenizer"]));
        Assert.True(Directory.Exists(folder["releases/b/1_Normalize"]));
        Assert.Equal("b\n", File.ReadAllText(folder["releases/current"]));
        Assert.False(File.Exists(folder["releases/current.next"]));
    }

    [Fact]
    public void Promote_AfterACrashOfTheCopy_StartsItAgain()
    {
        using var folder = new Folder();
        folder.Write("releases/a.copying/weights", "half");
        folder.Write("releases/a.copying/stale", "of another time");
        Promote(folder, "a");
        Assert.Equal("a", File.ReadAllText(folder["releases/a/weights"]));
        Assert.False(File.Exists(folder["releases/a/stale"]));
        Assert.False(Directory.Exists(folder["releases/a.copying"]));
    }

    [Fact]
    public void Rollback_StepByStep_NeverComesBackToWhatWasLeft()
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        foreach (string space in new[] { "a", "b", "c" })
        {
            Promote(folder, space);
        }

        Assert.Equal("b", ledger.Rollback(null, "dana", "bad").Space);
        Assert.Equal("a", ledger.Rollback(null, "dana", null).Space);
        Assert.Contains("No earlier release", Assert.Throws<NearfarException>(() => ledger.Rollback(null, "dana", null)).Message, StringComparison.Ordinal);
        Assert.Equal("a", ledger.Current()!.Space);
        Assert.Equal("bad", ledger.Read()[3].Reason);
        Assert.NotNull(ledger.WithdrawalOf("c"));
        Assert.Null(ledger.WithdrawalOf("a"));
        Assert.Null(ledger.WithdrawalOf("never seen"));
        Assert.Equal("c", ledger.Rollback("c", "kim", null).Space);        // by name, anywhere
        Assert.Null(ledger.WithdrawalOf("c"));
        Assert.Contains("current already", Assert.Throws<NearfarException>(() => ledger.Rollback("c", "kim", null)).Message, StringComparison.Ordinal);
        Assert.Contains("space d", Assert.Throws<NearfarException>(() => ledger.Rollback("d", "kim", null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rollback_ModelPromotedAgain_GoesToTheOneBetween()
    {
        using var folder = new Folder();
        foreach (string space in new[] { "a", "b", "a" })
        {
            Promote(folder, space);
        }

        Assert.Equal("b", Ledger(folder).Rollback(null, "dana", null).Space);
    }

    [Fact]
    public void Rollback_FolderGoneOrNothingReleased_IsRefused()
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        Assert.Throws<NearfarException>(() => ledger.Rollback(null, "dana", null));
        Promote(folder, "a");
        Promote(folder, "b");
        Directory.Delete(folder["releases/a"], recursive: true);
        Assert.Equal(folder["releases/a"], Assert.Throws<NearfarException>(() => ledger.Rollback(null, "dana", null)).Path);
        Assert.Equal("b", ledger.Current()!.Space);
    }

    [Theory]
    [InlineData("a")]         // an earlier release, set by hand
    [InlineData("z")]
    [InlineData(null)]
    public void Current_PointerThatIsNotTheLedgers_IsRefusedUntilSomebodyPromotes(string? pointer)
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        Promote(folder, "a");
        Promote(folder, "b");
        if (pointer is null)
        {
            File.Delete(folder["releases/current"]);
        }
        else
        {
            folder.Write("releases/current", pointer);
        }

        string message = Assert.Throws<NearfarException>(ledger.Current).Message;
        Assert.Contains("last release is b", message, StringComparison.Ordinal);
        Promote(folder, "b");
        Assert.Equal("b", ledger.Current()!.Space);
    }

    [Fact]
    public void Current_PointerWithoutARelease_IsRefused()
    {
        using var folder = new Folder();
        folder.Write("releases/current", "a\n");
        Assert.Throws<NearfarException>(() => Ledger(folder).Current());
    }

    [Theory]
    [InlineData("b", "b")]          // the ledger has it, the pointer was not moved yet
    [InlineData("a", "c")]          // the ledger was never written
    public void Current_CrashInTheMiddleOfARelease_IsWhatTheLedgerSays(string pointer, string pending)
    {
        using var folder = new Folder();
        Promote(folder, "a");
        if (pending == "b")
        {
            Promote(folder, "b");
            folder.Write("releases/current", "a\n");
        }

        folder.Write("releases/current.next", pending + "\n");
        Assert.Equal(pointer, Ledger(folder).Current()!.Space);
        Promote(folder, "d");
        Assert.Equal("d", Ledger(folder).Current()!.Space);
        Assert.False(File.Exists(folder["releases/current.next"]));
    }

    [Fact]
    public void Append_WhileAnotherWriterHoldsTheLock_IsRefused()
    {
        using var folder = new Folder();
        var ledger = Ledger(folder);
        Judge(ledger, "a");
        using (new FileStream(folder["releases/ledger.lock"], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Contains("another process", Assert.Throws<NearfarException>(() => Judge(ledger, "b")).Message, StringComparison.Ordinal);
            Assert.Contains("another process", Assert.Throws<NearfarException>(() => Promote(folder, "b")).Message, StringComparison.Ordinal);
            Assert.Single(ledger.Read());         // reading needs no lock
        }

        Judge(ledger, "b");
        Assert.Equal(2, ledger.Read().Count);
    }

    [Fact]
    public async Task Append_FromManyThreads_LosesNoLine()
    {
        using var folder = new Folder();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() =>
        {
            for (int i = 0; i < 10;)
            {
                try
                {
                    Judge(Ledger(folder), $"{n}-{i}");
                    i++;
                }
                catch (NearfarException e) when (e.Message.Contains("another process", StringComparison.Ordinal))
                {
                    Thread.Yield();
                }
            }
        })));
        Assert.Equal(40, Ledger(folder).Read().Select(e => e.Space).Distinct().Count());
    }
}
