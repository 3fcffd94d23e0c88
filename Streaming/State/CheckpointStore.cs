using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Streaming.State;

/// <summary>
/// The checkpoints of a job in an object store, and who may add to them. A checkpoint counts once the record of its epoch names it; the record is created
/// conditionally, and records are created without a gap, so a generation that was replaced cannot add one. Every step can be repeated after a crash.
/// </summary>
/// <remarks>One caller at a time for each generation; any number of generations and processes at once.</remarks>
public sealed class CheckpointStore
{
    internal const int ManifestBytesMax = 256 * 1024 * 1024;
    private const int TakeOverRoundsMax = 1_000;

    private readonly IObjectStore _store;
    private readonly string _job;

    /// <summary>Opens the checkpoints of a job.</summary>
    /// <param name="store">Where they are; it stays the caller's.</param>
    /// <param name="job">The job's folder in the store.</param>
    public CheckpointStore(IObjectStore store, string job)
    {
        ArgumentNullException.ThrowIfNull(store);
        ObjectName.Check(job);
        _store = store;
        _job = job;
    }

    internal IObjectStore Store => _store;

    /// <summary>The name that a manifest is stored under, as <see cref="CheckpointManifest.Parent"/> and requests to workers give it.</summary>
    public static string NameOf(CheckpointManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return CheckpointLayout.Manifest(manifest.Generation, manifest.Epoch);
    }

    /// <summary>Makes a complete checkpoint count. Its files are durable before. Repeating it with the same manifest is safe.</summary>
    /// <param name="manifest">The checkpoint; its parent is what <see cref="TakeOverAsync"/> gave, or the checkpoint that was published before it.</param>
    /// <param name="cancellationToken">Gives up; repeat it to learn what came of it.</param>
    /// <exception cref="FlowException">The store failed: repeat it to learn what came of it.</exception>
    public async ValueTask<PublishOutcome> PublishAsync(CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        var name = NameOf(manifest);
        var parentEpoch = 0L;
        if (manifest.Generation < 1 || (manifest.Parent.Length > 0 && !CheckpointLayout.TryParse(manifest.Parent, out _, out parentEpoch)) || manifest.Epoch <= parentEpoch)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Checkpoint '{name}' cannot follow '{manifest.Parent}': generation and epoch are at least 1, and the epoch is above that of the parent.");
        }

        var view = new PublishView(new EpochRecord(manifest.Generation, manifest.Epoch, name), manifest.NeedsCommit, parentEpoch + 1);
        while (true)
        {
            (var step, view) = FencingDecisions.Next(view);
            if (step == PublishStep.Done)
            {
                return view.Outcome;
            }

            view = await StepAsync(step, view, manifest, cancellationToken);
        }
    }

    /// <summary>
    /// Begins a generation: from then on no older one can publish. Finishes what a crash of the same generation left. Repeating it is safe.
    /// </summary>
    /// <param name="generation">The generation. At least 1; each one has been given out once.</param>
    /// <param name="cancellationToken">Gives up; repeat it.</param>
    public async ValueTask<TakenOver> TakeOverAsync(long generation, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        for (var round = 0; round < TakeOverRoundsMax; round++)
        {
            var epochs = await ListEpochsAsync(cancellationToken);
            var newest = epochs.Count == 0 ? null : await TryReadRecordAsync(epochs[^1], cancellationToken);
            if (newest is null && epochs.Count > 0)
            {
                continue;
            }

            var (isStale, fence) = FencingDecisions.TakeOver(generation, newest);
            if (isStale)
            {
                return new TakenOver(PublishOutcome.StaleGeneration, null, 0);
            }

            if (fence is { } epoch)
            {
                // Created or not, what is there now decides: another generation may have been quicker, or long gone on.
                await TryCreateRecordAsync(new EpochRecord(generation, epoch, ""), cancellationToken);
                continue;
            }

            if (await FinishOwnAsync(generation, cancellationToken) is { } stopped)
            {
                return new TakenOver(stopped, null, 0);
            }

            return await BeginAsync(generation, cancellationToken);
        }

        throw new FlowException(FlowErrorCode.StoreUnavailable, $"Generation {generation} of job '{_job}' could not be begun in {TakeOverRoundsMax} rounds: others publish meanwhile.");
    }

    /// <summary>Notes that the sinks of a checkpoint committed. Repeating it is safe.</summary>
    /// <returns>Ready; or StopOrphaned or StaleGeneration when the checkpoint does not count, and nothing should have been committed.</returns>
    public async ValueTask<PublishOutcome> MarkCommittedAsync(CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        var name = NameOf(manifest);
        var record = await TryReadRecordAsync(manifest.Epoch, cancellationToken);
        if (record?.Manifest != name)
        {
            return record is null ? PublishOutcome.StaleGeneration : PublishOutcome.StopOrphaned;
        }

        await _store.TryCreateAsync(Full(CheckpointLayout.Committed(manifest.Generation, manifest.Epoch)), "committed"u8.ToArray(), cancellationToken);
        return PublishOutcome.Ready;
    }

    /// <summary>How far a checkpoint came.</summary>
    /// <param name="name">Name of its manifest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<CheckpointStanding> StandingOfAsync(string name, CancellationToken cancellationToken)
    {
        if (!CheckpointLayout.TryParse(name, out var generation, out var epoch))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{name}' is no manifest's name.");
        }

        var manifest = await TryReadManifestAsync(name, cancellationToken);
        var record = await TryReadRecordAsync(epoch, cancellationToken);
        var isCommitted = manifest is { NeedsCommit: true } && await IsCommittedAsync(generation, epoch, cancellationToken);
        return FencingDecisions.StandingOf(manifest is not null, name, record, manifest?.NeedsCommit ?? false, isCommitted);
    }

    /// <summary>Reads a manifest.</summary>
    /// <returns>Null when there is none of that name.</returns>
    /// <exception cref="FlowException">It cannot be read as one (<see cref="FlowErrorCode.StateCorrupt"/>).</exception>
    public async ValueTask<CheckpointManifest?> TryReadManifestAsync(string name, CancellationToken cancellationToken)
    {
        var content = await _store.TryGetAsync(Full(name), ManifestBytesMax, cancellationToken);
        try
        {
            return content is null ? null : CheckpointManifest.Parser.ParseFrom(content);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"Manifest '{name}' of job '{_job}' is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>The names of the manifests that count, oldest first.</summary>
    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        var names = new List<string>();
        foreach (var epoch in await ListEpochsAsync(cancellationToken))
        {
            if (await TryReadRecordAsync(epoch, cancellationToken) is { IsVoid: false } record)
            {
                names.Add(record.Manifest);
            }
        }

        return names;
    }

    internal string Full(string name) => $"{_job}/{name}";

    internal async ValueTask<List<long>> ListEpochsAsync(CancellationToken cancellationToken)
    {
        var epochs = new List<long>();
        await foreach (var entry in _store.ListAsync(Full(CheckpointLayout.Records), cancellationToken))
        {
            if (CheckpointLayout.TryParseRecord(entry.Name[(_job.Length + 1)..], out var epoch))
            {
                epochs.Add(epoch);
            }
        }

        // Names of more than seven digits do not sort as numbers.
        epochs.Sort();
        return epochs;
    }

    internal async ValueTask<EpochRecord?> TryReadRecordAsync(long epoch, CancellationToken cancellationToken)
    {
        var name = CheckpointLayout.Record(epoch);
        return await _store.TryGetAsync(Full(name), EpochRecord.BytesMax, cancellationToken) is { } content ? EpochRecord.Parse(name, content) : null;
    }

    private async ValueTask<PublishView> StepAsync(PublishStep step, PublishView view, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case PublishStep.StoreManifest:
                var isSame = await TryStoreManifestAsync(view.Own.Manifest, manifest, cancellationToken);
                return isSame ? view with { IsStored = true } : view with { IsStored = true, Parent = CheckpointStanding.Invisible };
            case PublishStep.ReadParent:
                return view with { Parent = manifest.Parent.Length == 0 ? CheckpointStanding.Ready : await StandingOfAsync(manifest.Parent, cancellationToken) };
            case PublishStep.NoteGeneration:
                await NoteAsync(manifest.Generation, view.Own.Manifest, cancellationToken);
                return view with { IsNoted = true };
            case PublishStep.Claim:
                return await TryCreateRecordAsync(view.Claim, cancellationToken)
                    ? view with { NextClaim = view.NextClaim + 1 }
                    : view with { Found = await TryReadRecordAsync(view.NextClaim, cancellationToken) ?? throw Vanished(view.NextClaim) };
            case PublishStep.CheckNewest:
                return view with { IsNewest = (await ListEpochsAsync(cancellationToken)).LastOrDefault() == view.Own.Epoch };
            default:
                return view with { IsCommitted = await IsCommittedAsync(manifest.Generation, manifest.Epoch, cancellationToken) };
        }
    }

    /// <summary>A crash of this generation may have come between the manifest and the claim of its epoch.</summary>
    /// <returns>What ends the generation; null when nothing does.</returns>
    private async ValueTask<PublishOutcome?> FinishOwnAsync(long generation, CancellationToken cancellationToken)
    {
        var own = await TryReadGenerationAsync(generation, cancellationToken);
        if (own is null || own.LatestManifest.Length == 0 || await StandingOfAsync(own.LatestManifest, cancellationToken) != CheckpointStanding.Unclaimed)
        {
            return null;
        }

        var manifest = await TryReadManifestAsync(own.LatestManifest, cancellationToken);
        var outcome = manifest is null ? PublishOutcome.Failed : await PublishAsync(manifest, cancellationToken);

        // One that cannot be claimed is as if it had never been: the generation goes on from what counts.
        return outcome == PublishOutcome.StaleGeneration ? outcome : null;
    }

    private async ValueTask<TakenOver> BeginAsync(long generation, CancellationToken cancellationToken)
    {
        var epochs = await ListEpochsAsync(cancellationToken);
        var start = Math.Max(epochs.LastOrDefault(), await LatestOwnEpochAsync(generation, cancellationToken)) + 1;
        for (var i = epochs.Count - 1; i >= 0; i--)
        {
            if (await TryReadRecordAsync(epochs[i], cancellationToken) is not { IsVoid: false } record)
            {
                continue;
            }

            var manifest = await TryReadManifestAsync(record.Manifest, cancellationToken)
                ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"Checkpoint '{record.Manifest}' of job '{_job}' counts, but its manifest is gone. Start from a savepoint.");
            await NoteAsync(generation, record.Manifest, cancellationToken);
            var isOpen = manifest.NeedsCommit && !await IsCommittedAsync(manifest.Generation, manifest.Epoch, cancellationToken);
            return new TakenOver(isOpen ? PublishOutcome.CommitRequired : PublishOutcome.Ready, manifest, start);
        }

        return new TakenOver(PublishOutcome.Ready, null, start);
    }

    /// <summary>The latest epoch that the generation wrote anything for, in a life before; 0 when there is none.</summary>
    private async ValueTask<long> LatestOwnEpochAsync(long generation, CancellationToken cancellationToken)
    {
        var latest = 0L;
        await foreach (var entry in _store.ListAsync(Full(CheckpointLayout.Generation(generation)), cancellationToken))
        {
            latest = CheckpointLayout.TryParse(entry.Name[(_job.Length + 1)..], out _, out var epoch) ? Math.Max(latest, epoch) : latest;
        }

        return latest;
    }

    private async ValueTask<bool> TryStoreManifestAsync(string name, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        var content = manifest.ToByteArray();
        return await _store.TryCreateAsync(Full(name), content, cancellationToken)
            || (await _store.TryGetAsync(Full(name), ManifestBytesMax, cancellationToken) is { } there && content.AsSpan().SequenceEqual(there));
    }

    private async ValueTask NoteAsync(long generation, string latest, CancellationToken cancellationToken)
    {
        var known = await TryReadGenerationAsync(generation, cancellationToken);
        var record = new GenerationRecord(generation, known?.BaseManifest ?? latest, latest);
        if (record != known)
        {
            await _store.PutAsync(Full(CheckpointLayout.GenerationManifest(generation)), record.ToBytes(), cancellationToken);
        }
    }

    private async ValueTask<GenerationRecord?> TryReadGenerationAsync(long generation, CancellationToken cancellationToken)
    {
        var name = CheckpointLayout.GenerationManifest(generation);
        return await _store.TryGetAsync(Full(name), EpochRecord.BytesMax, cancellationToken) is { } content ? GenerationRecord.Parse(name, content) : null;
    }

    private ValueTask<bool> TryCreateRecordAsync(EpochRecord record, CancellationToken cancellationToken) =>
        _store.TryCreateAsync(Full(CheckpointLayout.Record(record.Epoch)), record.ToBytes(), cancellationToken);

    private async ValueTask<bool> IsCommittedAsync(long generation, long epoch, CancellationToken cancellationToken) =>
        await _store.TryGetAsync(Full(CheckpointLayout.Committed(generation, epoch)), EpochRecord.BytesMax, cancellationToken) is not null;

    private FlowException Vanished(long epoch) =>
        new(FlowErrorCode.StoreUnavailable, $"The record of epoch {epoch} of job '{_job}' was there and is gone: old checkpoints are being cleared away. Repeat the call.");
}
