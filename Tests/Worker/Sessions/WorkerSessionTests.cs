using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;

namespace OrleansFlow.Tests.Worker.Sessions;

/// <summary>Goal: a session begins, survives losses, fences itself and ends as its protocol says. Method: scripted gateway, manual clock.</summary>
public class WorkerSessionTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Session_Begins_WithWhatTheWorkerIs()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await worker.Session.Registered.WaitAsync(TestContext.Current.CancellationToken);

        var register = gateway.Register;
        Assert.Equal(("w1", 2, "1.2.3", 7, "here", ""), (register.WorkerId, register.Slots, register.Version, register.ProcessId, register.Host, register.DataAddress));
        Assert.Equal(["work"], register.Roles);
        Assert.Empty(register.Held);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Heartbeats_ComeAtTheGatewaysIntervalWithTheNewestProgress()
    {
        var gate = new Gate();
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                context.ReportProgress(0.25);
                context.ReportProgress(7);
                await gate.PassAsync(token);
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;

        worker.Clock.Advance(TimeSpan.FromSeconds(5));
        var first = await gateway.NextHeartbeatAsync();
        worker.Clock.Advance(TimeSpan.FromSeconds(5));
        var second = await gateway.NextHeartbeatAsync();

        Assert.Equal((1L, 2L), (first.Sequence, second.Sequence));
        var progress = Assert.Single(first.Progress);
        Assert.Equal((WorkerHarness.LeaseOf(), 1.0), (progress.Lease, progress.Fraction));
        Assert.Empty(second.Progress);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Silence_ForTheLeaseDuration_StopsEveryAttemptAndBeginsAnew()
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
        worker.Clock.Advance(TimeSpan.FromSeconds(5));
        var heartbeat = await gateway.NextHeartbeatAsync();
        await gateway.SendAsync(new SiloMessage { HeartbeatReceipt = new HeartbeatReceipt { Sequence = heartbeat.Sequence } });
        await gateway.RoundTripAsync();

        worker.Clock.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromMilliseconds(1));
        await gateway.RoundTripAsync();
        Assert.Null(reason);
        worker.Clock.Advance(TimeSpan.FromMilliseconds(1));

        await using var next = await ScriptedSession.AcceptAsync(worker.Transport);
        await next.NextOutcomeAsync();
        Assert.Equal("lease_lost", reason);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Drain_ByTheGateway_FinishesWhatRunsHandsBackTheRestAndLeaves()
    {
        var gate = new Gate();
        var script = new HandlerScript { Load = async (_, token) => await gate.PassAsync(token) };
        await using var worker = new WorkerHarness(script, options => options with { Slots = 1 });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("running"), WorkerHarness.OfferOf("waiting"));
        await gate.Reached;

        await gateway.SendAsync(new SiloMessage { Drain = new Drain { Reason = "maintenance" } });

        List<WorkerMessage> answers = [(await gateway.NextAsync())!, (await gateway.NextAsync())!];
        Assert.Single(answers, answer => answer.KindCase == WorkerMessage.KindOneofCase.Draining);
        var handedBack = Assert.Single(answers.Single(answer => answer.KindCase == WorkerMessage.KindOneofCase.Outcomes).Outcomes.Outcomes_);
        Assert.Equal(("waiting", Outcome.Types.Kind.Stopped, "drain"), (handedBack.Lease.TaskId, handedBack.Kind, handedBack.Reason));
        await gateway.AcceptOutcomeAsync(handedBack.Lease);
        await gateway.OfferAsync(WorkerHarness.OfferOf("late"));
        var late = await gateway.NextOutcomeAsync();
        Assert.Equal(("late", Outcome.Types.Kind.Stopped), (late.Lease.TaskId, late.Kind));
        await gateway.AcceptOutcomeAsync(late.Lease);

        gate.Open();
        var done = await gateway.NextOutcomeAsync();
        Assert.Equal(("running", Outcome.Types.Kind.Completed), (done.Lease.TaskId, done.Kind));
        await gateway.AcceptOutcomeAsync(done.Lease);
        Assert.Null(await gateway.NextAsync());
        gateway.End();
        await worker.Running.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Stop_WaitsForTheGraceThenStopsWhatStillRunsAndSaysGoodbye()
    {
        var gate = new Gate();
        var script = new HandlerScript { Load = async (_, token) => await gate.PassAsync(token) };
        await using var worker = new WorkerHarness(script, options => options with { ShutdownGrace = TimeSpan.FromSeconds(2) });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;
        var armed = worker.Clock.ArmedTimerCount;
        await worker.StopAsync();
        Assert.Equal(WorkerMessage.KindOneofCase.Draining, (await gateway.NextAsync())?.KindCase);
        await TimerArmedAsync(worker.Clock, armed);

        worker.Clock.Advance(TimeSpan.FromSeconds(2));

        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((Outcome.Types.Kind.Stopped, "shutdown"), (outcome.Kind, outcome.Reason));
        await gateway.AcceptOutcomeAsync(outcome.Lease);
        Assert.Null(await gateway.NextAsync());
        gateway.End();
        await worker.Running.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Stop_WithoutAnAnswerFromTheGateway_EndsAtOnce()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptUnansweredAsync(worker.Transport);

        await worker.StopAsync();

        await worker.Running.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Stop_BetweenTwoTries_EndsAtOnce()
    {
        var delay = TimeSpan.FromHours(1);
        await using var worker = new WorkerHarness(configure: options => options with { ReconnectDelayMin = delay, ReconnectDelayMax = delay });
        await using var gateway = await ScriptedSession.AcceptUnansweredAsync(worker.Transport);
        gateway.Lose();

        await worker.StopAsync();

        await worker.Running.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Offers_RepeatedOrNewer_RunOnceAndReplaceTheOlderEpoch()
    {
        var gate = new Gate();
        var script = new HandlerScript { Load = async (context, token) => await (context.Epoch == 1 ? gate.PassAsync(token) : Task.CompletedTask) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        await gate.Reached;

        await gateway.OfferAsync(WorkerHarness.OfferOf(epoch: 2));

        List<Outcome> outcomes = [];
        while (outcomes.Count < 2)
        {
            outcomes.AddRange((await gateway.NextAsync())!.Outcomes.Outcomes_);
        }

        Assert.Equal(Outcome.Types.Kind.Stopped, outcomes.Single(outcome => outcome.Lease.Epoch == 1).Kind);
        Assert.Equal(Outcome.Types.Kind.Completed, outcomes.Single(outcome => outcome.Lease.Epoch == 2).Kind);
        Assert.Equal(2, script.Calls.Count(call => call == "load"));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Effects_ThatGatherWhileTheStreamIsBusy_LeaveGrouped()
    {
        const int Tasks = 2_000;
        await using var worker = new WorkerHarness(configure: options => options with { Slots = 8 });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        // Nobody reads meanwhile, so the bounded channel fills and outcomes have to gather.
        for (var i = 0; i < Tasks; i += 100)
        {
            await gateway.OfferAsync([.. Enumerable.Range(i, 100).Select(number => WorkerHarness.OfferOf($"t{number}"))]);
        }

        HashSet<string> ended = [];
        while (ended.Count < Tasks)
        {
            var outcomes = (await gateway.NextAsync())!.Outcomes.Outcomes_;
            Assert.InRange(outcomes.Count, 1, 512);
            Assert.All(outcomes, outcome => Assert.True(ended.Add(outcome.Lease.TaskId)));
        }
    }

    /// <summary>Ends once another timer is armed than were before: the session then waits for the clock.</summary>
    private static async Task TimerArmedAsync(ManualTimeProvider clock, int before)
    {
        while (clock.ArmedTimerCount <= before)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
