using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <content>How checkpoints come to count, and sinks to commit them.</content>
public sealed partial class LocalRunner
{
    /// <summary>A stored checkpoint is made to count, then its sinks commit it, and that is noted.</summary>
    private async Task SettleAsync(CheckpointManifest manifest, Task committed, CancellationToken cancellationToken)
    {
        try
        {
            await (_log?.PublishAsync(manifest, cancellationToken) ?? ValueTask.CompletedTask);
            if (manifest.NeedsCommit)
            {
                await _engine.CommitAsync(new CommitRequest { Epoch = manifest.Epoch, Commits = { manifest.Operators.SelectMany(one => one.Commits) } }, cancellationToken);
                await committed.WaitAsync(_commitTimeout, _clock, cancellationToken);
                await (_log?.MarkCommittedAsync(manifest, cancellationToken) ?? ValueTask.CompletedTask);
            }
        }
        catch (Exception exception) when (_log is not null)
        {
            // What is stored and what the job believes may differ now: only a new start, which reads what is stored, may go on.
            _lost.TrySetException(exception);
            _ = _lost.Task.Exception;
            throw;
        }
    }

    /// <summary>What the restored checkpoint holds to be committed may not have been; committing it again changes nothing.</summary>
    private async Task ReplayAsync(CancellationToken cancellationToken)
    {
        var commits = _restored?.Operators.SelectMany(one => one.Commits).ToList() ?? [];
        if (commits.Count > 0)
        {
            await CommitAgainAsync(_restored!.Epoch, commits, cancellationToken);
            await (_log?.MarkCommittedAsync(_restored, cancellationToken) ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>What was staged between the last checkpoint and the end of the data. With a log it is a checkpoint: the next start has nothing left to do.</summary>
    private async Task CommitFinalAsync(CancellationToken cancellationToken)
    {
        var last = new LocalCheckpoint(_engine.Plan, _log is null ? long.MaxValue : 0);
        lock (_gate)
        {
            foreach (var final in _finals)
            {
                last.Store(final);
            }

            if (last.Manifest is null)
            {
                // The job was stopped: a checkpoint that is not complete by now never will be.
                _checkpoint?.Fail(Ended());
            }
        }

        // One that is under way has the same ends in it, and its commits come first.
        await _oneCheckpoint.WaitAsync(cancellationToken);
        try
        {
            if (last.Manifest is { } manifest)
            {
                manifest.Epoch = _log is null ? manifest.Epoch : _nextEpoch++;
                await (_log?.PublishAsync(manifest, cancellationToken) ?? ValueTask.CompletedTask);
                await CommitAgainAsync(manifest.Epoch, [.. manifest.Operators.SelectMany(one => one.Commits)], cancellationToken);
                await (_log is not null && manifest.NeedsCommit ? _log.MarkCommittedAsync(manifest, cancellationToken) : ValueTask.CompletedTask);
            }
        }
        finally
        {
            _oneCheckpoint.Release();
        }
    }

    private async Task CommitAgainAsync(long epoch, List<SubtaskCommit> commits, CancellationToken cancellationToken)
    {
        var awaited = new AwaitedCommits(epoch, commits.Count);
        lock (_gate)
        {
            _commits = awaited;
        }

        await _engine.CommitAsync(new CommitRequest { Epoch = epoch, Commits = { commits } }, cancellationToken);
        try
        {
            await awaited.Done.WaitAsync(_commitTimeout, _clock, cancellationToken);
        }
        catch (FlowException)
        {
            // While others still run, the first failure of all is the one that counts.
            await _engine.Completion;
            throw;
        }
    }
}
