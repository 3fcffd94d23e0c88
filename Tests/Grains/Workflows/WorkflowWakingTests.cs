using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: every run whose time has come, and every run that was lost, is woken; nobody else is.</summary>
public sealed class WorkflowWakingTests
{
    private const int Watchdog = 60_000;

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ParkedRuns_EachAtItsTime_AreWokenOnceAndNoneEarly(bool batches)
    {
        await using var index = await IndexCluster.StartAsync(batches);
        var nowUtc = index.Cluster.Clock.GetUtcNow();
        var random = new Random(4);
        var due = Enumerable.Range(0, 1_500).ToDictionary(number => $"r{number:0000}", _ => nowUtc.AddSeconds(random.Next(20, 200)), StringComparer.Ordinal);
        await Task.WhenAll(due.Select(one => index.RecordAsync(IndexCluster.Line(one.Key, nowUtc, wakeUtc: one.Value))));
        await index.RecordAsync(IndexCluster.Line("never", nowUtc, wakeUtc: DateTimeOffset.MaxValue));

        var gate = new Lock();
        index.Woken = (run, isLost, atUtc) =>
        {
            lock (gate)
            {
                Assert.True(due.Remove(run, out var dueUtc), run);
                Assert.False(isLost);
                Assert.True(atUtc >= dueUtc, $"{run} was woken at {atUtc:O} and is due at {dueUtc:O}");
            }
        };
        while (due.Count > 0)
        {
            index.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(500));

            // Time stands until each of them was woken.
            while (IsAnyLate())
            {
                Assert.Null(index.Failure);
                FlowCluster.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        bool IsAnyLate()
        {
            lock (gate)
            {
                return due.Values.Any(dueUtc => dueUtc <= index.Cluster.Clock.GetUtcNow() - TimeSpan.FromMilliseconds(500));
            }
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Crash_OfASilo_WakesTheLiveRunsAndThoseWhoseTimePassed_ByReminderAlone()
    {
        await using var index = await IndexCluster.StartAsync(batches: true);
        var nowUtc = index.Cluster.Clock.GetUtcNow();
        await index.RecordAsync(IndexCluster.Line("live", nowUtc));
        await index.RecordAsync(IndexCluster.Line("past", nowUtc, wakeUtc: nowUtc.AddSeconds(20)));
        await index.RecordAsync(IndexCluster.Line("later", nowUtc, wakeUtc: nowUtc.AddDays(5)));
        await index.RecordAsync(IndexCluster.Line("ended", nowUtc));
        await index.RecordAsync(IndexCluster.Line("ended", nowUtc, WorkflowRunStatus.Completed, order: 2));
        await index.FlushAsync();
        var woken = new SortedDictionary<string, bool>(StringComparer.Ordinal);
        var both = Completion();
        index.Woken = (run, isLost, _) =>
        {
            woken[run] = isLost;
            if (woken.Count == 2)
            {
                both.TrySetResult(true);
            }
        };

        // Nobody calls the shard: its reminder does.
        await index.Cluster.CrashAsync();
        await index.Cluster.AdvanceUntilAsync(both.Task, TimeSpan.FromSeconds(10));

        Assert.Equal([("live", true), ("past", false)], woken.Select(one => (one.Key, one.Value)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Wake_ThatFails_IsTriedAgain()
    {
        await using var index = await IndexCluster.StartAsync(batches: true);
        var nowUtc = index.Cluster.Clock.GetUtcNow();
        await index.RecordAsync(IndexCluster.Line("r", nowUtc, wakeUtc: nowUtc.AddSeconds(3)));
        var (calls, third) = (0, Completion());
        index.Woken = (_, _, _) =>
        {
            if (++calls < 3)
            {
                throw new IOException("not now");
            }

            third.TrySetResult(true);
        };

        await index.Cluster.AdvanceUntilAsync(third.Task, TimeSpan.FromSeconds(1));

        Assert.Equal(3, calls);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LiveRun_OfWhichNothingIsHeard_IsAsked()
    {
        await using var index = await IndexCluster.StartAsync(batches: true);
        await index.RecordAsync(IndexCluster.Line("r", index.Cluster.Clock.GetUtcNow()));
        var asked = Completion();
        index.Woken = (_, isLost, _) => asked.TrySetResult(isLost);

        Assert.True(await index.Cluster.AdvanceUntilAsync(asked.Task, TimeSpan.FromSeconds(20)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reminder_OfAShardWithoutOpenRuns_Ends()
    {
        await using var index = await IndexCluster.StartAsync(batches: true);
        var nowUtc = index.Cluster.Clock.GetUtcNow();
        await index.RecordAsync(IndexCluster.Line("r", nowUtc, wakeUtc: nowUtc.AddDays(100)));
        Assert.Equal(["runs"], await index.Cluster.RemindersAsync(index.Grain));

        await index.RecordAsync(IndexCluster.Line("r", nowUtc, WorkflowRunStatus.Cancelled, order: 2));
        await index.Cluster.AdvanceUntilAsync(IsWithoutReminderAsync(index), TimeSpan.FromSeconds(30));
    }

    private static async Task<bool> IsWithoutReminderAsync(IndexCluster index)
    {
        while ((await index.Cluster.RemindersAsync(index.Grain)).Count > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(30), index.Cluster.Clock, FlowCluster.Token);
        }

        return true;
    }

    private static TaskCompletionSource<bool> Completion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
