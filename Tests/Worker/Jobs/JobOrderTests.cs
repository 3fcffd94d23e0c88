using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State.Fencing;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Worker.Scripting;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: what a running job is told to do is done. Method: a job into a file, orders in process, manual clock.</summary>
public class JobOrderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CheckpointCommitAndStop_ThenARestore_GiveEveryNumberOnce()
    {
        await using var worker = new JobHarness();
        var path = Path.Combine(worker.Folder, "numbers.json");
        worker.Host.Start(Start(Numbers(File(path), rate: 0, count: 100), url: worker.CheckpointUrl));
        await worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == 0, 2);
        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context() }, Token);

        // What was staged before the first life ended without a commit is not there; the second life begins from nothing.
        await worker.StartAsync(Start(Numbers(File(path), rate: 1), generation: 2, url: worker.CheckpointUrl));
        worker.Clock.Advance(TimeSpan.FromSeconds(9));
        var manifest = await worker.CheckpointAsync(1, parts: 2, thenStop: true, generation: 2);
        await worker.CommitAsync(manifest, generation: 2);
        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished && said.Context.Generation == 2, 2);
        using var store = new OrleansFlow.Streaming.Objects.LocalObjectStore(Path.Combine(worker.Folder, "checkpoints"), null);
        Assert.Equal(PublishOutcome.CommitRequired, await new CheckpointStore(store, "j1").PublishAsync(WithCommit(manifest), Token));
        var first = Counters(path);
        Assert.InRange(first.Count, 1, 10);
        Assert.Equal(Enumerable.Range(0, first.Count), first);
        await worker.Host.FinishAsync(new JobFinishedRequest { Context = Context(2) }, Token);

        var start = Start(Numbers(File(path), rate: 0, count: 30), generation: 3, url: worker.CheckpointUrl);
        (start.RestoreEpoch, start.RestoreManifest, start.StartEpoch) = (1, CheckpointStore.NameOf(manifest), 2);
        worker.Host.Start(start);
        var ends = await worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == 0 && said.Context.Generation == 3, 2);
        var final = new CommitRequest { Context = Context(3), Epoch = 2 };
        final.Commits.Add(ends.Where(said => said.CheckpointCompleted?.NeedsCommit == true && said.Context.Generation == 3).SelectMany(said => OperatorStates.Merge("sink", [said.CheckpointCompleted.State]).Commits));
        await worker.Host.CommitAsync(final, Token);

        await worker.ReadUntilAsync(said => said.Checkpoint?.Kind == CheckpointEventKind.FinishedCommit && said.Context.Generation == 3);
        Assert.Equal(Enumerable.Range(0, 30), Counters(path));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Checkpoint_ThatComesWhileTheJobInitializes_WaitsForIt()
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
        worker.Host.Start(Start(Numbers(Blackhole), url: worker.CheckpointUrl));

        var checkpoint = worker.Host.CheckpointAsync(new CheckpointRequest { Context = Context(), Epoch = 5 }, Token);

        Assert.False(checkpoint.IsCompleted);
        open.SetResult();
        await checkpoint;
        await worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == 5, 2);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Checkpoint_OfAJobWithoutAPlaceForIt_IsRefused()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole)));

        var refused = await Assert.ThrowsAsync<FlowException>(() => worker.Host.CheckpointAsync(new CheckpointRequest { Context = Context(), Epoch = 1 }, Token));

        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains("checkpoint_url", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task GivenUpCheckpoint_IsFollowedByTheNextOne()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole), url: worker.CheckpointUrl));

        await worker.Host.GiveUpCheckpointAsync(new GiveUpCheckpointRequest { Context = Context(), Epoch = 1 }, Token);
        await worker.Host.CheckpointAsync(new CheckpointRequest { Context = Context(), Epoch = 1 }, Token);
        await worker.Host.CheckpointAsync(new CheckpointRequest { Context = Context(), Epoch = 2 }, Token);

        var told = await worker.ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == 2, 2);
        Assert.DoesNotContain(told, said => said.CheckpointCompleted?.Epoch == 1);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CompactedData_OfAnUnknownOperator_IsNotFound()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole), url: worker.CheckpointUrl));

        await worker.Host.LoadCompactedDataAsync(new LoadCompactedDataRequest { Context = Context(), OperatorId = "numbers" }, Token);
        var refused = await Assert.ThrowsAsync<FlowException>(() => worker.Host.LoadCompactedDataAsync(new LoadCompactedDataRequest { Context = Context(), OperatorId = "nobody" }, Token));

        Assert.Equal(FlowErrorCode.NotFound, refused.Code);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Commit_ForAnOperatorThatCommitsNothing_IsRefused()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole), url: worker.CheckpointUrl));

        var refused = await Assert.ThrowsAsync<FlowException>(() => worker.Host.CommitAsync(
            new CommitRequest { Context = Context(), Epoch = 1, Commits = { new SubtaskCommit { OperatorId = "sink", Data = ByteString.CopyFromUtf8("x") } } }, Token));

        Assert.Equal(FlowErrorCode.NotFound, refused.Code);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(StopMode.Graceful)]
    [InlineData(StopMode.Immediate)]
    public async Task Stop_EndsAllSubtasks_AndTheJobIsHeldUntilItIsFinished(StopMode mode)
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole, parallelism: 2)));

        await worker.Host.StopAsync(new StopExecutionRequest { Context = Context(), Mode = mode }, Token);

        await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskFinished, 4);
        await worker.Host.StopAsync(new StopExecutionRequest { Context = Context(), Mode = mode }, Token);
        Assert.Equal(WorkerPhase.Running, worker.Phase());
        Assert.Single(worker.Host.Held);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Order_ForAnotherGeneration_IsRefused()
    {
        await using var worker = new JobHarness();
        await worker.StartAsync(Start(Numbers(Blackhole), generation: 2));

        var refused = await Assert.ThrowsAsync<FlowException>(() => worker.Host.StopAsync(new StopExecutionRequest { Context = Context(), Mode = StopMode.Immediate }, Token));

        Assert.Equal((FlowErrorCode.AlreadyEnded, "Worker 'w1' does not run generation 1 of job 'j1'."), (refused.Code, refused.Message));
        Assert.Equal(WorkerPhase.Idle, worker.Host.PhaseOf(Context()).Phase);
    }

    private static CheckpointManifest WithCommit(CheckpointManifest manifest)
    {
        manifest.NeedsCommit = true;
        return manifest;
    }

    private static List<int> Counters(string path) =>
        [.. System.IO.File.ReadLines(path).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("counter").GetInt32()).Order()];
}
