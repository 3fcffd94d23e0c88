using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using JobOrder = OrleansFlow.Decisions.Jobs.JobOrder;
using PublishOutcome = OrleansFlow.Decisions.Jobs.PublishOutcome;
using StoreOutcome = OrleansFlow.Streaming.State.Fencing.PublishOutcome;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>The checkpoints of streaming jobs in object stores.</summary>
internal sealed class JobCheckpoints(JobStores stores, CompactedFiles compacted) : IJobCheckpoints
{
    public async Task<JobRestore> PrepareAsync(JobCheckpointsPlace place, long generation, JobCheckpoint? known, long ignoreBefore, CancellationToken cancellationToken)
    {
        var store = Open(place);
        var taken = await store.TakeOverAsync(generation, cancellationToken);
        if (taken.Outcome is StoreOutcome.StaleGeneration or StoreOutcome.StopOrphaned)
        {
            return new JobRestore(null, 0, await NewestGenerationAsync(store, generation, cancellationToken));
        }

        if (taken.Latest is not { } latest)
        {
            if (place.Savepoint is { } savepoint && ignoreBefore == 0)
            {
                return await FromSavepointAsync(store, savepoint, taken.StartEpoch - 1, generation, cancellationToken);
            }

            return new JobRestore(null, taken.StartEpoch - 1, generation);
        }

        var isOpen = taken.Outcome == StoreOutcome.CommitRequired;
        if (isOpen && latest.Epoch < ignoreBefore)
        {
            // The job begins from nothing. What was staged for that checkpoint is dropped with it, or nothing could ever follow it.
            await store.MarkCommittedAsync(latest, cancellationToken);
            isOpen = false;
        }

        var checkpoint = new JobCheckpoint(latest.Epoch, latest.Generation, CheckpointStore.NameOf(latest))
        {
            NeedsCommit = latest.NeedsCommit,
            IsCommitted = latest.NeedsCommit && !isOpen,
            HoldsRows = JobCheckpoint.HoldsRowsOf(latest),
            Commits = isOpen ? [.. latest.Operators.SelectMany(state => state.Commits)] : [],
        };
        return new JobRestore(checkpoint, taken.StartEpoch - 1, generation);
    }

    public async Task<JobPublished> PublishAsync(JobCheckpointsPlace place, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        var store = Open(place);
        var own = manifest;
        if (CheckpointLayout.IsSavepoint(manifest.Parent))
        {
            // What it began from is no checkpoint of this job: nothing follows it, and this one is the first.
            own = manifest = new CheckpointManifest(manifest) { Parent = "" };
        }

        if (manifest.Parent.Length == 0 && await NewestBeforeAsync(store, manifest.Epoch, cancellationToken) is { } before)
        {
            // The job began from nothing though there were checkpoints. The store's records have no gap all the same.
            own = new CheckpointManifest(manifest) { Parent = before };
        }

        var name = CheckpointStore.NameOf(own);
        return await store.PublishAsync(own, cancellationToken) switch
        {
            StoreOutcome.Ready or StoreOutcome.CommitRequired => new JobPublished(PublishOutcome.Kept, name, ""),
            StoreOutcome.StaleGeneration => new JobPublished(PublishOutcome.StaleGeneration, "", $"a generation after {manifest.Generation} owns the checkpoints of job '{place.JobId}'"),
            StoreOutcome.StopOrphaned => new JobPublished(PublishOutcome.StaleGeneration, "", $"another checkpoint has taken the place of '{name}' or of the one before it"),
            _ => new JobPublished(PublishOutcome.Refused, "", $"'{name}' cannot follow '{own.Parent}', which does not count or is not committed, or its epoch was used"),
        };
    }

    public async Task MarkCommittedAsync(JobCheckpointsPlace place, long generation, long epoch, CancellationToken cancellationToken)
    {
        var store = Open(place);

        // A generation commits what an earlier one left open, so the manifest is the record's, not the caller's.
        var record = await store.TryReadRecordAsync(epoch, cancellationToken);
        var manifest = record is { IsVoid: false } ? await store.TryReadManifestAsync(record.Manifest, cancellationToken) : null;
        if (manifest is null)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"Sinks of job '{place.JobId}' have committed checkpoint {epoch}, and its store has none of that number.");
        }

        await store.MarkCommittedAsync(manifest, cancellationToken);
    }

    public async Task CleanUpAsync(JobCheckpointsPlace place, JobOrder.CleanUp order, CancellationToken cancellationToken)
    {
        // While files are put together nobody names the new ones. The next cleaning comes.
        if (compacted.TryList(place) is { } inUse)
        {
            await new CheckpointCleaner(Open(place)).CleanAsync(order.Generation, Math.Max(1, order.Kept.Length), inUse, cancellationToken);
        }
    }

    public async Task DeleteAsync(JobCheckpointsPlace place, CancellationToken cancellationToken)
    {
        var store = stores.Open(place.Url);
        var names = new List<string>();
        await foreach (var entry in store.ListAsync(place.JobId + "/", cancellationToken))
        {
            names.Add(entry.Name);
        }

        // What says that a checkpoint counts goes first: what is cut off leaves files that nothing names.
        foreach (var name in names.OrderBy(name => !name.EndsWith(".record", StringComparison.Ordinal)))
        {
            await store.DeleteAsync(name, cancellationToken);
        }
    }

    public async Task<IReadOnlyList<TableState>> CompactAsync(JobCheckpointsPlace place, JobOrder.Compact order, CancellationToken cancellationToken)
    {
        var store = Open(place);
        using var running = compacted.Begin(place);
        var record = await store.TryReadRecordAsync(order.Epoch, cancellationToken);
        var manifest = record is { IsVoid: false } ? await store.TryReadManifestAsync(record.Manifest, cancellationToken) : null;
        if (manifest?.Operators.FirstOrDefault(one => one.OperatorId == order.OperatorId) is not { } state)
        {
            return [];
        }

        var wanted = state.Clone();
        wanted.Tables.Clear();
        wanted.Tables.Add(state.Tables.Where(table => table.Name == order.Table));
        var tables = await new TableCompactor(store.Store, place.JobId, order.Generation).CompactAsync(wanted, cancellationToken);
        running.Keep(tables.SelectMany(table => table.Files).Select(file => file.Path));
        return tables;
    }

    /// <summary>It was committed before it was made, so its rows are not owed to anybody.</summary>
    private static async Task<JobRestore> FromSavepointAsync(CheckpointStore store, string name, long newestEpoch, long generation, CancellationToken cancellationToken)
    {
        var manifest = await new SavepointStore(store).ReadAsync(name, cancellationToken);
        var checkpoint = new JobCheckpoint(manifest.Epoch, generation, CheckpointLayout.Savepoint(name))
        {
            NeedsCommit = manifest.NeedsCommit,
            IsCommitted = manifest.NeedsCommit,
            HoldsRows = JobCheckpoint.HoldsRowsOf(manifest),
        };
        return new JobRestore(checkpoint, Math.Max(newestEpoch, manifest.Epoch), generation);
    }

    private CheckpointStore Open(JobCheckpointsPlace place) => stores.Of(place.Url, place.JobId);

    private static async Task<long> NewestGenerationAsync(CheckpointStore store, long generation, CancellationToken cancellationToken)
    {
        var epochs = await store.ListEpochsAsync(cancellationToken);
        var newest = epochs.Count == 0 ? null : await store.TryReadRecordAsync(epochs[^1], cancellationToken);

        // Stale, so there was a newer one; should its record be gone by now, the next number is still above it or finds it again.
        return Math.Max(newest?.Generation ?? 0, generation + 1);
    }

    private static async Task<string?> NewestBeforeAsync(CheckpointStore store, long epoch, CancellationToken cancellationToken)
    {
        var epochs = await store.ListEpochsAsync(cancellationToken);
        for (var i = epochs.Count - 1; i >= 0; i--)
        {
            if (epochs[i] < epoch && await store.TryReadRecordAsync(epochs[i], cancellationToken) is { IsVoid: false } record)
            {
                return record.Manifest;
            }
        }

        return null;
    }
}
