using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: orders, receipts and reports of jobs in a worker's session. Method: scripted gateway, manual clock.</summary>
public class SessionJobsTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Registration_SaysWhatTheWorkerIsForJobs()
    {
        await using var jobs = new JobHarness(setup => setup with { Slots = 3, JobId = "mine", RunId = "7" });
        jobs.Host.RpcAddress = "http://127.0.0.1:5000";
        await using var worker = Worker(jobs);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        var said = gateway.Register;

        Assert.Equal((3, "http://127.0.0.1:5000", "mine", "7"), (said.JobSlots, said.RpcAddress, said.JobId, said.RunId));
        Assert.Empty(said.Jobs);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Orders_AreAnsweredByReceipts_AndEventsComeInReportsInTheirOrder()
    {
        await using var jobs = new JobHarness();
        await using var worker = Worker(jobs);
        await using var gateway = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport));

        await gateway.OrderAsync(new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole), url: jobs.CheckpointUrl) });
        Assert.Equal("", (await gateway.ReceiptAsync(1)).ErrorCode);
        var told = await gateway.ReportedAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, 2);
        Assert.Equal(WorkerEvent.EventOneofCase.Initialization, told[0].EventCase);

        await gateway.OrderAsync(new JobOrder { OrderId = 2, Checkpoint = new CheckpointRequest { Context = Context(), Epoch = 1, ThenStop = true } });
        Assert.Equal("", (await gateway.ReceiptAsync(2)).ErrorCode);
        told = await gateway.ReportedAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2);
        foreach (var node in new[] { 1u, 2u })
        {
            var (started, stored, finished) = (
                told.FindIndex(said => said.TaskStarted?.NodeId == node),
                told.FindIndex(said => said.CheckpointCompleted?.Subtask.NodeId == node),
                told.FindIndex(said => said.TaskFinished?.NodeId == node));
            Assert.True(started >= 0 && started < stored && stored < finished, $"{started} {stored} {finished}");
        }

        await gateway.OrderAsync(new JobOrder { OrderId = 3, Finished = new JobFinishedRequest { Context = Context() } });
        Assert.Equal("", (await gateway.ReceiptAsync(3)).ErrorCode);
        Assert.Empty(jobs.Host.Held);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RefusedOrder_IsAnsweredByItsCode()
    {
        await using var jobs = new JobHarness();
        await using var worker = Worker(jobs);
        await using var gateway = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport));

        await gateway.OrderAsync(
            new JobOrder { OrderId = 1, Checkpoint = new CheckpointRequest { Context = Context(), Epoch = 1 } },
            new JobOrder { OrderId = 2, Start = Start(Numbers(Blackhole, parallelism: 5)) },
            new JobOrder { OrderId = 3 });

        Assert.Equal(("already_ended", "Worker 'w1' does not run generation 1 of job 'j1'."), Told(await gateway.ReceiptAsync(1)));
        Assert.Equal("limit_exceeded", (await gateway.ReceiptAsync(2)).ErrorCode);
        Assert.Equal("unsupported", (await gateway.ReceiptAsync(3)).ErrorCode);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task OrdersOfOneJob_RunOneAfterAnother_AndThoseOfAnotherJobDoNotWait()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var jobs = new JobHarness(setup => setup with
        {
            OpenOperatorsAsync = async (program, token) =>
            {
                await (program.Nodes.Count == 2 ? open.Task : Task.CompletedTask).WaitAsync(token);
                return await setup.OpenOperatorsAsync(program, token);
            },
        });
        await using var worker = Worker(jobs);
        await using var gateway = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport));
        var other = Numbers(Blackhole);
        other.Nodes.Add(Node(3, 1, Op("more", "impulse", OrleansFlow.Streaming.Connectors.ImpulseSource.Schema, new Protocol.Streaming.Operators.V1.ImpulseConfig { EventRate = 1 })));

        await gateway.OrderAsync(
            new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole)) },
            new JobOrder { OrderId = 2, Stop = new StopExecutionRequest { Context = Context(), Mode = StopMode.Immediate } },
            new JobOrder { OrderId = 3, Finished = new JobFinishedRequest { Context = Context() } },
            new JobOrder { OrderId = 4, Start = Start(other, job: "j2") },
            new JobOrder { OrderId = 5, Stop = new StopExecutionRequest { Context = Context(job: "j2"), Mode = StopMode.Immediate } });

        await gateway.ReceiptAsync(5);
        Assert.DoesNotContain(2, gateway.Answered);
        open.SetResult();
        await gateway.ReceiptAsync(3);
        Assert.Equal([1L, 2, 3], gateway.Answered.Where(id => id <= 3));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Report_WithoutAReceipt_IsSentAgainAsItIs_OnTheNextStream()
    {
        await using var jobs = new JobHarness();
        await using var worker = Worker(jobs);
        JobReport first;
        await using (var lost = await ScriptedSession.AcceptAsync(worker.Transport))
        {
            await lost.SendAsync(new SiloMessage { JobOrders = new JobOrders { Orders = { new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole)) } } } });
            var message = await lost.NextAsync();
            message = message!.KindCase == WorkerMessage.KindOneofCase.JobReceipts ? await lost.NextAsync() : message;
            first = message!.JobReport;
            lost.Lose();
        }

        await using var session = await ScriptedSession.AcceptAsync(worker.Transport);
        var again = (await session.NextAsync())!.JobReport;

        Assert.Equal(Context(), Assert.Single(session.Register.Jobs));
        Assert.Equal(first, again);
        await using var gateway = new JobGateway(session);
        gateway.Hear(again);
        await gateway.TakeAsync(again);
        await gateway.ReportedAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, 2);
        Assert.Equal(gateway.Sequences.Distinct().Order(), gateway.Sequences.Distinct());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task OneReport_IsUnderWayAtATime()
    {
        await using var jobs = new JobHarness();
        await using var worker = Worker(jobs);
        await using var session = await ScriptedSession.AcceptAsync(worker.Transport);
        await session.SendAsync(new SiloMessage { JobOrders = new JobOrders { Orders = { new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole)) } } } });
        JobReport? report = null;
        while (report is null)
        {
            report = (await session.NextAsync())!.JobReport;
        }

        await WorkerHarness.WhenAsync(() => jobs.Phase() == WorkerPhase.Running);
        worker.Clock.Advance(TimeSpan.Zero);
        jobs.Clock.Advance(TimeSpan.FromSeconds(20));

        // Nothing but the answer to what the test asks comes before the receipt.
        await session.RoundTripAsync();
        await session.SendAsync(new SiloMessage { JobReportReceipt = new JobReportReceipt { Sequence = report.Sequence } });
        Assert.Equal(report.Sequence + 1, (await session.NextAsync())!.JobReport.Sequence);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task StaleRun_IsLetGo()
    {
        await using var jobs = new JobHarness();
        await using var worker = Worker(jobs);
        await using var gateway = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport)) { Stale = { Context() } };

        await gateway.OrderAsync(
            new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole)) }, new JobOrder { OrderId = 2, Start = Start(Numbers(Blackhole), job: "j2") });
        await gateway.ReportedAsync(said => said.Context.JobId == "j2" && said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, 2);

        await WorkerHarness.WhenAsync(() => jobs.Host.Held.Count == 1);
        Assert.Equal("j2", Assert.Single(jobs.Host.Held).JobId);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Receipt_OfALostStream_IsNotSentOnTheNextOne()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var jobs = new JobHarness(setup => setup with
        {
            OpenOperatorsAsync = async (program, token) =>
            {
                await open.Task.WaitAsync(token);
                return await setup.OpenOperatorsAsync(program, token);
            },
        });
        await using var worker = Worker(jobs);
        await using (var lost = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport)))
        {
            await lost.OrderAsync(
                new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole)) },
                new JobOrder { OrderId = 2, Stop = new StopExecutionRequest { Context = Context(), Mode = StopMode.Immediate } },
                new JobOrder { OrderId = 3, Finished = new JobFinishedRequest { Context = Context() } });
            await lost.ReceiptAsync(1);
            lost.Session.Lose();
        }

        await using var gateway = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport));
        await gateway.OrderAsync(new JobOrder { OrderId = 8, Stop = new StopExecutionRequest { Context = Context(job: "j2"), Mode = StopMode.Immediate } });
        await gateway.ReceiptAsync(8);
        open.SetResult();

        // What was under way is not answered here; what had not begun was dropped, above all the last one.
        await gateway.OrderAsync(new JobOrder { OrderId = 9, Stop = new StopExecutionRequest { Context = Context(), Mode = StopMode.Immediate } });
        await gateway.ReceiptAsync(9);
        await gateway.ReportedAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2);
        Assert.Equal([8L, 9], gateway.Answered);
        Assert.Single(jobs.Host.Held);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Stop_AnnouncesTheDrain_AndWaitsUntilTheJobsHaveMoved()
    {
        await using var jobs = new JobHarness();
        await using var worker = Worker(jobs);
        await using var gateway = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport));
        await gateway.OrderAsync(new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole), url: jobs.CheckpointUrl) });
        await gateway.ReportedAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, 2);

        var stopping = worker.StopAsync();
        await gateway.DrainingAsync();

        await gateway.OrderAsync(
            new JobOrder { OrderId = 2, Checkpoint = new CheckpointRequest { Context = Context(), Epoch = 1, ThenStop = true } },
            new JobOrder { OrderId = 3, Start = Start(Numbers(Blackhole), job: "j2") });
        await gateway.ReportedAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 2);
        Assert.Equal("worker_lost", (await gateway.ReceiptAsync(3)).ErrorCode);
        Assert.False(worker.Running.IsCompleted);
        await gateway.OrderAsync(new JobOrder { OrderId = 4, Finished = new JobFinishedRequest { Context = Context() } });
        await gateway.ToTheEndAsync();
        await stopping;
        await worker.Running.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Stop_GivesJobsTheirGrace_AndNothingOutlivesTheSession()
    {
        await using var jobs = new JobHarness();
        await using var worker = Worker(jobs);
        await using var gateway = new JobGateway(await ScriptedSession.AcceptAsync(worker.Transport));
        await gateway.OrderAsync(new JobOrder { OrderId = 1, Start = Start(Numbers(Blackhole)) });
        await gateway.ReportedAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, 2);
        var armed = worker.Clock.ArmedTimerCount;
        await worker.StopAsync();
        await gateway.DrainingAsync();
        await WorkerHarness.WhenAsync(() => worker.Clock.ArmedTimerCount > armed);

        worker.Clock.Advance(TimeSpan.FromSeconds(30));

        await gateway.ToTheEndAsync();
        await worker.Running.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(jobs.Host.Held);
    }

    private static WorkerHarness Worker(JobHarness jobs) => new(configure: options => options with { Jobs = jobs.Host });

    private static (string, string) Told(JobReceipt receipt) => (receipt.ErrorCode, receipt.Message);
}
