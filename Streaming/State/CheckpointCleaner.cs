using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Streaming.State;

/// <summary>
/// Removes what no retained checkpoint and no savepoint needs: old checkpoints, their files, and what crashed or fenced generations left. Files go
/// last, so that a crash never leaves a checkpoint whose files are missing; the next run removes the rest.
/// </summary>
/// <param name="checkpoints">The job's checkpoints.</param>
public sealed class CheckpointCleaner(CheckpointStore checkpoints)
{
    /// <summary>Removes what is not needed. It runs in the job's current generation, not while that one publishes.</summary>
    /// <param name="generation">The generation that runs it.</param>
    /// <param name="retained">Checkpoints that stay. At least 1.</param>
    /// <param name="inUse">Paths of files that no checkpoint names yet: compacted ones that subtasks were told of.</param>
    /// <param name="cancellationToken">Gives up; the next run goes on.</param>
    /// <returns>What was removed; nothing in a generation that is not the job's current one.</returns>
    /// <exception cref="FlowException">The store failed; the next run goes on.</exception>
    public async ValueTask<CleanedUp> CleanAsync(long generation, int retained, IReadOnlyCollection<string> inUse, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retained, 1);
        ArgumentNullException.ThrowIfNull(inUse);
        var records = new List<EpochRecord>();
        foreach (var epoch in await checkpoints.ListEpochsAsync(cancellationToken))
        {
            if (await checkpoints.TryReadRecordAsync(epoch, cancellationToken) is { } record)
            {
                records.Add(record);
            }
        }

        var counting = records.Where(record => !record.IsVoid).ToList();
        if (counting.Count == 0 || records[^1].Generation != generation)
        {
            return default;
        }

        var kept = counting.TakeLast(retained).ToList();

        // Oldest first: a late generation that finds its parent's record finds those behind it too. The newest records always stay.
        foreach (var record in records.Where(record => record.Epoch < kept[0].Epoch))
        {
            await checkpoints.Store.DeleteAsync(checkpoints.Full(CheckpointLayout.Record(record.Epoch)), cancellationToken);
        }

        // Savepoints are read behind that: one that is made meanwhile looks for its checkpoint's record last.
        var needed = new HashSet<string>(inUse, StringComparer.Ordinal);
        foreach (var record in kept)
        {
            needed.Add(record.Manifest);
            needed.Add(record.Manifest[..(record.Manifest.LastIndexOf('/') + 1)] + CheckpointLayout.CommittedName);
            AddFiles(needed, await checkpoints.TryReadManifestAsync(record.Manifest, cancellationToken)
                ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"Checkpoint '{record.Manifest}' counts, but its manifest is gone; no file is removed."));
        }

        foreach (var savepoint in await new SavepointStore(checkpoints).ListAsync(cancellationToken))
        {
            // One that was deleted meanwhile needs nothing.
            AddFiles(needed, await checkpoints.TryReadManifestAsync(savepoint, cancellationToken) ?? new CheckpointManifest());
        }

        return await SweepAsync(generation, kept[^1].Epoch, needed, cancellationToken);
    }

    private static void AddFiles(HashSet<string> needed, CheckpointManifest manifest)
    {
        foreach (var file in FilesOf(manifest))
        {
            needed.Add(file.Path);
        }
    }

    /// <summary>Every file that a checkpoint needs, each once.</summary>
    internal static IEnumerable<TableFile> FilesOf(CheckpointManifest manifest) =>
        manifest.Operators.SelectMany(state => state.Tables).SelectMany(table => table.Files).DistinctBy(file => file.Path, StringComparer.Ordinal);

    private async ValueTask<CleanedUp> SweepAsync(long generation, long latestEpoch, HashSet<string> needed, CancellationToken cancellationToken)
    {
        var manifests = new List<string>();
        var files = new List<string>();
        var bytes = 0L;
        await foreach (var entry in checkpoints.Store.ListAsync(checkpoints.Full(CheckpointLayout.Generations), cancellationToken))
        {
            var name = entry.Name[checkpoints.Full("").Length..];

            // What a later epoch writes now is under way. What a newer generation writes is not known here.
            if (!CheckpointLayout.TryParse(name, out var owner, out var epoch) || owner > generation || epoch > latestEpoch || needed.Contains(name))
            {
                continue;
            }

            (name.EndsWith(CheckpointLayout.ManifestName, StringComparison.Ordinal) ? manifests : files).Add(name);
            bytes += entry.Bytes;
        }

        foreach (var name in manifests.Concat(files))
        {
            await checkpoints.Store.DeleteAsync(checkpoints.Full(name), cancellationToken);
        }

        return new CleanedUp(manifests.Count, files.Count, bytes);
    }
}

/// <summary>What was removed.</summary>
/// <param name="Manifests">Manifests.</param>
/// <param name="Files">Other objects.</param>
/// <param name="Bytes">Their sizes together.</param>
public readonly record struct CleanedUp(int Manifests, int Files, long Bytes);
