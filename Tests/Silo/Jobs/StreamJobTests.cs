using OrleansFlow.Client.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: jobs run at workers, survive their loss and that of the silo, and are steered. Method: a whole silo, and workers that do as they are told.</summary>
public sealed class StreamJobTests
{
    private const int WatchdogMs = 120_000;
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Job_RunsAtTwoWorkers_AndStopsWithACheckpoint()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var first = await silo.WorkerAsync("w1");
        await using var second = await silo.WorkerAsync("w2");
        await silo.SubmitAsync("rides");
        var running = await silo.UntilAsync("rides", StreamJobState.Running);

        Assert.Equal([new("w1", 1), new("w2", 1)], running.Workers);
        var start = (await first.NextAsync(JobOrder.CallOneofCase.Start)).Start;
        Assert.Equal(("rides", 1L, "w1"), (start.Context.JobId, start.Context.Generation, start.Context.WorkerId));
        Assert.Equal(["grpc+tcp://w1:1 exchange+tcp://w1:2", "grpc+tcp://w2:1 exchange+tcp://w2:2"], start.Tasks.Select(task => task.WorkerDataAddress).Distinct());
        Assert.EndsWith("/artifacts/checkpoints", start.CheckpointUrl, StringComparison.Ordinal);
        Assert.Equal(start.CheckpointUrl, running.CheckpointUrl);

        await silo.Client.Jobs.StopAsync("rides", cancellationToken: Token);
        var stopped = await silo.UntilAsync("rides", StreamJobState.Stopped);
        Assert.Equal((1L, StreamJobStop.Checkpoint), (stopped.Checkpoint, stopped.StopMode));
        Assert.Equal(1, (await second.NextAsync(JobOrder.CallOneofCase.Finished)).Finished.Context.Generation);
        Assert.Equal(1, Assert.Single(await silo.Client.Jobs.ListCheckpointsAsync("rides", Token)).Epoch);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task StoppedJob_StartsAgainFromItsCheckpoint_AsANewGeneration()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        worker.HasSinksThatCommit = true;
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);
        await silo.Client.Jobs.TakeCheckpointAsync("rides", Token);
        await silo.UntilAsync("rides", job => job is { Checkpoint: 1, CheckpointUnderWay: null });
        var commit = (await worker.NextAsync(JobOrder.CallOneofCase.Commit)).Commit;
        Assert.Equal(["rows of 1", "rows of 1"], commit.Commits.Select(one => one.Data.ToStringUtf8()));

        await silo.Client.Jobs.StopAsync("rides", StreamJobStop.Immediate, Token);
        await silo.UntilAsync("rides", StreamJobState.Stopped);
        await silo.Client.Jobs.StartAsync("rides", cancellationToken: Token);
        await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 2 });
        var start = (await worker.NextAsync(JobOrder.CallOneofCase.Start)).Start;
        Assert.Equal((1L, "generations/0000001/checkpoints/checkpoint-0000001/manifest.pb"), (start.RestoreEpoch, start.RestoreManifest));
        Assert.True(start.StartEpoch > 1);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task CheckpointThatAWorkerCannotStore_IsGivenUpEverywhereAtOnce_AndTheNextOneIsTaken()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var first = await silo.WorkerAsync("w1");
        await using var second = await silo.WorkerAsync("w2");
        first.CannotStore = checkpoint => checkpoint.Epoch == 1;
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);

        await silo.Client.Jobs.TakeCheckpointAsync("rides", Token);

        Assert.Equal(1, (await first.NextAsync(JobOrder.CallOneofCase.GiveUpCheckpoint)).GiveUpCheckpoint.Epoch);
        Assert.Equal(1, (await second.NextAsync(JobOrder.CallOneofCase.GiveUpCheckpoint)).GiveUpCheckpoint.Epoch);
        var after = await silo.UntilAsync("rides", job => job.Checkpoint is not null);
        Assert.Equal((2L, StreamJobState.Running, 1L), (after.Checkpoint, after.State, after.Generation));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task TwoJobs_ThatNeedTheSameSlots_RunOneAfterTheOther()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var first = await silo.WorkerAsync("w1");
        await using var second = await silo.WorkerAsync("w2");
        await Task.WhenAll(silo.SubmitAsync("a"), silo.SubmitAsync("b"));
        var winner = await Task.WhenAny(silo.UntilAsync("a", StreamJobState.Running), silo.UntilAsync("b", StreamJobState.Running));
        var (wins, waits) = (await winner).JobId == "a" ? ("a", "b") : ("b", "a");

        Assert.Equal((StreamJobState.Scheduling, "Slots"), await silo.UntilAsync(waits, StreamJobState.Scheduling) is var job ? (job.State, job.Phase) : default);
        await silo.Client.Jobs.StopAsync(wins, StreamJobStop.Immediate, Token);
        await silo.UntilAsync(waits, StreamJobState.Running);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task DedicatedWorker_TakesOnlyItsJob()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var dedicated = await silo.WorkerAsync("w1", slots: 2, onlyJob: "b");
        await silo.SubmitAsync("a");
        await silo.SubmitAsync("b");
        Assert.Equal([new("w1", 2)], (await silo.UntilAsync("b", StreamJobState.Running)).Workers);

        await using var shared = await silo.WorkerAsync("w2", slots: 2);
        Assert.Equal([new("w2", 2)], (await silo.UntilAsync("a", StreamJobState.Running)).Workers);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task WorkerWithinTheGrace_KeepsItsJobs_AndHearsWhatWasOrderedMeanwhile()
    {
        await using var silo = await JobSilo.StartAsync();
        var worker = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);
        await worker.DisposeAsync();
        await silo.Client.Jobs.TakeCheckpointAsync("rides", Token);

        await using var back = await silo.WorkerAsync("w1", slots: 2, runs: worker.Run("rides"));
        back.TakeUp(worker);
        var job = await silo.UntilAsync("rides", job => job.Checkpoint == 1);
        Assert.Equal((StreamJobState.Running, 1L, 0), (job.State, job.Generation, job.RestartCount));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task WorkerBeyondTheGrace_LosesItsJobs_AndTheyMoveFromTheirCheckpoint()
    {
        await using var silo = await JobSilo.StartAsync(grace: TimeSpan.FromMilliseconds(1));
        var lost = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);
        await silo.Client.Jobs.TakeCheckpointAsync("rides", Token);
        await silo.UntilAsync("rides", job => job.Checkpoint == 1);
        await lost.DisposeAsync();

        await using var other = await silo.WorkerAsync("w2", slots: 2);
        var moved = await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: > 1 });
        Assert.Equal([new("w2", 2)], moved.Workers);
        Assert.Equal(1, (await other.NextAsync(JobOrder.CallOneofCase.Start)).Start.RestoreEpoch);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task WorkerThatComesBackWithoutItsJob_HasLostIt()
    {
        await using var silo = await JobSilo.StartAsync();
        var before = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);
        await before.DisposeAsync();

        await using var again = await silo.WorkerAsync("w1", slots: 2);
        var job = await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: > 1 });
        Assert.Equal([new("w1", 2)], job.Workers);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task DrainingWorker_TakesALastCheckpoint_AndItsJobsMove()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var leaving = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);
        await using var other = await silo.WorkerAsync("w2", slots: 2);
        await leaving.DrainAsync();

        Assert.True((await leaving.NextAsync(JobOrder.CallOneofCase.Checkpoint)).Checkpoint.ThenStop);
        var moved = await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 2 });
        Assert.Equal([new("w2", 2)], moved.Workers);
        Assert.Equal(1, (await other.NextAsync(JobOrder.CallOneofCase.Start)).Start.RestoreEpoch);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task RunThatNobodyWants_ComesBackAsStale_AndAtRegistrationIsLetGo()
    {
        await using var silo = await JobSilo.StartAsync();
        var old = new JobContext { WorkerId = "w1", JobId = "gone", Generation = 3 };
        await using var worker = await silo.WorkerAsync("w1", runs: old);
        Assert.Equal(old, (await worker.NextAsync(JobOrder.CallOneofCase.Finished)).Finished.Context);

        var receipt = await worker.ReportAsync(new WorkerEvent { Context = old, Heartbeat = new WorkerHeartbeat() });
        Assert.Equal(old, Assert.Single(receipt.Stale));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Heartbeats_OfTheRunThatRuns_AreNotStale()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);

        Assert.Empty((await worker.ReportAsync(new WorkerEvent { Context = worker.Run("rides"), Heartbeat = new WorkerHeartbeat() })).Stale);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task WorkerThatRefusesTheStart_IsLostToTheJob_WhichSaysWhy()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        worker.Refuses = order => order.CallCase == JobOrder.CallOneofCase.Start && order.Start.Context.Generation == 1 ? "limit_exceeded" : "";
        await silo.SubmitAsync("rides");

        var recovering = await silo.UntilAsync("rides", job => job.Failure.Length > 0);
        Assert.Contains("as the test wants", recovering.Failure, StringComparison.Ordinal);
        await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 2 });
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task StopOfARunThatHasEnded_IsNoFailure()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        worker.Refuses = order => order.CallCase is JobOrder.CallOneofCase.Stop or JobOrder.CallOneofCase.Finished ? "already_ended" : "";
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);
        await silo.Client.Jobs.StopAsync("rides", StreamJobStop.Force, Token);

        Assert.Empty((await silo.UntilAsync("rides", StreamJobState.Stopped)).Failure);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Job_GoesOnAfterTheSiloWasRestarted()
    {
        await using var silo = await JobSilo.StartAsync();
        var before = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);
        await silo.Client.Jobs.TakeCheckpointAsync("rides", Token);
        await silo.UntilAsync("rides", job => job is { Checkpoint: 1, CheckpointUnderWay: null });
        await before.DisposeAsync();
        await silo.RestartAsync();

        await using var after = await silo.WorkerAsync("w1", slots: 2, runs: before.Run("rides"));
        after.TakeUp(before);
        Assert.Equal(StreamJobState.Running, (await silo.Client.Jobs.GetAsync("rides", Token)).State);
        await silo.Client.Jobs.TakeCheckpointAsync("rides", Token);
        var job = await silo.UntilAsync("rides", job => job.Checkpoint > 1);
        Assert.Equal((1L, StreamJobState.Running), (job.Generation, job.State));

        // Its slots are its own again.
        await silo.SubmitAsync("other");
        Assert.Equal("Slots", (await silo.UntilAsync("other", StreamJobState.Scheduling)).Phase);
        Assert.Equal(["other", "rides"], (await silo.Client.Jobs.ListAsync(Token).ToListAsync(Token)).Select(one => one.JobId));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task ReportsOfAnotherWorker_EndTheSession()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1");
        var forged = new WorkerEvent { Context = new JobContext { WorkerId = "w2", JobId = "rides", Generation = 1 }, Heartbeat = new WorkerHeartbeat() };

        await worker.SendAsync(new OrleansFlow.Protocol.Worker.V1.WorkerMessage { JobReport = new JobReport { Sequence = 1, Events = { forged } } });
        var failure = await Assert.ThrowsAsync<Rpc.RpcException>(() => worker.Session);
        Assert.Contains("as worker 'w2'", failure.Message, StringComparison.Ordinal);
    }
}
