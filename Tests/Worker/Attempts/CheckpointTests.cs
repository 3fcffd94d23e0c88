using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Attempts;

/// <summary>Goal: what a handler saves reaches the owner in order with its outputs and comes back to the next attempt. Method: scripted gateway.</summary>
public class CheckpointTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Save_WaitsForTheReceiptsOfEarlierOutputsAndForItsOwn()
    {
        var saved = new TaskCompletionSource();
        var script = new HandlerScript
        {
            Read = (_, _) => HandlerScript.Inputs(2),
            Process = async (context, input, token) =>
            {
                if ((long)input.Payload! == 1)
                {
                    await context.SaveCheckpointAsync(TaskCheckpoint.Of(3, new { next = 1 }), token);
                    saved.SetResult();
                }

                return new BatchOutcome(HandlerScript.Numbers(1));
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gateway.NextReportsAsync(1);
        await gateway.RoundTripAsync();
        await gateway.AcceptBatchAsync(WorkerHarness.LeaseOf(), 0);

        var report = await gateway.NextCheckpointAsync();
        Assert.Equal((3, """{"next":1}""", 1), (report.Checkpoint.Version, report.Checkpoint.Json, report.Checkpoint.OutputCount));
        Assert.False(saved.Task.IsCompleted);
        await gateway.AcceptCheckpointAsync(WorkerHarness.LeaseOf());

        await saved.Task;
        Assert.Equal(1, Assert.Single(await gateway.NextReportsAsync(1)).Index);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outcome_WithACheckpoint_SendsItWithItsBatch()
    {
        var script = new HandlerScript
        {
            Read = (_, _) => HandlerScript.Inputs(1),
            Process = (_, _, _) => ValueTask.FromResult(new BatchOutcome(HandlerScript.Numbers(1), Checkpoint: new TaskCheckpoint(1, "5"))),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());

        var report = Assert.Single(await gateway.NextReportsAsync(1));
        Assert.Equal((0, 1, "5", 1), (report.Index, report.Checkpoint.Version, report.Checkpoint.Json, report.Checkpoint.OutputCount));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task NextAttempt_GetsTheCheckpointAndCountsItsOutputsFromThere()
    {
        TaskCheckpoint? given = null;
        var script = new HandlerScript
        {
            Load = (context, _) =>
            {
                given = context.Checkpoint;
                return ValueTask.CompletedTask;
            },
            Read = (_, _) => HandlerScript.Inputs(2),
            Process = (_, input, _) => ValueTask.FromResult(new BatchOutcome(HandlerScript.Numbers((long)input.Payload!))),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(Offer(accepted: 4, outputs: 3));
        var report = Assert.Single(await gateway.NextReportsAsync(1));

        // Number 3 was accepted after the checkpoint, so the first of the two outputs is dropped.
        Assert.Equal((4, "state"), (report.Index, given!.Json));
        await gateway.AcceptBatchAsync(report.Lease, 4);
        Assert.Equal(5, (await gateway.NextOutcomeAsync()).BatchCount);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Checkpoint_ThatTheHandlerRefuses_IsNotGivenAndTheAttemptBeginsFromTheStart()
    {
        TaskCheckpoint? given = null;
        var script = new HandlerScript
        {
            Accepts = checkpoint => checkpoint.Version > 7,
            Load = (context, _) =>
            {
                given = context.Checkpoint;
                return ValueTask.CompletedTask;
            },
            Read = (_, _) => HandlerScript.Inputs(1),
            Process = (_, _, _) => ValueTask.FromResult(new BatchOutcome(HandlerScript.Numbers(1))),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(Offer(accepted: 0, outputs: 0));

        Assert.Equal(0, Assert.Single(await gateway.NextReportsAsync(1)).Index);
        Assert.Null(given);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(TaskCheckpoint.BytesMax, "")]
    [InlineData(TaskCheckpoint.BytesMax + 1, "limit_exceeded")]
    public async Task Save_AtTheLargestSize_IsTakenOrRefused(int bytes, string reason)
    {
        var script = new HandlerScript { Load = (context, token) => context.SaveCheckpointAsync(new TaskCheckpoint(1, new string('x', bytes)), token) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        if (reason.Length == 0)
        {
            await gateway.NextCheckpointAsync();
            await gateway.AcceptCheckpointAsync(WorkerHarness.LeaseOf());
        }

        Assert.Equal(reason, (await gateway.NextOutcomeAsync()).Reason);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Save_ThatTheHandlersOwnCheckRefuses_FailsAtOnce()
    {
        var script = new HandlerScript
        {
            Accepts = _ => false,
            Load = (context, token) => context.SaveCheckpointAsync(new TaskCheckpoint(1, "1"), token),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());

        Assert.Equal("bad_input", (await gateway.NextOutcomeAsync()).Reason);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Save_AfterALostStream_IsSentAgain()
    {
        var script = new HandlerScript { Load = (context, token) => context.SaveCheckpointAsync(new TaskCheckpoint(1, "1"), token) };
        await using var worker = new WorkerHarness(script);
        await using (var first = await ScriptedSession.AcceptAsync(worker.Transport))
        {
            await first.OfferAsync(WorkerHarness.OfferOf());
            await first.NextCheckpointAsync();
            first.Lose();
        }

        await using var second = await ScriptedSession.AcceptAsync(worker.Transport);
        Assert.Equal("1", (await second.NextCheckpointAsync()).Checkpoint.Json);
        await second.AcceptCheckpointAsync(WorkerHarness.LeaseOf());

        Assert.Equal(Outcome.Types.Kind.Completed, (await second.NextOutcomeAsync()).Kind);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Save_WhoseLeaseIsGone_StopsTheAttempt()
    {
        Exception? thrown = null;
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                thrown = await Record.ExceptionAsync(() => context.SaveCheckpointAsync(new TaskCheckpoint(1, "1"), token).AsTask());
                throw thrown!;
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gateway.NextCheckpointAsync();

        await gateway.AcceptCheckpointAsync(WorkerHarness.LeaseOf(), "lease_lost");

        Assert.Equal((Outcome.Types.Kind.Stopped, "lease_lost"), ((await gateway.NextOutcomeAsync()) is var outcome ? (outcome.Kind, outcome.Reason) : default));
        Assert.IsAssignableFrom<OperationCanceledException>(thrown);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Save_OfAHandlerThatIsToldToStop_IsStillTakenWhileTheLeaseStands()
    {
        var gate = new Gate();
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                try
                {
                    await gate.PassAsync(token);
                }
                catch (OperationCanceledException)
                {
                    await context.SaveCheckpointAsync(new TaskCheckpoint(1, "half"), CancellationToken.None);
                    throw;
                }
            },
        };
        await using var worker = new WorkerHarness(script, options => options with { ShutdownGrace = TimeSpan.Zero });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;

        await worker.StopAsync();
        Assert.Equal(WorkerMessage.KindOneofCase.Draining, (await gateway.NextAsync())!.KindCase);
        worker.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("half", (await gateway.NextCheckpointAsync()).Checkpoint.Json);
        await gateway.AcceptCheckpointAsync(WorkerHarness.LeaseOf());
        Assert.Equal((Outcome.Types.Kind.Stopped, "shutdown"), ((await gateway.NextOutcomeAsync()) is var outcome ? (outcome.Kind, outcome.Reason) : default));
    }

    [Fact]
    public void Read_OfAnotherForm_SaysSo()
    {
        var failure = Assert.Throws<FlowException>(() => new TaskCheckpoint(2, "{").Read<int>());

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("version 2", failure.Message, StringComparison.Ordinal);
        Assert.Equal(17, TaskCheckpoint.Of(1, 17).Read<int>());
    }

    private static Offer Offer(int accepted, int outputs)
    {
        var offer = WorkerHarness.OfferOf(epoch: 2, accepted: accepted);
        offer.Checkpoint = new Checkpoint { Version = 7, Json = "state", OutputCount = outputs };
        return offer;
    }
}
