using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Attempts;

/// <summary>Goal: an attempt that must stop does, whether its handler heeds that or not. Method: scripted handler, scripted gateway.</summary>
public class StopTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Cancellation_OfTheHandlersOwn_IsAFailure()
    {
        var script = new HandlerScript { Load = (_, _) => throw new OperationCanceledException("my own time limit") };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal((Outcome.Types.Kind.Failed, "unexpected_error", false), (outcome.Kind, outcome.Reason, outcome.Permanent));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Revoked_StopsTheHandlerAndReportsAStop()
    {
        var gate = new Gate();
        string? reason = null;
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                try
                {
                    await gate.PassAsync(token);
                }
                finally
                {
                    reason = context.StopReason;
                }
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;

        await gateway.RevokeAsync(WorkerHarness.LeaseOf(), "cancelled");
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal((Outcome.Types.Kind.Stopped, "cancelled"), (outcome.Kind, outcome.Reason));
        Assert.Equal("cancelled", reason);
        Assert.Equal(["init", "load", "cleanup", "dispose"], script.Calls);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Revoked_WhoseHandlerCompletesAllTheSame_StillReportsAStop()
    {
        var gate = new Gate();
        var script = new HandlerScript { Finish = async (_, _) => { await gate.PassDeafAsync(); return FinalizeOutcome.None; } };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;
        await gateway.RevokeAsync(WorkerHarness.LeaseOf(), "cancelled");
        await gateway.RoundTripAsync();

        gate.Open();

        Assert.Equal(Outcome.Types.Kind.Stopped, (await gateway.NextOutcomeAsync()).Kind);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Timeout_OfTheAttempt_FailsItSoThatTheRetryPolicyDecides()
    {
        var gate = new Gate();
        await using var worker = new WorkerHarness(new HandlerScript { Load = async (_, token) => await gate.PassAsync(token) });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf(timeoutMs: 1_500));
        await gate.Reached;

        worker.Clock.Advance(TimeSpan.FromMilliseconds(1_499));
        await gateway.RoundTripAsync();
        worker.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal((Outcome.Types.Kind.Failed, "deadline_exceeded", false), (outcome.Kind, outcome.Reason, outcome.Permanent));
        Assert.Contains("1500 ms", outcome.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public async Task Handler_ThatIsCancelledWithAGrace_IsLeftBehindAtItsEnd_NotAtTheWorkersOwn(int graceMs)
    {
        var gate = new Gate();
        var script = new HandlerScript { Finish = async (_, _) => { await gate.PassDeafAsync(); return FinalizeOutcome.None; } };
        await using var worker = new WorkerHarness(script, options => options with { Slots = 1, StopGrace = TimeSpan.FromSeconds(3) });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("deaf"));
        await gate.Reached;
        await gateway.RevokeAsync(WorkerHarness.LeaseOf("deaf"), "cancelled", graceMs);
        for (var probe = 0; probe < 2; probe++)
        {
            // One that has not begun ends at once, and its outcome comes after that of the deaf one, if there is one.
            var waiting = WorkerHarness.OfferOf($"probe-{probe}");
            await gateway.OfferAsync(waiting);
            await gateway.RevokeAsync(waiting.Lease, "cancelled");
            Assert.Equal(waiting.Lease, (await gateway.NextOutcomeAsync()).Lease);
            worker.Clock.Advance(TimeSpan.FromMilliseconds(probe == 0 ? graceMs - 1 : 0));
        }

        worker.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(("deaf", Outcome.Types.Kind.Stopped), ((await gateway.NextOutcomeAsync()) is var outcome ? (outcome.Lease.TaskId, outcome.Kind) : default));
        gate.Open();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Handler_ThatDoesNotReturn_IsLeftBehindAndItsSlotServesTheNext()
    {
        var gate = new Gate();
        var emitted = new TaskCompletionSource<Exception?>();
        var script = new HandlerScript
        {
            Process = async (context, _, _) =>
            {
                if (context.TaskId.Value == "deaf")
                {
                    await gate.PassDeafAsync();
                }

                return new BatchOutcome(HandlerScript.Numbers(1));
            },
            Read = (_, _) => HandlerScript.Inputs(1),
            Cleanup = context =>
            {
                emitted.TrySetResult(null);
                return ValueTask.CompletedTask;
            },
        };
        await using var worker = new WorkerHarness(script, options => options with { Slots = 1, StopGrace = TimeSpan.FromSeconds(3) });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("deaf"), WorkerHarness.OfferOf("next"));
        await gate.Reached;
        await gateway.RevokeAsync(WorkerHarness.LeaseOf("deaf"), "cancelled");

        // Waiting attempts end at once, so this round trip would show an outcome of the deaf one, too.
        var probe = WorkerHarness.OfferOf("probe");
        await gateway.OfferAsync(probe);
        await gateway.RevokeAsync(probe.Lease, "cancelled");
        Assert.Equal(probe.Lease, (await gateway.NextOutcomeAsync()).Lease);
        worker.Clock.Advance(TimeSpan.FromSeconds(3));

        var abandoned = await gateway.NextOutcomeAsync();
        Assert.Equal(("deaf", Outcome.Types.Kind.Stopped), (abandoned.Lease.TaskId, abandoned.Kind));
        Assert.Equal("next", Assert.Single(await gateway.NextReportsAsync(1)).Lease.TaskId);
        gate.Open();
        await emitted.Task.WaitAsync(TestContext.Current.CancellationToken);

        // What it made after all never left: the store has only the batch of the next task.
        Assert.Equal(["_tasks/next/0.e1.arrow"], worker.Store.Files.Keys);
    }
}
