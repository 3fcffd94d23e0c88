using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Sessions;

public sealed class EffectJournalTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orleansflow-tests").FullName;

    private string Folder => Path.Combine(_root, "outbox");

    [Fact]
    public void Records_OfADeadProcess_AreReadInTheirOrder()
    {
        using (var journal = Open(out var none)!)
        {
            Assert.Empty(none);
            journal.Write(Report("t1", 0));
            journal.Write(Report("t1", 1));
        }

        using var next = Open(out var left)!;
        Assert.Equal([Report("t1", 0), Report("t1", 1)], left);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public void Record_ThatIsTorn_EndsTheReading(int missing)
    {
        using (var journal = Open(out _)!)
        {
            journal.Write(Report("t1", 0));
            journal.Write(Report("t1", 1));
        }

        var file = Assert.Single(Directory.GetFiles(Folder, "*.effects"));
        using (var stream = File.OpenWrite(file))
        {
            stream.SetLength(stream.Length - missing);
        }

        using var next = Open(out var left)!;
        Assert.Equal([Report("t1", 0)], left);
    }

    [Fact]
    public void Record_ThatWasChanged_EndsTheReading()
    {
        using (var journal = Open(out _)!)
        {
            journal.Write(Report("t1", 0));
            journal.Write(Report("t1", 1));
        }

        var file = Assert.Single(Directory.GetFiles(Folder, "*.effects"));
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        using var next = Open(out var left)!;
        Assert.Equal([Report("t1", 0)], left);
    }

    [Fact]
    public void Compaction_KeepsWhatIsPendingAndNothingElse()
    {
        using (var journal = Open(out _)!)
        {
            journal.Write(Report("answered", 0));
            journal.Compact(isIdle: false, () => throw new InvalidOperationException("a small file stays"));
            for (var index = 0; index < 40_000; index++)
            {
                journal.Write(Report("answered", index));
            }

            journal.Compact(isIdle: false, () => [Report("pending", 3)]);
            journal.Write(Report("later", 0));
        }

        using var next = Open(out var left)!;
        Assert.Equal([Report("pending", 3), Report("later", 0)], left);
    }

    [Fact]
    public void Compaction_WhenNothingIsPending_LeavesNothing()
    {
        using (var journal = Open(out _)!)
        {
            journal.Write(Report("answered", 0));
            journal.Compact(isIdle: true, () => []);
            journal.Compact(isIdle: true, () => throw new InvalidOperationException("an empty file stays"));
        }

        using var next = Open(out var left)!;
        Assert.Empty(left);
    }

    [Fact]
    public void Folder_OfALiveProcess_IsLeftAlone()
    {
        using var first = Open(out _)!;
        first.Write(Report("t1", 0));

        Assert.Null(Open(out var left));
        Assert.Empty(left);
    }

    [Fact]
    public void Folder_ThatCannotBeMade_IsDoneWithout()
    {
        File.WriteAllText(Folder, "a file in the way");

        Assert.Null(Open(out _));
    }

    [Fact]
    public void Clear_ForgetsEverything()
    {
        using (var journal = Open(out _)!)
        {
            journal.Write(Report("t1", 0));
            journal.Clear();
            journal.Write(Report("t1", 1));
        }

        using var next = Open(out var left)!;
        Assert.Empty(left);
    }

    [Fact]
    public void Folder_DeletedUnderTheProcess_StopsNothing()
    {
        using var journal = Open(out _)!;
        journal.Write(Report("t1", 0));
        Directory.Delete(Folder, recursive: true);

        journal.Write(Report("t1", 1));
        journal.Compact(isIdle: true, () => []);
        journal.Write(Report("t1", 2));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static WorkerMessage Report(string task, int index) => new()
    {
        Batches = new BatchReports { Reports = { new BatchReport { Lease = new Lease { TaskId = task, Epoch = 1 }, Index = index, Path = $"{task}/{index}", Rows = 1 } } },
    };

    [Fact]
    public void Effects_OfNobodyKnowsWhichCluster_AreNotRead()
    {
        using (var journal = Open(out _)!)
        {
            journal.Write(Report("t1", 0));
        }

        File.Delete(Path.Combine(Folder, "cluster"));
        using var next = Open(out var left)!;

        Assert.Empty(left);
    }

    private EffectJournal? Open(out List<WorkerMessage> left)
    {
        var journal = EffectJournal.TryOpen(Folder, NullLogger.Instance, out left);
        journal?.Bind("c");
        return journal;
    }
}
