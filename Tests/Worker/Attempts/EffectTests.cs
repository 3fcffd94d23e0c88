using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Attempts;

/// <summary>Goal: every output and outcome reaches the owner once for each number, survives a lost stream, and none leaves after the lease.</summary>
public class EffectTests
{
    private static readonly string[] FirstThree = ["_tasks/t1/0.e1.arrow", "_tasks/t1/1.e1.arrow", "_tasks/t1/2.e1.arrow"];

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outputs_AreNumberedWrittenThenReported_AndTheOutcomeFollowsTheirReceipts()
    {
        await using var worker = new WorkerHarness(Emitting(2, finals: 1));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var reports = await gateway.NextReportsAsync(3);

        Assert.Equal([0, 1, 2], reports.Select(report => report.Index));
        Assert.Equal(FirstThree, reports.Select(report => report.Path));
        Assert.All(reports, report => Assert.Equal((1L, 100L), (report.Rows, report.Bytes)));
        Assert.Equal([1.0, 1.0], reports.Take(2).Select(report => report.Metrics["seen"]));
        Assert.Equal(FirstThree, worker.Store.Files.Keys.Order(StringComparer.Ordinal));
        await gateway.AcceptBatchAsync(reports[0].Lease, 0);
        await gateway.AcceptBatchAsync(reports[0].Lease, 1);
        await gateway.RoundTripAsync();
        await gateway.AcceptBatchAsync(reports[0].Lease, 2);

        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((Outcome.Types.Kind.Completed, 3), (outcome.Kind, outcome.BatchCount));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outputs_AcceptedInAnEarlierAttempt_AreDroppedWithTheirMetrics()
    {
        await using var worker = new WorkerHarness(Emitting(4));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf(epoch: 2, accepted: 3));
        var report = Assert.Single(await gateway.NextReportsAsync(1));
        await gateway.AcceptBatchAsync(report.Lease, 3);

        Assert.Equal((3, "_tasks/t1/3.e2.arrow", 1.0), (report.Index, report.Path, report.Metrics["seen"]));
        Assert.Equal(4, (await gateway.NextOutcomeAsync()).BatchCount);
        Assert.Equal([("t1", 2L, 3)], worker.Store.Sweeps);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outputs_OfAFirstAttempt_NeedNoSweep()
    {
        await using var worker = new WorkerHarness(Emitting(0));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf(epoch: 1));
        await gateway.NextOutcomeAsync();

        Assert.Empty(worker.Store.Sweeps);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outputs_OfAHandlerThatResumes_AreNumberedOnFromTheAccepted()
    {
        var script = Emitting(2);
        script.Resumes = true;
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf(epoch: 2, accepted: 3));
        var reports = await gateway.NextReportsAsync(2);

        Assert.Equal([3, 4], reports.Select(report => report.Index));
        await gateway.AcceptBatchAsync(reports[0].Lease, 3);
        await gateway.AcceptBatchAsync(reports[0].Lease, 4);
        Assert.Equal(5, (await gateway.NextOutcomeAsync()).BatchCount);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Reports_BeyondTheWindow_WaitForReceipts()
    {
        await using var worker = new WorkerHarness(Emitting(5), options => options with { ReportWindow = 2 });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());

        var lease = (await gateway.NextReportsAsync(2))[0].Lease;
        await gateway.RoundTripAsync();
        Assert.Equal(2, worker.Store.Files.Count);
        await gateway.AcceptBatchAsync(lease, 0);

        Assert.Equal(2, Assert.Single(await gateway.NextReportsAsync(1)).Index);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Effects_WithoutAReceipt_AreSentAgainOnTheNextStream()
    {
        await using var worker = new WorkerHarness(Emitting(3));
        await using var first = await ScriptedSession.AcceptAsync(worker.Transport);
        Assert.Empty(first.Register.Held);
        await first.OfferAsync(WorkerHarness.OfferOf());
        var lease = (await first.NextReportsAsync(3))[0].Lease;
        await first.AcceptBatchAsync(lease, 0);
        await first.RoundTripAsync();
        first.Lose();

        await using var second = await ScriptedSession.AcceptAsync(worker.Transport);
        Assert.Equal([lease], second.Register.Held.Where(held => held.TaskId == "t1"));
        Assert.Equal([1, 2], (await second.NextReportsAsync(2)).Select(report => report.Index));
        await second.AcceptBatchAsync(lease, 1);
        await second.AcceptBatchAsync(lease, 2);
        Assert.Equal(Outcome.Types.Kind.Completed, (await second.NextOutcomeAsync()).Kind);
        second.Lose();

        await using var third = await ScriptedSession.AcceptAsync(worker.Transport);
        Assert.Equal([lease], third.Register.Held);
        Assert.Equal((Outcome.Types.Kind.Completed, 3), (await third.NextOutcomeAsync()) is var outcome ? (outcome.Kind, outcome.BatchCount) : default);
        await third.AcceptOutcomeAsync(lease);
        third.Lose();

        await using var fourth = await ScriptedSession.AcceptAsync(worker.Transport);
        Assert.Empty(fourth.Register.Held);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Leases_LostWithTheStream_StopTheirAttemptsWithoutAWord()
    {
        var gate = new Gate();
        var script = new HandlerScript { Load = async (_, token) => await gate.PassAsync(token) };
        await using var worker = new WorkerHarness(script);
        await using var first = await ScriptedSession.AcceptAsync(worker.Transport);
        await first.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;
        first.Lose();

        await using var second = await ScriptedSession.AcceptAsync(worker.Transport, WorkerHarness.LeaseOf());
        Assert.Equal([WorkerHarness.LeaseOf()], second.Register.Held);

        // The next epoch of the same task is served; of the lost one nothing is heard before it.
        script.Load = null;
        await second.OfferAsync(WorkerHarness.OfferOf(epoch: 2));
        Assert.Equal(WorkerHarness.LeaseOf(epoch: 2), (await second.NextOutcomeAsync()).Lease);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Batch_RefusedBecauseTheLeaseIsGone_StopsTheAttempt()
    {
        await using var worker = new WorkerHarness(Emitting(100));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var lease = (await gateway.NextReportsAsync(8))[0].Lease;

        await gateway.AcceptBatchAsync(lease, 0, refused: "lease_lost");

        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((Outcome.Types.Kind.Stopped, "lease_lost"), (outcome.Kind, outcome.Reason));
        Assert.Equal(8, worker.Store.Files.Count);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Batch_RefusedForAnotherReason_FailsTheAttempt()
    {
        await using var worker = new WorkerHarness(Emitting(1));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var lease = (await gateway.NextReportsAsync(1))[0].Lease;

        await gateway.AcceptBatchAsync(lease, 0, refused: "schema_mismatch");

        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((Outcome.Types.Kind.Failed, "schema_mismatch"), (outcome.Kind, outcome.Reason));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Effects_ThatTheStoreCouldNotTake_AreSentAgainWithTheNextHeartbeat()
    {
        await using var worker = new WorkerHarness(Emitting(1));
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var lease = (await gateway.NextReportsAsync(1))[0].Lease;
        await gateway.AcceptBatchAsync(lease, 0, refused: "store_unavailable");
        await gateway.RoundTripAsync();
        worker.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, Assert.Single(await gateway.NextReportsAsync(1)).Index);
        await gateway.AcceptBatchAsync(lease, 0);
        await gateway.NextOutcomeAsync();
        await gateway.AcceptOutcomeAsync(lease, refused: "store_full");
        await gateway.RoundTripAsync();

        worker.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal((lease, Outcome.Types.Kind.Completed), (await gateway.NextOutcomeAsync()) is var outcome ? (outcome.Lease, outcome.Kind) : default);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Completion_RefusedWhileTheLeaseStands_BecomesAFailure()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var lease = (await gateway.NextOutcomeAsync()).Lease;

        await gateway.AcceptOutcomeAsync(lease, refused: "bad_input");

        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((lease, Outcome.Types.Kind.Failed, "bad_input"), (outcome.Lease, outcome.Kind, outcome.Reason));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outputs_AfterARevocation_NeverLeave()
    {
        var gate = new Gate();
        var script = Emitting(2);
        script.Process = async (_, input, _) =>
        {
            if (input.Uid == "1")
            {
                await gate.PassDeafAsync();
            }

            return new BatchOutcome(HandlerScript.Numbers(1));
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gateway.NextReportsAsync(1);
        await gate.Reached;
        await gateway.RevokeAsync(WorkerHarness.LeaseOf(), "lease_lost");
        await gateway.RoundTripAsync();

        gate.Open();

        Assert.Equal(Outcome.Types.Kind.Stopped, (await gateway.NextOutcomeAsync()).Kind);
        Assert.Single(worker.Store.Files);
    }

    private static HandlerScript Emitting(int count, int finals = 0) => new()
    {
        Read = (_, _) => HandlerScript.Inputs(count),
        Process = (_, input, _) => ValueTask.FromResult(
            new BatchOutcome(HandlerScript.Numbers((long)input.Payload!), new Dictionary<string, double> { ["seen"] = 1 })),
        Finish = (_, _) => ValueTask.FromResult(new FinalizeOutcome([.. Enumerable.Range(0, finals).Select(i => HandlerScript.Numbers(i))])),
    };
}
