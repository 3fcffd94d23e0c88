using OrleansFlow.Errors;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Durable;

/// <summary>
/// Goal: a job of one process keeps its state in files; whatever ends it, the next start goes on from the newest checkpoint, and its sink shows each result once.
/// Method: windows over 20 000 numbers, written by a sink of two phases; what DuckDB gives for a batch query is what all lives together have to write.
/// </summary>
public sealed class LocalJobTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task JobThatIsThrough_StartedAgain_ChangesNothing()
    {
        await using var folder = new SqlJobFolder();
        await using (var first = await RunningJob.StartAsync(folder))
        {
            Assert.Null(first.Job.Restored);
            await first.FinishAsync();
        }

        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
        await using var second = await RunningJob.StartAsync(folder, parallelism: 2);
        await second.Run;

        Assert.Equal(1, second.Job.Restored!.Generation);
        Assert.Equal(2, second.Job.Generation);
        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task StoppedAtCheckpoints_AndRescaledFromOneToThreeToTwo_WritesTheSame()
    {
        await using var folder = new SqlJobFolder();
        foreach (var parallelism in (uint[])[1, 3])
        {
            await using var part = await RunningJob.StartAsync(folder, parallelism: parallelism);
            await part.AdvanceAsync(3.3);
            await part.Job.CheckpointAsync(thenStop: false, Token);
            await part.AdvanceAsync(2.2);
            await part.Job.CheckpointAsync(thenStop: true, Token);
            await part.Run;
        }

        await using var last = await RunningJob.StartAsync(folder, parallelism: 2);
        await last.FinishAsync();

        Assert.Equal(3, last.Job.Generation);
        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    /// <summary>The moments of a process: while files are written, before the manifest, before the record, after it, after the commit.</summary>
    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("before", "table-")]
    [InlineData("before", "manifest.pb")]
    [InlineData("after", "manifest.pb")]
    [InlineData("before", ".record")]
    [InlineData("after", ".record")]
    [InlineData("before", "committed")]
    [InlineData("after", "committed")]
    public async Task KilledInTheMiddleOfACheckpoint_GoesOnWithEachResultOnce(string when, string what)
    {
        await using var folder = new SqlJobFolder();
        await using (var first = await RunningJob.StartAsync(folder))
        {
            await first.AdvanceAsync(5);
            await first.Job.CheckpointAsync(thenStop: true, Token);
            await first.Run;
        }

        var store = new DyingStore(folder.Files);
        await using (var second = await RunningJob.StartAsync(folder, setup => setup with { Store = store }))
        {
            await second.AdvanceAsync(4.5);
            if (when == "before")
            {
                store.DiesBefore = name => name.Contains(what, StringComparison.Ordinal);
            }
            else
            {
                store.DiesAfter = name => name.Contains(what, StringComparison.Ordinal);
            }

            await Assert.ThrowsAnyAsync<Exception>(() => second.Job.CheckpointAsync(thenStop: false, Token));
            await second.KillAsync();
        }

        await using var third = await RunningJob.StartAsync(folder, parallelism: 2);
        await third.FinishAsync();

        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ProcessThatWasReplaced_AddsNoCheckpoint_AndEnds()
    {
        await using var folder = new SqlJobFolder();
        await using var old = await RunningJob.StartAsync(folder);
        await old.AdvanceAsync(3);
        await old.Job.CheckpointAsync(thenStop: false, Token);
        await using var young = await RunningJob.StartAsync(folder);
        await old.AdvanceAsync(3);

        var refused = await Assert.ThrowsAsync<FlowException>(() => old.Job.CheckpointAsync(thenStop: false, Token));
        Assert.Equal(FlowErrorCode.LeaseLost, refused.Code);
        Assert.Contains("another process has begun from the same folder", refused.Message, StringComparison.Ordinal);
        Assert.Same(refused, await Assert.ThrowsAsync<FlowException>(() => old.Run));

        await young.FinishAsync();
        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Interval_TakesCheckpointsByItself()
    {
        await using var folder = new SqlJobFolder();
        var records = System.Threading.Channels.Channel.CreateUnbounded<string>();
        var store = new DyingStore(folder.Files) { Created = name => records.Writer.TryWrite(name) };
        await using var job = await RunningJob.StartAsync(folder, setup => setup with { Store = store, CheckpointInterval = TimeSpan.FromSeconds(2) });
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            await job.AdvanceAsync(2);
            while (!(await records.Reader.ReadAsync(Token)).EndsWith($"{epoch:0000000}.record", StringComparison.Ordinal))
            {
            }
        }

        await job.FinishAsync();
        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task OldCheckpointsAreRemoved_AndFilesOfSeveralMerged_AndTheNextStartReadsThem()
    {
        await using var folder = new SqlJobFolder();
        await using (var first = await RunningJob.StartAsync(folder, setup => setup with { RetainedCheckpoints = 2, CompactedCheckpoints = 3 }, parallelism: 2))
        {
            for (var i = 0; i < 8; i++)
            {
                await first.AdvanceAsync(0.3);
                await first.Job.CheckpointAsync(thenStop: i == 7, Token);
            }

            await first.Run;
        }

        var names = new List<string>();
        await foreach (var entry in folder.Files.ListAsync("job/", Token))
        {
            names.Add(entry.Name);
        }

        Assert.Equal(2, names.Count(name => name.EndsWith("/manifest.pb", StringComparison.Ordinal)));
        Assert.Equal(["generations/0000001/checkpoints/checkpoint-0000007/manifest.pb", "generations/0000001/checkpoints/checkpoint-0000008/manifest.pb"], await folder.Checkpoints.ListAsync(Token));
        Assert.Contains(names, name => name.EndsWith("-g1", StringComparison.Ordinal));

        await using var second = await RunningJob.StartAsync(folder, parallelism: 3);
        Assert.Contains(second.Job.Restored!.Operators.SelectMany(one => one.Tables).SelectMany(table => table.Files), file => file.Generation > 0);
        await second.FinishAsync();
        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CheckpointThatDoesNotGetStored_IsGivenUpInTime_AndTheJobGoesOn()
    {
        await using var folder = new SqlJobFolder();
        var (isHeld, free) = (new TaskCompletionSource(), new TaskCompletionSource());
        var store = new SlowStore(folder.Files, isHeld, free);
        await using var job = await RunningJob.StartAsync(folder, setup => setup with { Store = store, CheckpointTimeout = TimeSpan.FromSeconds(30) });
        await job.AdvanceAsync(2);

        var late = job.Job.CheckpointAsync(thenStop: false, Token);
        await isHeld.Task.WaitAsync(Token);
        job.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(FlowErrorCode.DeadlineExceeded, (await Assert.ThrowsAsync<FlowException>(() => late)).Code);
        free.SetResult();
        await job.FinishAsync();
        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SnapshotThatCannotBeWritten_FailsItsCheckpointOnly_AndTheNextOneHoldsIt()
    {
        await using var folder = new SqlJobFolder();
        var store = new DyingStore(folder.Files);
        var failed = new List<long>();
        await using (var first = await RunningJob.StartAsync(folder, setup => setup with { Store = store }, parallelism: 2))
        {
            var watching = WatchFailuresAsync(first.Job, failed);
            await first.AdvanceAsync(3);
            await first.Job.CheckpointAsync(thenStop: false, Token);
            await first.AdvanceAsync(2);

            var isOnce = true;
            store.FailsAt = name => name.Contains("operator-o-window", StringComparison.Ordinal) && Interlocked.Exchange(ref isOnce, false);
            var refused = await Assert.ThrowsAsync<FlowException>(() => first.Job.CheckpointAsync(thenStop: false, Token));
            Assert.Equal(FlowErrorCode.StoreUnavailable, refused.Code);
            Assert.Contains("Checkpoint 2 was given up, the job goes on", refused.Message, StringComparison.Ordinal);
            Assert.Contains("The store did not answer", refused.Message, StringComparison.Ordinal);

            await first.AdvanceAsync(1);
            Assert.Equal(3, (await first.Job.CheckpointAsync(thenStop: true, Token)).Epoch);
            await first.Run;
            await watching;
        }

        Assert.Equal([2], failed);
        await using var second = await RunningJob.StartAsync(folder);
        await second.FinishAsync();
        Assert.Equal(await folder.ExpectedAsync(Token), folder.Lines());
    }

    private static async Task WatchFailuresAsync(LocalJob job, List<long> failed)
    {
        await foreach (var said in job.WatchAsync(Token))
        {
            if (said.CheckpointFailed is { } one)
            {
                Assert.True(one.Error.IsRetryable);
                failed.Add(one.Epoch);
            }
        }
    }
}
