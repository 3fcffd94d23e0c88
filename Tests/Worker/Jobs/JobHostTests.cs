using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Worker.Scripting;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: how runs of jobs come to a worker and leave it, as B.2 says. Method: orders in process, manual clock.</summary>
public class JobHostTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_ReturnsAtOnce_AndThePhaseGoesFromIdleOverInitializingToRunning()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var worker = new JobHarness(setup => setup with
        {
            OpenOperatorsAsync = async (program, token) =>
            {
                await open.Task.WaitAsync(token);
                return await setup.OpenOperatorsAsync(program, token);
            },
        });
        Assert.Equal(WorkerPhase.Idle, worker.Phase());

        worker.Host.Start(Start(Numbers(Blackhole)));

        var standing = worker.Host.PhaseOf(Context());
        Assert.Equal((WorkerPhase.Initializing, worker.Clock.GetUtcNow()), (standing.Phase, standing.SinceUtc));
        open.SetResult();
        var told = await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, 2);
        Assert.True(told[0].Initialization.IsSuccess);
        Assert.All(told, said => Assert.Equal(Context(), said.Context));
        await WorkerHarness.WhenAsync(() => worker.Phase() == WorkerPhase.Running);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_OfTheSameGeneration_ChangesNothing()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole)));

        worker.Host.Start(Start(Numbers(Blackhole)));

        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context() }, Token);
        Assert.False(worker.Host.Events.Reader.TryRead(out var said), $"{said}");
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_OfAnOlderGeneration_IsRefused()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole), generation: 7));

        var refused = Assert.Throws<FlowException>(() => worker.Host.Start(Start(Numbers(Blackhole), generation: 6)));

        Assert.Equal(FlowErrorCode.AlreadyEnded, refused.Code);
        Assert.Equal("Generation 6 of job 'j1' has ended at worker 'w1', which knows generation 7.", refused.Message);
        Assert.Equal(7, Assert.Single(worker.Host.Held).Generation);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_OfANewerGeneration_BeginsWhenNothingOfTheOlderOneRunsAnyMore()
    {
        var (living, most) = (0, 0);
        await using var worker = new JobHarness(register: registry => registry.Add("watch", _ => new WatchedSink(change => most = Math.Max(most, Interlocked.Add(ref living, change)))));
        await worker.StartAsync(Start(Numbers(Op("sink", "watch"))));

        worker.Host.Start(Start(Numbers(Op("sink", "watch")), generation: 2));

        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted && said.Context.Generation == 2, 2);
        Assert.Equal((1, 1), (living, most));
        Assert.Equal(2, Assert.Single(worker.Host.Held).Generation);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Order_ForAnotherWorker_IsRefused()
    {
        await using var worker = new JobHarness();
        var other = Context(worker: "w2");
        List<Func<Task>> orders =
        [
            () => Task.Run(() => worker.Host.Start(new StartExecutionRequest { Context = other }), Token),
            () => worker.Host.CheckpointAsync(new CheckpointRequest { Context = other }, Token),
            () => worker.Host.GiveUpCheckpointAsync(new GiveUpCheckpointRequest { Context = other }, Token),
            () => worker.Host.CommitAsync(new CommitRequest { Context = other }, Token),
            () => worker.Host.LoadCompactedDataAsync(new LoadCompactedDataRequest { Context = other }, Token),
            () => worker.Host.StopAsync(new StopExecutionRequest { Context = other }, Token),
            () => worker.Host.FinishAsync(new JobFinishedRequest { Context = other }, Token),
            () => Task.Run(() => worker.Host.PhaseOf(other), Token),
            () => Task.Run(() => worker.Host.CountersOf(other), Token),
        ];

        foreach (var order in orders)
        {
            var refused = await Assert.ThrowsAsync<FlowException>(order);
            Assert.Equal((FlowErrorCode.NotFound, "This is worker 'w1', not 'w2'."), (refused.Code, refused.Message));
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_BeyondTheSlots_IsRefusedByTheOption()
    {
        await using var worker = new JobHarness();

        // Two nodes of three subtasks: a slot takes one of each.
        await worker.StartAsync(Start(Numbers(Blackhole, parallelism: 3)));
        var refused = Assert.Throws<FlowException>(() => worker.Host.Start(Start(Numbers(Blackhole, parallelism: 2), job: "j2")));
        await worker.StartAsync(Start(Numbers(Blackhole), job: "j3"));

        Assert.Equal(FlowErrorCode.LimitExceeded, refused.Code);
        Assert.Contains("needs 2 slots at worker 'w1', and 3 of its 4 are taken", refused.Message, StringComparison.Ordinal);
        Assert.Contains("OrleansFlow:Worker:Jobs:Slots", refused.Message, StringComparison.Ordinal);
        Assert.Equal(4, worker.Host.SlotsInUse);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_WithoutASubtaskOfTheWorker_IsRefused()
    {
        await using var worker = new JobHarness();
        var start = Start(Numbers(Blackhole));
        start.Tasks.Clear();

        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => worker.Host.Start(start)).Code);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("unknown kind", "'no such'")]
    [InlineData("lost checkpoint", "generations/0000001/checkpoints/checkpoint-0000004/manifest.pb")]
    [InlineData("unknown store", "'ftp://somewhere'")]
    public async Task Initialization_ThatFails_IsPhaseFailedWithItsReason_AndToldOnce(string what, string reason)
    {
        await using var worker = new JobHarness();
        var start = Start(Numbers(what == "unknown kind" ? Op("sink", "no such") : Blackhole), url: what == "unknown store" ? "ftp://somewhere" : worker.CheckpointUrl);
        if (what == "lost checkpoint")
        {
            start.RestoreManifest = "generations/0000001/checkpoints/checkpoint-0000004/manifest.pb";
        }

        worker.Host.Start(start);

        var said = await worker.Host.Events.Reader.ReadAsync(Token);
        Assert.False(said.Initialization.IsSuccess);
        Assert.Contains(reason, said.Initialization.ErrorMessage, StringComparison.Ordinal);
        await WorkerHarness.WhenAsync(() => worker.Phase() == WorkerPhase.Failed);
        Assert.Equal(said.Initialization.ErrorMessage, worker.Host.PhaseOf(Context()).Error);
        var refused = await Assert.ThrowsAsync<FlowException>(() => worker.Host.StopAsync(new StopExecutionRequest { Context = Context(), Mode = StopMode.Immediate }, Token));
        Assert.Equal(FlowErrorCode.AlreadyEnded, refused.Code);
        worker.Clock.Advance(TimeSpan.FromMinutes(1));
        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context() }, Token);
        Assert.False(worker.Host.Events.Reader.TryRead(out said), $"{said}");
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FailureOfASubtask_IsToldOnce_AndEndsTheSignsOfLife()
    {
        await using var worker = new JobHarness(register: registry => registry.Add("fail", _ => new FailingSink()));
        worker.Host.Start(Start(Numbers(Op("sink", "fail"), rate: 0)));

        var told = await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFailed);

        Assert.Equal(("store_full", true), (told[^1].TaskFailed.Code, told[^1].TaskFailed.IsRetryable));
        await WorkerHarness.WhenAsync(() => worker.Phase() == WorkerPhase.Failed);
        Assert.Equal("The disk of the test is full.", worker.Host.PhaseOf(Context()).Error);
        worker.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(worker.Host.Events.Reader.TryRead(out var said), $"{said}");
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RunningJob_GivesASignOfLifeEveryFiveSeconds()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole)));
        await WorkerHarness.WhenAsync(() => worker.Phase() == WorkerPhase.Running);

        for (var beat = 0; beat < 3; beat++)
        {
            worker.Clock.Advance(TimeSpan.FromSeconds(4.9));
            Assert.False(worker.Host.Events.Reader.TryRead(out _));
            worker.Clock.Advance(TimeSpan.FromSeconds(0.1));
            var said = await worker.Host.Events.Reader.ReadAsync(Token);
            Assert.Equal(WorkerEvent.EventOneofCase.Heartbeat, said.EventCase);
            Assert.Equal((Context(), worker.Clock.GetUtcNow()), (said.Context, said.Time.ToDateTimeOffset()));
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Finish_LetsGo_AndTheGenerationDoesNotComeBack()
    {
        var living = 0;
        await using var worker = new JobHarness(register: registry => registry.Add("watch", _ => new WatchedSink(change => Interlocked.Add(ref living, change))));
        await worker.StartAsync(Start(Numbers(Op("sink", "watch"), parallelism: 2)));
        Assert.False(worker.Host.WhenIdleAsync().IsCompleted);
        var idle = worker.Host.WhenIdleAsync();

        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context() }, Token);

        Assert.Equal(0, living);
        Assert.Equal(WorkerPhase.Idle, worker.Phase());
        Assert.Empty(worker.Host.Held);
        await idle.WaitAsync(Token);
        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context() }, Token);
        Assert.Equal(FlowErrorCode.AlreadyEnded, Assert.Throws<FlowException>(() => worker.Host.Start(Start(Numbers(Blackhole)))).Code);
        await worker.StartAsync(Start(Numbers(Blackhole), generation: 2));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Finish_OfAnOlderGeneration_LeavesTheNewerOneAlone()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole), generation: 2));

        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context() }, Token);

        await WorkerHarness.WhenAsync(() => worker.Phase() == WorkerPhase.Running);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Finish_WhileItInitializes_EndsThat()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var worker = new JobHarness(setup => setup with
        {
            OpenOperatorsAsync = async (_, token) =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                throw new InvalidOperationException("The delay has no end.");
            },
        });
        worker.Host.Start(Start(Numbers(Blackhole)));
        await asked.Task.WaitAsync(Token);
        var checkpoint = worker.Host.CheckpointAsync(new CheckpointRequest { Context = Context(), Epoch = 1 }, Token);

        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context() }, Token);

        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => checkpoint)).Code);
        Assert.False(worker.Host.Events.Reader.TryRead(out var said), $"{said}");
    }

    private sealed class WatchedSink : StreamOperator
    {
        private readonly Action<int> _changed;

        public WatchedSink(Action<int> changed)
        {
            _changed = changed;
            changed(1);
        }

        public override ValueTask ProcessAsync(OrleansFlow.Arrow.RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
        {
            batch.Dispose();
            return ValueTask.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            _changed(-1);
            return base.DisposeAsync();
        }
    }

    private sealed class FailingSink : StreamOperator
    {
        public override ValueTask ProcessAsync(OrleansFlow.Arrow.RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
        {
            batch.Dispose();
            throw new FlowException(FlowErrorCode.StoreFull, "The disk of the test is full.");
        }
    }
}
