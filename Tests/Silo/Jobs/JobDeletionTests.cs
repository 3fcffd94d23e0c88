using Google.Protobuf;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: a job that is deleted leaves nothing, and a new one begins from another's savepoint. Method: a whole silo, and workers that do as they are told.</summary>
public sealed class JobDeletionTests
{
    private const int WatchdogMs = 120_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task DeletedJob_LeavesNoFiles_AndItsIdIsFree()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.SubmitAsync("rides-2");
        var running = await silo.UntilAsync("rides", StreamJobState.Running);
        var folder = Path.Combine(new Uri(running.CheckpointUrl).LocalPath, "rides");
        await silo.Client.Jobs.StopAsync("rides", cancellationToken: Token);
        await silo.UntilAsync("rides", StreamJobState.Stopped);
        await silo.Client.Jobs.CreateSavepointAsync("rides", "last", Token);
        Assert.NotEmpty(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));

        await silo.Client.Jobs.DeleteAsync("rides", Token);

        Assert.False(Directory.Exists(folder) && Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length > 0);
        Assert.Equal(["rides-2"], await silo.Client.Jobs.ListAsync(Token).Select(job => job.JobId).ToListAsync(Token));
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => silo.Client.Jobs.GetAsync("rides", Token))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => silo.Client.Jobs.DeleteAsync("rides", Token))).Code);
        await silo.RestartAsync();
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => silo.Client.Jobs.GetAsync("rides", Token))).Code);
        Assert.Equal((0L, null), await silo.SubmitAsync("rides") is var again ? (again.Generation, again.Checkpoint) : default);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task JobThatRuns_IsNotDeleted()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("rides");
        await silo.UntilAsync("rides", StreamJobState.Running);

        var refused = await Assert.ThrowsAsync<FlowException>(() => silo.Client.Jobs.DeleteAsync("rides", Token));

        Assert.Equal((FlowErrorCode.BadInput, "Streaming job 'rides' is Running; stop it before you delete it."), (refused.Code, refused.Message));
        Assert.Equal(StreamJobState.Running, (await silo.Client.Jobs.GetAsync("rides", Token)).State);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task NewJob_BeginsFromASavepointOfAnother_AndGoesOnByItself()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        await silo.SubmitAsync("old");
        await silo.UntilAsync("old", StreamJobState.Running);
        await silo.Client.Jobs.StopAsync("old", cancellationToken: Token);
        await silo.UntilAsync("old", StreamJobState.Stopped);
        await silo.Client.Jobs.CreateSavepointAsync("old", "base", Token);
        await worker.NextAsync(JobOrder.CallOneofCase.Start);

        await SubmitAsync(silo, "new", JobSilo.Program, "base");
        await silo.UntilAsync("new", StreamJobState.Running);
        var start = (await worker.NextAsync(JobOrder.CallOneofCase.Start)).Start;
        Assert.Equal((1L, "savepoints/base/manifest.pb", 2L), (start.RestoreEpoch, start.RestoreManifest, start.StartEpoch));

        // The other job and its files may go; what was taken over is the new job's.
        await silo.Client.Jobs.DeleteAsync("old", Token);
        await silo.Client.Jobs.RestartAsync("new", force: true, cancellationToken: Token);
        start = (await worker.NextAsync(JobOrder.CallOneofCase.Start)).Start;
        Assert.Equal((2L, "savepoints/base/manifest.pb"), (start.Context.Generation, start.RestoreManifest));
        await silo.UntilAsync("new", job => job is { State: StreamJobState.Running, Generation: 2 });

        // Its own checkpoints count from then on.
        await silo.Client.Jobs.TakeCheckpointAsync("new", Token);
        await silo.UntilAsync("new", job => job is { Checkpoint: >= 2, CheckpointUnderWay: null });
        await silo.Client.Jobs.StopAsync("new", StreamJobStop.Immediate, Token);
        await silo.UntilAsync("new", StreamJobState.Stopped);
        await silo.Client.Jobs.StartAsync("new", cancellationToken: Token);
        start = (await worker.NextAsync(JobOrder.CallOneofCase.Start)).Start;
        Assert.StartsWith("generations/", start.RestoreManifest, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task SavepointThatDoesNotFitTheProgram_IsRefused_UnlessItsStateMayBeDropped()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        worker.TablesOf = id => id == "source" ? [new TableState { Name = "t", Kind = TableKind.Global, Files = { new TableFile { Path = "generations/0000001/t", Epoch = 1, Generation = 1, Rows = 1 } } }] : [];
        await silo.SubmitAsync("old");
        await silo.UntilAsync("old", StreamJobState.Running);
        await silo.Client.Jobs.StopAsync("old", cancellationToken: Token);
        await silo.UntilAsync("old", StreamJobState.Stopped);
        await silo.Client.Jobs.CreateSavepointAsync("old", "base", Token);
        var other = JobSilo.Program.Clone();
        other.Nodes[0].Chain[0].Id = "another source";

        var refused = await Assert.ThrowsAsync<FlowException>(() => SubmitAsync(silo, "new", other, "base"));
        Assert.Equal(FlowErrorCode.Unsupported, refused.Code);
        Assert.Contains("'source'", refused.Message, StringComparison.Ordinal);
        await SubmitAsync(silo, "new", other, "base", dropsUnknown: true);

        foreach (var (job, name) in new[] { ("old", "none"), ("none", "base") })
        {
            var missing = await Assert.ThrowsAsync<FlowException>(() => SubmitAsync(silo, "third", JobSilo.Program, name, from: job));
            Assert.Equal(FlowErrorCode.NotFound, missing.Code);
        }
    }

    private static Task<FlowStreamJob> SubmitAsync(JobSilo silo, string id, StreamProgram program, string savepoint, bool dropsUnknown = false, string from = "old") => silo.Client.Jobs.SubmitProgramAsync(
        program.ToByteArray(),
        new StreamJobOptions { JobId = id, CheckpointInterval = TimeSpan.FromHours(1), FromSavepoint = new StreamJobSavepointRef(from, savepoint), DropUnknownState = dropsUnknown },
        Token);
}
