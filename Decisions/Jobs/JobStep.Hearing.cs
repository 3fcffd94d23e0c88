using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What comes of workers and of the store, and who is not listened to.</summary>
internal sealed partial class JobStep
{
    public string? Hear(JobCommand.OfGeneration command)
    {
        if (command.Generation != _job.Generation || (command is JobCommand.FromWorker from && !_job.Assignment.Has(from.Worker)))
        {
            Stale();
            return null;
        }

        if (command is JobCommand.FromWorker alive && _job.HeardUtc.ContainsKey(alive.Worker))
        {
            _job = _job with { HeardUtc = _job.HeardUtc.SetItem(alive.Worker, nowUtc) };
        }

        switch (command)
        {
            case JobCommand.Heartbeat:
                break;
            case JobCommand.StateStored stored when IsOwn(stored.Worker, stored.Subtask):
                Checkpoints(new CheckpointCommand.Store(stored.Subtask, stored.Epoch, stored.State, stored.NeedsCommit));
                Progress();
                TakeFinal();
                break;
            case JobCommand.StateNotStored missing when IsOwn(missing.Worker, missing.Subtask):
                Checkpoints(new CheckpointCommand.Fail(missing.Subtask, missing.Epoch, missing.Reason));
                break;
            case JobCommand.CommitFinished committed when IsOwn(committed.Worker, committed.Subtask):
                Checkpoints(new CheckpointCommand.Commit(committed.Subtask, committed.Epoch));
                Progress();
                break;
            case JobCommand.TaskStarted started when IsOwn(started.Worker, started.Subtask):
                Started(started.Subtask);
                break;
            case JobCommand.TaskFinished finished when IsOwn(finished.Worker, finished.Subtask):
                Finished(finished.Subtask);
                break;
            case JobCommand.TaskFailed failed when IsOwn(failed.Worker, failed.Subtask):
                Failed(failed.Subtask, failed.Failure);
                break;
            case JobCommand.Initialized initialized:
                Initialized(initialized);
                break;
            case JobCommand.Drain drain:
                Leave(drain.Worker);
                break;
            case JobCommand.LoseWorker lose when _job.Assignment.Has(lose.Worker):
                Lose(lose.Worker, lose.Reason);
                break;
            case JobCommand.Compiled compiled:
                Compiled(compiled.Failure);
                break;
            case JobCommand.SeeWorkers see:
                See(see);
                break;
            case JobCommand.RestoreReady ready:
                Restore(ready);
                break;
            case JobCommand.ManifestPublished published:
                Checkpoints(new CheckpointCommand.Publish(published.Epoch, published.Outcome, published.Manifest, published.Message));
                TakeFinal();
                break;
            case JobCommand.CommitMarked marked:
                Checkpoints(new CheckpointCommand.Mark(marked.Epoch));
                TakeFinal();
                break;
            case JobCommand.Compacted compacted:
                Checkpoints(new CheckpointCommand.Compact(compacted.OperatorId, compacted.Tables));
                break;
            case JobCommand.TornDown when _job.Phase == JobPhase.TearingDown:
                AfterTearDown();
                break;
            default:
                Stale();
                break;
        }

        return null;
    }

    private void Stale() => _job = _job with { StaleCount = _job.StaleCount + 1 };

    private bool IsOwn(string worker, SubtaskKey subtask) => _job.Assignment.WorkerOf(subtask) == worker;

    private bool IsOwn(string worker, OperatorSubtask subtask) => _job.Plan!.NodeOf(subtask.OperatorId) is { } node && IsOwn(worker, new SubtaskKey(node.Id, subtask.Index));

    private void Finished(SubtaskKey subtask)
    {
        if (_job.Phase == JobPhase.Restore || _job.Finished.Contains(subtask))
        {
            return;
        }

        _job = _job with { Finished = _job.Finished.Add(subtask) };
        switch (_job.Phase)
        {
            case JobPhase.Tasks:
                Started(subtask);
                break;
            case JobPhase.Draining:
                EndDrainIfDone();
                break;
            case JobPhase.None when _job.Status == JobStatus.Running:
                FinishIfSourcesEnded();
                break;
            case JobPhase.None when _job.Status == JobStatus.Finishing:
                Progress();
                EndFinishingIfDone();
                break;
        }
    }

    private void Failed(SubtaskKey subtask, JobFailure failure)
    {
        var named = failure with { Message = $"Subtask {subtask.Index} of node {subtask.NodeId}: {failure.Message}" };
        if (!IsWatched)
        {
            // The job is on its way to its end in any case, and this subtask is there.
            Finished(subtask);
            return;
        }

        _job = _job with { Finished = _job.Finished.Add(subtask) };
        if (_job.Phase == JobPhase.LastCheckpoint)
        {
            GoWithoutLastCheckpoint(named.Message);
        }
        else
        {
            RecoverOrFail(named);
        }
    }

    private void Initialized(JobCommand.Initialized initialized)
    {
        if (initialized.Failure is { } failure && _job.Phase == JobPhase.Tasks)
        {
            // Nothing of the job runs there, so nothing there will end: waiting for it would take the whole time that a stop may. Before another try that wait is wanted.
            if (!failure.IsRetryable)
            {
                _job = _job with { Finished = _job.Finished.Union(SubtasksOf(initialized.Worker)) };
            }

            RecoverOrFail(failure with { Message = $"Worker '{initialized.Worker}' could not begin: {failure.Message}" });
        }
    }

    private IEnumerable<SubtaskKey> SubtasksOf(string worker) => _job.Assignment.Placements.Where(one => one.Worker == worker).Select(one => one.Subtask);

    private void Lose(string worker, string reason)
    {
        var gone = SubtasksOf(worker);
        var message = $"Worker '{worker}' is lost: {reason}.";
        if (_job.Phase == JobPhase.LastCheckpoint)
        {
            _job = _job with { Finished = _job.Finished.Union(gone) };
            GoWithoutLastCheckpoint(message);
        }
        else if (IsWatched || _job.Phase == JobPhase.Restore)
        {
            _job = _job with { Finished = _job.Finished.Union(gone), HeardUtc = _job.HeardUtc.Remove(worker) };
            Recover(Passing(FlowErrorCode.WorkerLost, message));
        }
        else
        {
            _job = _job with { Finished = _job.Finished.Union(gone) };
            EndDrainIfDone();
        }
    }

    private void Leave(string worker)
    {
        _job = _job with
        {
            Assignment = _job.Assignment with { Workers = [.. _job.Assignment.Workers.Select(one => one.Id == worker ? one with { IsDraining = true } : one)] },
        };
        if (_job.Status == JobStatus.Running)
        {
            TakeLast(JobStatus.Restarting, $"worker '{worker}' ends", rules.DrainGrace);
        }
        else if (_job.Status == JobStatus.Scheduling)
        {
            OrderTearDown();
            LetGo();
            Compile($"worker '{worker}' ends");
        }
    }
}
