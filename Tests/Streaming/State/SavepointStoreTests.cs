using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class SavepointStoreTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly StoredJob _job = new();

    public void Dispose() => _job.Dispose();

    [Fact]
    public async Task Savepoint_HasANameOfItsOwn()
    {
        var name = CheckpointStore.NameOf(await PublishAsync());
        await _job.Savepoints.CreateAsync("a b", name, None);

        Assert.Equal(["savepoints/a%20b/manifest.pb"], await _job.Savepoints.ListAsync(None));
        Assert.Equal(FlowErrorCode.AlreadyExists, (await Assert.ThrowsAsync<FlowException>(async () => await _job.Savepoints.CreateAsync("a b", name, None))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(async () => await _job.Savepoints.ReadAsync("other", None))).Code);
        await _job.Savepoints.DeleteAsync("a b", None);
        await _job.Savepoints.DeleteAsync("a b", None);
        Assert.Empty(await _job.Savepoints.ListAsync(None));
    }

    [Fact]
    public async Task CheckpointThatIsNotReady_BecomesNoSavepoint()
    {
        var open = StoredJob.Manifest(1, 1, needsCommit: true);
        await _job.Checkpoints.PublishAsync(open, None);
        var error = await Assert.ThrowsAsync<FlowException>(async () => await _job.Savepoints.CreateAsync("s", CheckpointStore.NameOf(open), None));

        Assert.Equal(FlowErrorCode.BadInput, error.Code);
        Assert.Contains("which is Committing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckpointThatIsClearedAwayMeanwhile_LeavesNoSavepointWithoutFiles()
    {
        var one = await PublishAsync();
        _job.Store.Before = async created =>
        {
            if (created.Contains("savepoints/", StringComparison.Ordinal))
            {
                _job.Store.Before = _ => Task.CompletedTask;
                await _job.PublishAsync(1, 2, one);
                await _job.Cleaner.CleanAsync(1, 1, [], None);
            }
        };

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(async () => await _job.Savepoints.CreateAsync("s", CheckpointStore.NameOf(one), None))).Code);
        Assert.Empty(await _job.Savepoints.ListAsync(None));
    }

    [Fact]
    public async Task ExportedSavepoint_NeedsNothingOfItsJobAndBeginsAnotherOne()
    {
        var one = await PublishAsync();
        await _job.Savepoints.CreateAsync("s", CheckpointStore.NameOf(one), None);
        await _job.Savepoints.ExportAsync("s", _job.Store, "elsewhere/copy", None);
        foreach (var name in await _job.NamesAsync())
        {
            await _job.Store.DeleteAsync($"{StoredJob.Name}/{name}", None);
        }

        // As it lies there, and copied into a job of another folder.
        var content = await _job.Store.TryGetAsync("elsewhere/copy/manifest.pb", 10_000, None);
        Assert.Equal(["1=one", "2=two"], await _job.RestoreAsync(CheckpointManifest.Parser.ParseFrom(content).Operators[0], StateRows.Timed(), "elsewhere/copy"));
        var other = new CheckpointStore(_job.Store, "jobs/j2");
        await new SavepointStore(other).ImportAsync("start", _job.Store, "elsewhere/copy", None);
        var imported = await new SavepointStore(other).ReadAsync("start", None);
        Assert.All(imported.Operators[0].Tables[0].Files, file => Assert.StartsWith("savepoints/start/files/", file.Path, StringComparison.Ordinal));
        Assert.Equal(["1=one", "2=two"], (await _job.RestoreAsync(imported.Operators[0], StateRows.Timed(), "jobs/j2", parallelism: 3)).Order());
    }

    [Fact]
    public async Task FolderWithoutManifest_IsNoSavepoint() =>
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(async () => await _job.Savepoints.ImportAsync("s", _job.Store, "elsewhere", None))).Code);

    private async Task<CheckpointManifest> PublishAsync()
    {
        await using var state = _job.OpenSubtask(1);
        (await state.OpenRowsAsync("t", StateRows.Timed(), None)).Append(StateRows.Batch((1, "one", 1), (2, "two", 2)));
        return await _job.PublishAsync(1, 1, null, OperatorStates.Merge("op", [await state.WriteAsync(1)]));
    }
}
