using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class CheckpointCleanerTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly RowTableOptions Options = StateRows.Timed(TimeSpan.FromMicroseconds(20));
    private readonly StoredJob _job = new();

    public void Dispose() => _job.Dispose();

    [Fact]
    public async Task Checkpoints_BeyondTheRetainedOnesGoWithTheFilesThatNobodyNeeds()
    {
        var manifests = await RunAsync(_job, epochs: 6);
        await _job.Cleaner.CleanAsync(1, 2, [], None);

        // Rows count for 20 microseconds, 10 a checkpoint: the retained ones, 5 and 6, need the files from 3 on.
        Assert.Equal([5L, 6L], (await _job.Checkpoints.ListAsync(None)).Select(EpochOf));
        Assert.Equal([3L, 4L, 5L, 6L], await FileEpochsAsync());
        Assert.Equal(["epochs/epoch-0000005.record", "epochs/epoch-0000006.record"], await _job.NamesAsync("epochs"));
        Assert.Equal(["3=x", "4=x", "5=x"], await _job.RestoreAsync(manifests[4].Operators[0], Options));
        Assert.Equal(["4=x", "5=x", "6=x"], await _job.RestoreAsync(manifests[5].Operators[0], Options));
    }

    [Fact]
    public async Task Cleaning_SaysWhatItRemovedAndRemovesItOnce()
    {
        await RunAsync(_job, epochs: 6);
        var first = await _job.Cleaner.CleanAsync(1, 2, [], None);

        Assert.Equal((4, 2), (first.Manifests, first.Files));
        Assert.True(first.Bytes > 0);
        Assert.Equal(default, await _job.Cleaner.CleanAsync(1, 2, [], None));
    }

    [Fact]
    public async Task FilesOfASavepoint_StayUntilItIsDeleted()
    {
        var manifests = await RunAsync(_job, epochs: 2);
        await _job.Savepoints.CreateAsync("before the change", CheckpointStore.NameOf(manifests[1]), None);
        await RunAsync(_job, epochs: 8, manifests);
        await _job.Cleaner.CleanAsync(1, 1, [], None);

        var savepoint = await _job.Savepoints.ReadAsync("before the change", None);
        Assert.Equal(["1=x", "2=x"], await _job.RestoreAsync(savepoint.Operators[0], Options));
        Assert.DoesNotContain(3L, await FileEpochsAsync());
        await _job.Savepoints.DeleteAsync("before the change", None);
        await _job.Cleaner.CleanAsync(1, 1, [], None);
        Assert.DoesNotContain(1L, await FileEpochsAsync());
    }

    [Fact]
    public async Task FilesOfEpochsThatCrashed_AreSweptAndThoseUnderWayStay()
    {
        var manifests = await RunAsync(_job, epochs: 2);
        foreach (var epoch in new[] { 3, 5 })
        {
            await using var state = _job.OpenSubtask(1, restored: manifests[1].Operators[0]);
            (await state.OpenRowsAsync("t", Options, None)).Append(StateRows.Batch((9, "x", 90)));
            await state.WriteAsync(epoch);
        }

        await _job.PublishAsync(1, 4, manifests[1], manifests[1].Operators[0]);
        await _job.Cleaner.CleanAsync(1, 10, [], None);

        Assert.DoesNotContain(3L, await FileEpochsAsync());
        Assert.Contains("generations/0000001/checkpoints/checkpoint-0000005/operator-op/table-t-000", await _job.NamesAsync("generations"));
    }

    [Fact]
    public async Task FilesOfAGenerationThatWasReplaced_AreSwept()
    {
        var manifests = await RunAsync(_job, epochs: 2);
        var late = _job.OpenSubtask(1, restored: manifests[1].Operators[0]);
        (await late.OpenRowsAsync("t", Options, None)).Append(StateRows.Batch((9, "late", 90)));
        var orphan = await late.WriteAsync(4);
        await _job.Checkpoints.TakeOverAsync(2, None);
        await _job.PublishAsync(2, 4, manifests[1], manifests[1].Operators[0]);
        await _job.Cleaner.CleanAsync(2, 10, [], None);

        Assert.DoesNotContain(orphan.Tables[0].Files.Last().Path, await _job.NamesAsync("generations"));
        Assert.Equal([1L, 2L], await FileEpochsAsync());
    }

    [Fact]
    public async Task FilesThatSubtasksWereToldOf_StayWithoutACheckpointThatNamesThem()
    {
        var manifests = await RunAsync(_job, epochs: 4);
        var compacted = await new TableCompactor(_job.Store, StoredJob.Name, 1, checkpointsMin: 2).CompactAsync(manifests[3].Operators[0], None);
        var path = compacted[0].Files[0].Path;
        await _job.Cleaner.CleanAsync(1, 2, [path], None);
        Assert.Contains(path, await _job.NamesAsync());
        await _job.Cleaner.CleanAsync(1, 2, [], None);
        Assert.DoesNotContain(path, await _job.NamesAsync());
    }

    [Fact]
    public async Task GenerationThatIsNotTheCurrentOne_RemovesNothing()
    {
        await RunAsync(_job, epochs: 6);
        await _job.Checkpoints.TakeOverAsync(2, None);
        var before = await _job.NamesAsync();

        Assert.Equal(default, await _job.Cleaner.CleanAsync(1, 1, [], None));
        Assert.Equal(before, await _job.NamesAsync());
    }

    [Fact]
    public async Task CrashAtEveryOperation_LeavesEveryCheckpointThatCountsWithAllItsFiles()
    {
        for (var operation = 1; ; operation++)
        {
            using var job = new StoredJob();
            var manifests = await RunAsync(job, epochs: 6);
            await job.Savepoints.CreateAsync("s", CheckpointStore.NameOf(manifests[2]), None);
            job.Store.FailsFrom(operation);
            var isDone = true;
            try
            {
                await job.Cleaner.CleanAsync(1, 2, [], None);
            }
            catch (FlowException)
            {
                isDone = false;
            }

            job.Store.Heal();
            var names = (await job.NamesAsync()).ToHashSet();
            var counting = (await job.Checkpoints.ListAsync(None)).Concat(await job.Savepoints.ListAsync(None)).ToList();
            Assert.True(counting.Count >= 3);
            foreach (var name in counting)
            {
                var manifest = await job.Checkpoints.TryReadManifestAsync(name, None);
                Assert.All(CheckpointCleaner.FilesOf(manifest!), file => Assert.Contains(file.Path, names));
            }

            await job.Cleaner.CleanAsync(1, 2, [], None);
            Assert.Equal(["epochs/epoch-0000005.record", "epochs/epoch-0000006.record"], await job.NamesAsync("epochs"));
            if (isDone)
            {
                Assert.True(operation > 15);
                return;
            }
        }
    }

    private static long EpochOf(string manifest) => CheckpointLayout.TryParse(manifest, out _, out var epoch) ? epoch : -1;

    /// <summary>Checkpoints up to an epoch, each with one row ten microseconds after the one before.</summary>
    private static async Task<List<CheckpointManifest>> RunAsync(StoredJob job, int epochs, List<CheckpointManifest>? before = null)
    {
        var manifests = before ?? [];
        await using var state = job.OpenSubtask(1, restored: manifests.LastOrDefault()?.Operators[0]);
        var table = await state.OpenRowsAsync("t", Options, None);
        for (var epoch = manifests.Count + 1; epoch <= epochs; epoch++)
        {
            table.Append(StateRows.Batch((epoch, "x", epoch * 10)));
            var written = await state.WriteAsync(epoch, watermarkMicros: epoch * 10);
            manifests.Add(await job.PublishAsync(1, epoch, manifests.LastOrDefault(), OperatorStates.Merge("op", [written])));
        }

        return manifests;
    }

    private async Task<List<long>> FileEpochsAsync() =>
        [.. (await _job.NamesAsync("generations")).Where(name => name.Contains("/table-", StringComparison.Ordinal)).Select(EpochOf).Distinct().Order()];
}
