using OrleansFlow.Decisions.Queues;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Queues;

/// <summary>Which worker gets which task: labels, versions, nearness, and what is said of tasks that nobody can run.</summary>
public sealed class PlacementTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly WorkerId A = new("a");
    private static readonly WorkerId B = new("b");
    private readonly ReadyBook _book = new();
    private readonly WaitingWorkers _workers = new();
    private int _seconds;

    [Theory]
    [InlineData("", "", true)]
    [InlineData("gpu=true", "", true)]
    [InlineData("", "gpu=true", false)]
    [InlineData("gpu=true", "gpu=true", true)]
    [InlineData("gpu=false", "gpu=true", false)]
    [InlineData("gpu=true\nzone=eu\n@2.1", "zone=eu\n@2.1", true)]
    [InlineData("gpu=true\n@2.1", "@2", false)]
    [InlineData("gpu=true", "@2", false)]
    public void Meets_AsksForEachLabelAndTheExactVersion(string offered, string needed, bool meets) =>
        Assert.Equal(meets, PlacementTraits.Parse(offered).Meets(PlacementTraits.Parse(needed)));

    [Fact]
    public void Traits_OfTheSameParts_HaveOneSpelling()
    {
        var first = PlacementTraits.Of([new("zone", "eu=1"), new("gpu", "true")], "2.1");
        var second = PlacementTraits.Parse(first.Text);

        Assert.Equal("gpu=true\nzone=eu=1\n@2.1", first.Text);
        Assert.Equal(first, second);
        Assert.Equal("gpu=true, zone=eu=1, version 2.1", second.ToString());
        Assert.Same(PlacementTraits.None, PlacementTraits.Of([], ""));
    }

    [Fact]
    public void Take_ForAWorker_LeavesWhatItCannotRun()
    {
        _workers.SetFree(A, 5);
        _workers.SetFree(B, 5, "gpu=true");
        Ready("first", "gpu=true");
        Ready("second");

        Assert.Equal(["second"], Take(A, 5));
        Assert.Equal(["first"], Take(B, 5));
    }

    [Fact]
    public void Take_ForAWorkerThatCanRunAll_KeepsTheOrderOverAllNeeds()
    {
        _workers.SetFree(B, 9, "gpu=true\n@2");
        Ready("1", "gpu=true");
        Ready("2");
        Ready("3", "@2");
        Ready("4", "gpu=true");
        Ready("urgent", "@2", priority: 1);

        Assert.Equal(["urgent", "1", "2", "3", "4"], Take(B, 9));
    }

    [Fact]
    public void TryBegin_PassesOverWorkersThatCanRunNothing()
    {
        _workers.SetFree(A, 9);
        _workers.SetFree(B, 1, "gpu=true");
        Ready("t", "gpu=true");

        Assert.True(_workers.TryBegin(out var worker, out _, _book));
        Assert.Equal(B, worker);
        Assert.Equal(["t"], Take(worker, 1));
        Assert.False(_workers.TryBegin(out _, out _, _book));
    }

    [Fact]
    public void NearWorker_GetsItsTasksWhileItHasRoom()
    {
        _workers.SetFree(A, 8);
        _workers.SetFree(B, 2);
        Ready("1", near: B);
        Ready("2", near: B);

        Assert.True(_workers.TryBegin(out var worker, out _, _book));
        Assert.Equal(B, worker);
        Assert.Equal(["1", "2"], Take(B, 2));
    }

    [Fact]
    public void NearWorker_ThatIsFullBusyOrGone_MakesNobodyWait()
    {
        _workers.SetFree(A, 8);
        _workers.SetFree(B, 0);
        Ready("full", near: B);
        Assert.Equal(["full"], Take(A, 8));

        _workers.SetFree(B, 1);
        Ready("busy", near: B);
        Assert.True(_workers.TryBegin(out var begun, out _, _book));
        Assert.Equal(B, begun);
        Assert.Equal(["busy"], Take(A, 8));

        _workers.Remove(B);
        Ready("gone", near: B);
        Assert.Equal(["gone"], Take(A, 8));
    }

    [Fact]
    public void NearWorker_ThatDoesNotMeetTheNeeds_IsNotWaitedFor()
    {
        _workers.SetFree(A, 8, "gpu=true");
        _workers.SetFree(B, 8);
        Ready("t", "gpu=true", near: B);

        Assert.True(_workers.TryBegin(out var worker, out _, _book));
        Assert.Equal(A, worker);
        Assert.Equal(["t"], Take(A, 1));
    }

    [Fact]
    public void PutBack_KeepsNeedsAndNearness()
    {
        _workers.SetFree(A, 8);
        _workers.SetFree(B, 8, "gpu=true");
        Ready("t", "gpu=true");
        var taken = new List<ReadyTask>();
        _book.Take(1, At(100), taken, B, _workers);

        _book.PutBack(taken[0]);

        Assert.False(_book.HasFor(A, _workers));
        Assert.Equal(["t"], Take(B, 1));
    }

    [Fact]
    public void Unserved_NamesWhatIsMissing()
    {
        Ready("open");
        Assert.Equal("no worker serves the role now", Assert.Single(_book.Unserved(_workers)).Reason);

        _workers.SetFree(A, 0, "zone=eu\n@1.0");
        Assert.Empty(_book.Unserved(_workers));

        Ready("gpu", "gpu=true");
        Ready("gpu2", "gpu=true", near: B);
        Ready("pinned", "@2.1");
        _workers.SetFree(B, 0, "zone=us\n@2.0");
        Ready("both", "zone=eu\n@2.0");

        Assert.Equal(
            [
                "@2.1: none of the 2 workers of the role has version 2.1 of it (announced: 1.0, 2.0)",
                "gpu=true: none of the 2 workers of the role has label gpu=true",
                "zone=eu\n@2.0: none of the 2 workers of the role has all of zone=eu, version 2.0",
            ],
            _book.Unserved(_workers).Select(needs => $"{needs.Needs.Text}: {needs.Reason}"));
        Assert.Equal((2, At(2)), _book.Unserved(_workers).Where(needs => needs.Needs.Text == "gpu=true").Select(needs => (needs.ReadyCount, needs.OldestReadyUtc)).Single());
    }

    private static DateTimeOffset At(int seconds) => T0.AddSeconds(seconds);

    private void Ready(string id, string? needs = null, int priority = 0, WorkerId near = default) =>
        _book.MakeReady(TaskId.Standalone(id), priority, At(++_seconds), segment: 1, needs, near);

    private List<string> Take(WorkerId worker, int count)
    {
        var taken = new List<ReadyTask>();
        _book.Take(count, At(100), taken, worker, _workers);
        return [.. taken.Select(task => task.TaskId.Value)];
    }
}
