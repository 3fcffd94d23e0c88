using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Attempts;

/// <summary>
/// Goal: from whatever side the end comes, a cooperative handler sees it without a tick, knows why and until when, and is cleaned up after exactly
/// once. Method: the clock stands still unless the source is time itself, so what is seen at all is seen within any bound.
/// </summary>
public class CancelTests
{
    public static TheoryData<string, string> Sources => new()
    {
        { "revoked by the run", "cancelled" },
        { "revoked as lost", "lease_lost" },
        { "silence of the gateway", "lease_lost" },
        { "time limit", "deadline_exceeded" },
        { "shutdown", "shutdown" },
    };

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Sources))]
    public async Task Cancel_IsSeenAtTheNextCheckWithoutATick(string source, string reason)
    {
        var (gate, seen) = (new Gate(), new TaskCompletionSource<(string? Reason, TimeSpan? Remaining, DateTimeOffset At)>(TaskCreationOptions.RunContinuationsAsynchronously));
        var script = new HandlerScript
        {
            Read = (_, _) => HandlerScript.Inputs(1),
            Process = async (context, _, token) =>
            {
                try
                {
                    await gate.PassAsync(token);
                }
                finally
                {
                    seen.SetResult((context.StopReason, context.Remaining, context.Clock.GetUtcNow()));
                }

                return BatchOutcome.None;
            },
        };
        await using var worker = new WorkerHarness(script, options => options with { StopGrace = TimeSpan.FromSeconds(3), ShutdownGrace = TimeSpan.Zero });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf(timeoutMs: source == "time limit" ? 30_000 : 0));
        await gate.Reached;
        switch (source)
        {
            case "revoked by the run" or "revoked as lost":
                await gateway.RevokeAsync(WorkerHarness.LeaseOf(), reason);
                break;
            case "silence of the gateway":
                // No receipt for the lease duration, counted from the registration.
                worker.Clock.Advance(TimeSpan.FromSeconds(60));
                break;
            case "time limit":
                worker.Clock.Advance(TimeSpan.FromSeconds(30));
                break;
            default:
                await worker.StopAsync();
                break;
        }

        var cancelledAt = worker.Clock.GetUtcNow();
        Assert.Equal((reason, TimeSpan.FromSeconds(3), cancelledAt), await seen.Task.WaitAsync(TestContext.Current.CancellationToken));
        await WorkerHarness.WhenAsync(() => script.Calls.Contains("dispose"));
        Assert.Equal(["init", "load", "read", "process 0", "cleanup", "dispose"], script.Calls);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("init")]
    [InlineData("load")]
    [InlineData("process")]
    [InlineData("finalize")]
    public async Task Cleanup_OfAStoppedAttempt_IsCalledOnce_WhereverItWas(string where)
    {
        var gate = new Gate();
        ValueTask At(string step, CancellationToken token) => step == where ? new ValueTask(gate.PassAsync(token)) : ValueTask.CompletedTask;
        var script = new HandlerScript
        {
            Init = (_, token) => At("init", token),
            Load = (_, token) => At("load", token),
            Read = (_, _) => HandlerScript.Inputs(1),
            Process = async (_, _, token) =>
            {
                await At("process", token);
                return BatchOutcome.None;
            },
            Finish = async (_, token) =>
            {
                await At("finalize", token);
                return FinalizeOutcome.None;
            },
            Cleanup = _ => throw new InvalidOperationException("a clean-up that fails changes nothing"),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;

        await gateway.RevokeAsync(WorkerHarness.LeaseOf(), "cancelled");

        Assert.Equal(Outcome.Types.Kind.Stopped, (await gateway.NextOutcomeAsync()).Kind);
        Assert.Single(script.Calls, call => call == "cleanup");
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Batch_CarriesWhatItTook()
    {
        var script = new HandlerScript();
        await using var worker = new WorkerHarness(script);
        script.Read = (_, _) => HandlerScript.Inputs(1);
        script.Process = (context, _, _) =>
        {
            worker.Clock.Advance(TimeSpan.FromMilliseconds(250));
            var kept = new byte[30_000_000];
            return ValueTask.FromResult(new BatchOutcome(HandlerScript.Numbers(kept.Length)));
        };
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());

        var metrics = Assert.Single(await gateway.NextReportsAsync(1)).Metrics;

        Assert.Equal(250, metrics["worker.processing_ms"]);

        // The runtime counts without looking into what each thread has left of the memory it was given: some 8 KiB each, on as many threads as the tests have.
        Assert.InRange(metrics["worker.allocated_bytes"], 29_000_000, double.MaxValue);
        Assert.True(metrics["worker.working_set_bytes"] > 1_000_000);
    }
}
