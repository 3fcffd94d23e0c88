using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Graphs;
using OrleansFlow.Testing;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Testing;

/// <summary>Goal: the kit's clock moves when nothing works, and only then.</summary>
public sealed class ClockTests
{
    private const string Document = """{"name":"g","nodes":[{"id":"a","role":"worked","timeout_sec":TIMEOUT,"retry":{"max":0}}]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Work_OutsideTheCluster_TakesNoTime()
    {
        var (begun, done) = (Signal(), Signal());
        await using var cluster = await StartAsync(
            async _ =>
            {
                begun.SetResult();

                // Not on the clock of the cluster, which cannot know when it ends.
                await Task.Run(() => done.Task);
            },
            patience: TimeSpan.FromDays(1));
        var beganUtc = cluster.Clock.GetUtcNow();
        var running = cluster.RunGraphAsync("r1", Document.Replace("TIMEOUT", "3600", StringComparison.Ordinal), Token);
        await begun.Task.WaitAsync(Token);
        var atWorkUtc = cluster.Clock.GetUtcNow();

        // Every chance for it to be moved on, were it not kept.
        for (var turn = 0; turn < 10_000; turn++)
        {
            await Task.Yield();
        }

        var stillUtc = cluster.Clock.GetUtcNow();
        done.SetResult();

        Assert.Equal(RunStatus.Completed, (await running).Status);
        Assert.Equal(atWorkUtc, stillUtc);
        Assert.InRange(cluster.Clock.GetUtcNow() - beganUtc, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact(Timeout = 60_000)]
    public async Task Delay_OnItsClock_LetsItGo()
    {
        await using var cluster = await StartAsync(context => Task.Delay(TimeSpan.FromHours(2), context.Clock, context.Stopping));
        var beganUtc = cluster.Clock.GetUtcNow();

        var run = await cluster.RunGraphAsync("r1", Document.Replace("TIMEOUT", "10000", StringComparison.Ordinal), Token);

        Assert.Equal((RunStatus.Completed, 1), (run.Status, run.Nodes[0].Tasks[0].Attempt));
        Assert.InRange(cluster.Clock.GetUtcNow() - beganUtc, TimeSpan.FromHours(2), TimeSpan.FromHours(2.001));
    }

    [Fact(Timeout = 60_000)]
    public async Task Handler_ThatWaitsForItsStop_IsStoppedByItsTimeLimit()
    {
        await using var cluster = await StartAsync(async context =>
        {
            var stopped = Signal();
            await using var registration = context.Stopping.UnsafeRegister(_ => stopped.SetResult(), null);
            await stopped.Task;
            context.ThrowIfStopping();
        });

        var run = await cluster.RunGraphAsync("r1", Document.Replace("TIMEOUT", "1", StringComparison.Ordinal), Token);

        Assert.Equal((RunStatus.Failed, "deadline_exceeded"), (run.Status, run.Failure!.Reason));
    }

    [Fact(Timeout = 60_000)]
    public async Task SilentWorker_LosesItsLeaseAfterTheLeaseAndNotBefore()
    {
        await using var cluster = await FlowTestCluster.StartAsync(
            options =>
            {
                options.ConfigureLeases = leases => leases.ReconnectGrace = leases.Duration;
                options.AddHandler<WorkedHandler>("worked").Services.AddSingleton(new Work(_ => Task.CompletedTask));
            },
            Token);
        cluster.Faults.CrashWorkerAt("a", batch: 0);
        var beganUtc = cluster.Clock.GetUtcNow();

        var run = await cluster.RunGraphAsync("r1", Document.Replace("TIMEOUT", "3600", StringComparison.Ordinal), Token);

        Assert.Equal((RunStatus.Completed, 2L), (run.Status, run.Nodes[0].Tasks[0].Epoch));
        Assert.InRange(cluster.Clock.GetUtcNow() - beganUtc, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(61));
    }

    [Fact(Timeout = 60_000)]
    public async Task Pass_OfAnHour_LetsIdleWorkersBeatAllTheTime()
    {
        await using var cluster = await StartAsync(_ => Task.CompletedTask);
        var beganUtc = cluster.Clock.GetUtcNow();

        await cluster.PassAsync(TimeSpan.FromHours(1), Token);

        Assert.Equal(TimeSpan.FromHours(1), cluster.Clock.GetUtcNow() - beganUtc);
        Assert.Equal(1L, (await cluster.RunGraphAsync("r1", Document.Replace("TIMEOUT", "60", StringComparison.Ordinal), Token)).Nodes[0].Tasks[0].Epoch);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cluster.PassAsync(TimeSpan.FromTicks(-1), Token));
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task<FlowTestCluster> StartAsync(Func<RunContext, Task> work, TimeSpan? patience = null) => FlowTestCluster.StartAsync(
        options =>
        {
            options.Patience = patience ?? options.Patience;
            options.AddHandler<WorkedHandler>("worked").Services.AddSingleton(new Work(work));
        },
        Token);

    /// <param name="DoAsync">What the handler does with its one batch.</param>
    private sealed record Work(Func<RunContext, Task> DoAsync);

    [SuppressMessage("Performance", "CA1812", Justification = "Made by the cluster.")]
    private sealed class WorkedHandler(Work work) : RoleHandler
    {
        public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(
            RunContext context, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            yield return new InputBatch("only");
        }

        public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
        {
            await work.DoAsync(context);
            return BatchOutcome.None;
        }
    }
}
