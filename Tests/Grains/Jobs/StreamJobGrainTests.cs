using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Jobs;

/// <summary>Goal: the grain carries out what was decided, after it is stored, and goes on after its silo was lost.</summary>
public sealed class StreamJobGrainTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    [Fact(Timeout = 60_000)]
    public async Task SubmittedJob_Starts_TakesACheckpoint_Commits_AndStopsWithAnotherOne()
    {
        await using var world = await JobWorld.StartAsync();
        await world.SubmitAsync();
        await world.SayStartedAsync(1);
        Assert.Equal(("Running", 1L, 2), ((await world.ViewAsync()).Status, (await world.ViewAsync()).Generation, (await world.ViewAsync()).Workers.Count));
        Assert.Equal(["job"], await world.Cluster.RemindersAsync(world.Grain));

        var barrier = await world.NextInTimeAsync<CheckpointRequest>(Step);
        Assert.Equal((1L, false), (barrier.Epoch, barrier.ThenStop));
        await world.SayStoredAsync(1, 1);
        var commit = await world.NextAsync<CommitRequest>();
        Assert.Equal("rows of 1", Assert.Single(commit.Commits).Data.ToStringUtf8());
        await world.SayCommittedAsync(1, 1);
        Assert.Equal(1, (await world.NextAsync<JobOrder.MarkCommitted>()).Epoch);
        Assert.Equal(1, (await world.ViewAsync()).Checkpoint);

        await world.Grain.StopAsync(StreamJobStopMode.Checkpoint, FlowCluster.Token);
        var last = await world.NextAsync<CheckpointRequest>();
        Assert.True(last.ThenStop);
        await world.SayStoredAsync(1, last.Epoch);
        await world.NextAsync<CommitRequest>();
        await world.SayCommittedAsync(1, last.Epoch);
        await world.NextAsync<JobOrder.MarkCommitted>();
        for (var index = 0; index < 2; index++)
        {
            await world.SayAsync(1, index, new WorkerEvent { TaskFinished = JobWorld.Subtask(1, "", index) });
            await world.SayAsync(1, index, new WorkerEvent { TaskFinished = JobWorld.Subtask(2, "", index) });
        }

        await world.NextAsync<JobFinishedRequest>();
        await world.NextAsync<JobFinishedRequest>();
        await WhenAsync(world, "Stopped");
        Assert.Empty(await world.Cluster.RemindersAsync(world.Grain));

        await world.Grain.StartAsync(false, FlowCluster.Token);
        var again = await world.NextAsync<StartExecutionRequest>();
        Assert.Equal((last.Epoch, $"manifest-{last.Epoch}", 2L), (again.RestoreEpoch, again.RestoreManifest, again.Context.Generation));
    }

    [Fact(Timeout = 60_000)]
    public async Task SiloThatIsLostInTheCommitPhase_CommitsAgain_AndTheJobRunsOn()
    {
        await using var world = await JobWorld.StartAsync();
        await world.SubmitAsync();
        await world.SayStartedAsync(1);
        await world.NextInTimeAsync<CheckpointRequest>(Step);
        await world.SayStoredAsync(1, 1);
        await world.NextAsync<CommitRequest>();
        await world.NextAsync<CommitRequest>();

        await world.Cluster.CrashAsync();
        Assert.Equal("Running", (await world.ViewAsync()).Status);

        Assert.Equal((1L, 1L), await EpochAsync());
        Assert.Equal((1L, 1L), await EpochAsync());
        await world.SayCommittedAsync(1, 1);
        Assert.Equal(1, (await world.NextAsync<JobOrder.MarkCommitted>()).Epoch);
        Assert.Equal(2, (await world.NextInTimeAsync<CheckpointRequest>(Step)).Epoch);

        async Task<(long Epoch, long Generation)> EpochAsync()
        {
            var commit = await world.NextAsync<CommitRequest>();
            return (commit.Epoch, commit.Context.Generation);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task WorkerThatCannotBeTold_MakesTheJobBeginAgain_AndItsOldMessagesAreRefused()
    {
        await using var world = await JobWorld.StartAsync();
        world.Deaf.Add("w2");
        await world.SubmitAsync();
        await world.NextAsync<StopExecutionRequest>();
        world.Deaf.Clear();

        var second = await world.Cluster.AdvanceUntilAsync(WhenGenerationAsync(2), TimeSpan.FromMilliseconds(250));

        Assert.Equal(2, second.Context.Generation);
        await world.SayAsync(1, 0, new WorkerEvent { TaskStarted = JobWorld.Subtask(1, "", 0) });
        var view = await world.ViewAsync();
        Assert.Equal((1, "worker_lost", true), (view.RestartCount, view.FailureCode, view.StaleCount > 0));

        async Task<StartExecutionRequest> WhenGenerationAsync(long generation)
        {
            while (true)
            {
                if (await world.NextAsync<StartExecutionRequest>() is var start && start.Context.Generation == generation)
                {
                    return start;
                }
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task RescaledJob_StartsWithItsNewNumbers()
    {
        await using var world = await JobWorld.StartAsync();
        await world.SubmitAsync();
        await world.SayStartedAsync(1);
        await world.Grain.RescaleAsync(new Dictionary<uint, int> { [1] = 1, [2] = 1 }, FlowCluster.Token);
        var last = await world.NextAsync<CheckpointRequest>();
        await world.SayStoredAsync(1, last.Epoch);
        await world.SayCommittedAsync(1, last.Epoch);

        var start = await world.Cluster.AdvanceUntilAsync(world.NextAsync<StartExecutionRequest>(), Step);

        Assert.Equal((2L, 1u, 2), (start.Context.Generation, start.Program.Nodes[0].Parallelism, start.Tasks.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task ProgramThatCannotRun_IsRefusedWithAllItsFaults_AndUnknownJobsAreNotFound()
    {
        await using var world = await JobWorld.StartAsync();
        var program = new Program { Nodes = { new ProgramNode { Id = 1 } } };

        var refused = await Assert.ThrowsAsync<FlowException>(() => world.Grain.SubmitAsync(new StreamJobSubmission { Program = program.ToByteArray(), CheckpointUrl = "" }, FlowCluster.Token));

        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains("program_bad_parallelism", refused.Message, StringComparison.Ordinal);
        Assert.Contains("program_empty_chain", refused.Message, StringComparison.Ordinal);
        Assert.Null(await world.Grain.GetAsync(FlowCluster.Token));
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => world.Grain.StopAsync(StreamJobStopMode.Force, FlowCluster.Token))).Code);
        var noMessage = await Assert.ThrowsAsync<FlowException>(() => world.Grain.SubmitAsync(new StreamJobSubmission { Program = [0xff], CheckpointUrl = "" }, FlowCluster.Token));
        Assert.Contains("no message orleansflow.streaming.v1.Program", noMessage.Message, StringComparison.Ordinal);
    }

    private static async Task WhenAsync(JobWorld world, string status)
    {
        while ((await world.ViewAsync()).Status != status)
        {
            await Task.Yield();
        }
    }
}
