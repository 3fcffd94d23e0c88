using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: a schedule acts at its times whatever is lost, starts each run once, and follows the ones that others wait for.</summary>
public sealed class WorkflowScheduleGrainTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Schedule_AtItsTimes_StartsRunsWithTheirAttributesAndContent()
    {
        await using var cluster = await ScheduleCluster.StartAsync();
        Assert.True(await cluster.PutAsync("""{"times":{"every":"00:01:00"},"run":{"workflow":"w","version":3,"input":{"a":1}},"overlap":"allowAll"}"""));

        await cluster.Flow.AdvanceUntilAsync(cluster.WhenStartedAsync(3), TimeSpan.FromSeconds(20));

        Assert.Equal(cluster.Started.Distinct(), cluster.Started);
        Assert.All(cluster.Started, run => Assert.StartsWith("s-", run, StringComparison.Ordinal));
        var view = (await cluster.Grain.GetAsync(FlowCluster.Token))!;
        Assert.Equal((true, 10), (view.StartedCount >= 3, view.NextUtc.Count));
        Assert.False(await cluster.PutAsync("""{"times":{"every":"00:05:00"},"run":{"workflow":"w","version":4}}"""));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Crash_OfASilo_LeavesTheScheduleToItsReminder()
    {
        await using var cluster = await ScheduleCluster.StartAsync();
        await cluster.PutAsync("""{"times":{"every":"01:00:00"},"run":{"workflow":"w","version":1},"overlap":"allowAll"}""");

        // Nobody calls the schedule from here on.
        await cluster.Flow.CrashAsync();
        await cluster.Flow.AdvanceUntilAsync(cluster.WhenStartedAsync(2), TimeSpan.FromMinutes(3));

        Assert.Equal(cluster.Started.Distinct(), cluster.Started);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_ThatFailsForAWhile_IsDoneInTheEnd()
    {
        await using var cluster = await ScheduleCluster.StartAsync();
        cluster.FailuresLeft = 4;
        await cluster.PutAsync("""{"times":{"every":"00:01:00"},"run":{"workflow":"w","version":1},"runs":1}""");

        await cluster.Flow.AdvanceUntilAsync(cluster.WhenStartedAsync(1), TimeSpan.FromSeconds(5));

        Assert.Equal(0, cluster.FailuresLeft);
        Assert.Single(cluster.Started);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_ThatIsRefused_IsShown()
    {
        await using var cluster = await ScheduleCluster.StartAsync();
        cluster.Refusal = new FlowException(FlowErrorCode.UnknownDefinition, "no such version");
        await cluster.PutAsync("""{"times":{"cron":["0 0 1 1 *"]},"run":{"workflow":"w","version":1}}""");

        await cluster.Grain.TriggerAsync(null, FlowCluster.Token);
        WorkflowScheduleView view;
        do
        {
            await Task.Yield();
            view = (await cluster.Grain.GetAsync(FlowCluster.Token))!;
        }
        while (view.RefusedCount == 0);

        Assert.Equal(("no such version", 0), (Assert.Single(view.Recent).Failure, view.Running.Count));
    }

    [Fact(Timeout = Watchdog)]
    public async Task BufferedRuns_StartWhenTheOneBeforeEnds()
    {
        await using var cluster = await ScheduleCluster.StartAsync();
        await cluster.PutAsync("""{"times":{"cron":["0 0 1 1 *"]},"run":{"workflow":"w","version":1},"overlap":"bufferAll"}""");
        for (var number = 0; number < 4; number++)
        {
            await cluster.Grain.TriggerAsync(null, FlowCluster.Token);
        }

        for (var number = 1; number <= 4; number++)
        {
            await cluster.WhenStartedAsync(number);
            Assert.Equal(number, cluster.Started.Count);
            cluster.End($"s-now-{number}");
        }

        Assert.Equal(["s-now-1", "s-now-2", "s-now-3", "s-now-4"], cluster.Started);
    }

    [Fact(Timeout = Watchdog)]
    public async Task CancelOther_StopsTheRunAndStartsTheNextWhenItHasEnded()
    {
        await using var cluster = await ScheduleCluster.StartAsync();
        await cluster.PutAsync("""{"times":{"cron":["0 0 1 1 *"]},"run":{"workflow":"w","version":1},"overlap":"cancelOther"}""");
        await cluster.Grain.TriggerAsync(null, FlowCluster.Token);
        await cluster.WhenStartedAsync(1);

        await cluster.Grain.TriggerAsync(null, FlowCluster.Token);
        await cluster.WhenStartedAsync(2);

        Assert.Equal(["s-now-1"], cluster.Stopped);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Delete_OfASchedule_TakesItOutOfTheListAndEndsItsReminder()
    {
        await using var cluster = await ScheduleCluster.StartAsync();
        await cluster.PutAsync("""{"times":{"every":"00:10:00"},"run":{"workflow":"w","version":1}}""");
        var list = cluster.Flow.Grains.GetGrain<IWorkflowScheduleListGrain>(WorkflowShards.KeyOfSchedule("s"));
        Assert.Equal(["s"], await list.ListAsync("", 10, FlowCluster.Token));
        Assert.NotEmpty(await cluster.Flow.RemindersAsync(cluster.Grain));

        Assert.True(await cluster.Grain.DeleteAsync(FlowCluster.Token));
        Assert.False(await cluster.Grain.DeleteAsync(FlowCluster.Token));

        Assert.Empty(await list.ListAsync("", 10, FlowCluster.Token));
        Assert.Empty(await cluster.Flow.RemindersAsync(cluster.Grain));
        Assert.Null(await cluster.Grain.GetAsync(FlowCluster.Token));
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => cluster.Grain.PauseAsync(null, FlowCluster.Token))).Code);
    }

    /// <summary>A silo whose schedules start nothing but what the test sees.</summary>
    private sealed class ScheduleCluster : IScheduledRuns, IAsyncDisposable
    {
        private readonly Lock _gate = new();
        private readonly List<string> _started = [];
        private readonly List<string> _stopped = [];
        private readonly Dictionary<string, TaskCompletionSource<string?>> _ends = new(StringComparer.Ordinal);
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public FlowCluster Flow { get; private set; } = null!;

        public int FailuresLeft { get; set; }

        public FlowException? Refusal { get; set; }

        public IWorkflowScheduleGrain Grain => Flow.Grains.GetGrain<IWorkflowScheduleGrain>("s");

        public IReadOnlyList<string> Started
        {
            get
            {
                lock (_gate)
                {
                    return [.. _started];
                }
            }
        }

        public IReadOnlyList<string> Stopped
        {
            get
            {
                lock (_gate)
                {
                    return [.. _stopped];
                }
            }
        }

        public static async Task<ScheduleCluster> StartAsync()
        {
            var cluster = new ScheduleCluster();
            cluster.Flow = await FlowCluster.StartAsync(batches: true, (silo, _) => silo?.Services.AddSingleton<IScheduledRuns>(cluster));
            return cluster;
        }

        public Task<bool> PutAsync(string json) => Grain.PutAsync(new Payload(Encoding.UTF8.GetBytes(json)), FlowCluster.Token);

        public async Task<bool> WhenStartedAsync(int count)
        {
            while (true)
            {
                Task changed;
                lock (_gate)
                {
                    if (_started.Count >= count)
                    {
                        return true;
                    }

                    changed = _changed.Task;
                }

                await changed.WaitAsync(FlowCluster.Token);
            }
        }

        public void End(string run, string? failure = null) => EndOf(run).TrySetResult(failure);

        public Task StartAsync(string schedule, string run, ScheduledRun what, DateTimeOffset nowUtc, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                if (FailuresLeft > 0)
                {
                    FailuresLeft--;
                    throw new IOException("not now");
                }

                if (Refusal is not null)
                {
                    throw Refusal;
                }

                Assert.Equal("s", schedule);
                _started.Add(run);
                _changed.TrySetResult();
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return Task.CompletedTask;
        }

        public Task StopAsync(string run, bool terminate, string reason, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                _stopped.Add(run);
            }

            End(run);
            return Task.CompletedTask;
        }

        public async Task<(bool HasEnded, string? Failure)> LookAsync(string run, CancellationToken cancellationToken) =>
            EndOf(run).Task is { IsCompleted: true } end ? (true, await end) : (false, null);

        public async Task<string?> WhenEndedAsync(string run, CancellationToken cancellationToken) => await EndOf(run).Task.WaitAsync(cancellationToken);

        public ValueTask DisposeAsync() => Flow.DisposeAsync();

        private TaskCompletionSource<string?> EndOf(string run)
        {
            lock (_gate)
            {
                if (!_ends.TryGetValue(run, out var end))
                {
                    _ends.Add(run, end = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously));
                }

                return end;
            }
        }
    }
}
