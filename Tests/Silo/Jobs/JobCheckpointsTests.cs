using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Silo.Support;
using JobOrder = OrleansFlow.Decisions.Jobs.JobOrder;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: what a job asks of its checkpoints is true of a folder. Method: every life has services of its own over one folder.</summary>
public sealed class JobCheckpointsTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly JobStores _stores;
    private readonly CompactedFiles _compacted;
    private readonly JobCheckpoints _checkpoints;
    private readonly JobCheckpointsPlace _place;

    public JobCheckpointsTests()
    {
        _stores = new JobStores(_clock);
        _compacted = new CompactedFiles(JobRules.Default, _clock);
        _checkpoints = new JobCheckpoints(_stores, _compacted);
        _place = new JobCheckpointsPlace("rides", new Uri(_folder.Combine("checkpoints")).AbsoluteUri);
    }

    public void Dispose()
    {
        _stores.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task FirstGeneration_BeginsFromNothing() =>
        Assert.Equal(new JobRestore(null, 0, 1), await _checkpoints.PrepareAsync(_place, 1, null, 0, None));

    [Fact]
    public async Task Manifest_ThatIsPublishedTwice_IsKeptOnceUnderTheSameName()
    {
        await _checkpoints.PrepareAsync(_place, 1, null, 0, None);
        var first = await _checkpoints.PublishAsync(_place, Manifest(1, 1), None);
        var second = await _checkpoints.PublishAsync(_place, Manifest(1, 1), None);

        Assert.Equal((PublishOutcome.Kept, ""), (first.Outcome, first.Message));
        Assert.Equal(first, second);
        Assert.Equal([first.Manifest], await Store.ListAsync(None));
    }

    [Fact]
    public async Task NextGeneration_BeginsFromTheNewestCheckpoint_BehindAllUsedEpochs()
    {
        var kept = await PublishAsync(Manifest(1, 1));
        var restore = await _checkpoints.PrepareAsync(_place, 2, null, 0, None);

        Assert.Equal((1L, 1L, kept, false), (restore.Checkpoint!.Epoch, restore.Checkpoint.Generation, restore.Checkpoint.Manifest, restore.Checkpoint.NeedsCommit));
        Assert.Equal((2L, 2L), (restore.NewestEpoch, restore.NewestGeneration));
        Assert.Equal(restore with { Checkpoint = null }, await _checkpoints.PrepareAsync(_place, 2, null, 0, None) with { Checkpoint = null });
    }

    [Fact]
    public async Task OlderGeneration_IsToldWhichOneOwnsTheCheckpoints_AndKeepsNothing()
    {
        await PublishAsync(Manifest(1, 1));
        await _checkpoints.PrepareAsync(_place, 5, null, 0, None);

        Assert.Equal(5, (await _checkpoints.PrepareAsync(_place, 2, null, 0, None)).NewestGeneration);
        var late = await _checkpoints.PublishAsync(_place, Manifest(1, 2, parent: 1), None);
        Assert.Equal((PublishOutcome.StaleGeneration, ""), (late.Outcome, late.Manifest));
        Assert.Single(await Store.ListAsync(None));
    }

    [Fact]
    public async Task OpenCommits_ComeBackUntilTheyAreNoted()
    {
        await PublishAsync(Manifest(1, 1, "rows of 1"));
        var open = (await _checkpoints.PrepareAsync(_place, 2, null, 0, None)).Checkpoint!;
        Assert.True(open.IsOpen);
        Assert.Equal("rows of 1", Assert.Single(open.Commits).Data.ToStringUtf8());

        // The generation that commits is not the one that took the checkpoint.
        await _checkpoints.MarkCommittedAsync(_place, 2, 1, None);
        await _checkpoints.MarkCommittedAsync(_place, 2, 1, None);
        var closed = (await _checkpoints.PrepareAsync(_place, 3, null, 0, None)).Checkpoint!;
        Assert.Equal((true, true, false), (closed.NeedsCommit, closed.IsCommitted, closed.IsOpen));
        Assert.Empty(closed.Commits);
    }

    [Fact]
    public async Task CheckpointBehindOneWithOpenCommits_IsRefused()
    {
        await PublishAsync(Manifest(1, 1, "rows of 1"));
        var next = await _checkpoints.PublishAsync(_place, Manifest(1, 2, parent: 1), None);

        Assert.Equal((PublishOutcome.Refused, ""), (next.Outcome, next.Manifest));
        Assert.Contains("not committed", next.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommitOfACheckpointThatTheStoreDoesNotHave_IsAFailure() =>
        Assert.Equal(FlowErrorCode.StateCorrupt, (await Assert.ThrowsAsync<FlowException>(() => _checkpoints.MarkCommittedAsync(_place, 1, 7, None))).Code);

    [Fact]
    public async Task JobThatBeginsFromNothing_GoesOnBehindItsOldCheckpoints_EvenWithOpenCommits()
    {
        await PublishAsync(Manifest(1, 1, "rows of 1"));
        var restore = await _checkpoints.PrepareAsync(_place, 2, null, long.MaxValue, None);
        Assert.False(restore.Checkpoint!.IsOpen);

        // It knows of no checkpoint, so its first one names none before it.
        var first = Manifest(2, restore.NewestEpoch + 1);
        var kept = await _checkpoints.PublishAsync(_place, first, None);
        Assert.Equal(PublishOutcome.Kept, kept.Outcome);
        Assert.Equal(kept, await _checkpoints.PublishAsync(_place, first, None));
        Assert.Equal(kept.Manifest, (await _checkpoints.PrepareAsync(_place, 3, null, 0, None)).Checkpoint!.Manifest);
    }

    [Fact]
    public async Task CleaningUp_KeepsAsManyCheckpointsAsTheJobKeeps()
    {
        var names = new List<string>();
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            names.Add(await PublishAsync(Manifest(1, epoch, parent: epoch - 1)));
        }

        await _checkpoints.CleanUpAsync(_place, new JobOrder.CleanUp(1, 3, [3, 4]), None);

        Assert.Equal(names[2..], await Store.ListAsync(None));
        Assert.Null(await Store.TryReadManifestAsync(names[0], None));
    }

    [Fact]
    public async Task CompactedFiles_AreMade_AndNoCleaningTakesThemBeforeACheckpointNamesThem()
    {
        var state = await WriteEpochsAsync(5);
        var tables = await _checkpoints.CompactAsync(_place, new JobOrder.Compact(1, "op", "t", 5), None);

        var file = Assert.Single(Assert.Single(tables).Files);
        Assert.Equal((1u, 5L), (file.Generation, file.Rows));
        Assert.Empty(await _checkpoints.CompactAsync(_place, new JobOrder.Compact(1, "op", "another", 5), None));
        Assert.Empty(await _checkpoints.CompactAsync(_place, new JobOrder.Compact(1, "nobody", "t", 5), None));
        await _checkpoints.CleanUpAsync(_place, new JobOrder.CleanUp(1, 5, [5]), None);
        Assert.NotNull(await _stores.Open(_place.Url).TryGetAsync($"rides/{file.Path}", 1 << 20, None));

        _clock.Advance(JobRules.Default.CheckpointBound * 2 + TimeSpan.FromSeconds(1));
        await _checkpoints.CleanUpAsync(_place, new JobOrder.CleanUp(1, 5, [5]), None);
        Assert.Null(await _stores.Open(_place.Url).TryGetAsync($"rides/{file.Path}", 1 << 20, None));
        Assert.Equal(5, state.Tables[0].Files.Count);
    }

    [Fact]
    public async Task Cleaning_WaitsForACompactionThatIsUnderWay()
    {
        await PublishAsync(Manifest(1, 1));
        await PublishAsync(Manifest(1, 2, parent: 1));
        using (_compacted.Begin(_place))
        {
            await _checkpoints.CleanUpAsync(_place, new JobOrder.CleanUp(1, 2, [2]), None);
            Assert.Equal(2, (await Store.ListAsync(None)).Count);
        }

        await _checkpoints.CleanUpAsync(_place, new JobOrder.CleanUp(1, 2, [2]), None);
        Assert.Single(await Store.ListAsync(None));
    }

    private CheckpointStore Store => _stores.Of(_place.Url, "rides");

    private static CheckpointManifest Manifest(long generation, long epoch, string? commit = null, long parent = 0)
    {
        var manifest = new CheckpointManifest { JobId = "rides", Generation = generation, Epoch = epoch, NeedsCommit = commit is not null };
        if (parent > 0)
        {
            manifest.Parent = CheckpointStore.NameOf(new CheckpointManifest { Generation = generation, Epoch = parent });
        }

        if (commit is not null)
        {
            manifest.Operators.Add(new OperatorState { OperatorId = "sink", Parallelism = 1, Commits = { new SubtaskCommit { OperatorId = "sink", Data = ByteString.CopyFromUtf8(commit) } } });
        }

        return manifest;
    }

    private async Task<string> PublishAsync(CheckpointManifest manifest)
    {
        var published = await _checkpoints.PublishAsync(_place, manifest, None);
        Assert.Equal(PublishOutcome.Kept, published.Outcome);
        return published.Manifest;
    }

    /// <summary>Checkpoints of one table, each with a file of one row.</summary>
    private async Task<OperatorState> WriteEpochsAsync(int count)
    {
        var operatorState = new OperatorState();
        await using var subtask = new FileStateBackend(_stores.Open(_place.Url), "rides", 1, _clock).Open(new SubtaskPlace("op", 0, 1), null);
        var table = await subtask.OpenRowsAsync("t", JobRows.Options, None);
        for (var epoch = 1; epoch <= count; epoch++)
        {
            table.Append(JobRows.One(epoch));
            await using var snapshot = subtask.Freeze(epoch, epoch, default);
            var written = await snapshot.WriteAsync(None);
            operatorState = new OperatorState { OperatorId = "op", Parallelism = 1, Tables = { written.Tables } };
            var manifest = Manifest(1, epoch, parent: epoch - 1);
            manifest.Operators.Add(operatorState);
            await PublishAsync(manifest);
        }

        return operatorState;
    }
}
