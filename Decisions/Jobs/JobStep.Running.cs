using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>While it runs, and while its last rows go through; and the way to and from its checkpoints.</summary>
internal sealed partial class JobStep
{
    private void Run()
    {
        MoveTo(JobStatus.Running, "all its subtasks run");
        _job = _job with { EndsUtc = _job.EndsUtc ?? (_job.Settings.TimeToLive is { } live ? nowUtc + live : null) };
        Checkpoints(new CheckpointCommand.Begin());
        FinishIfSourcesEnded();
        if (_job.Status == JobStatus.Running && _job.NextPlan is not null)
        {
            TakeLast(JobStatus.Rescaling, "other numbers of subtasks were asked for", rules.CheckpointBound * 2);
        }
    }

    private void TickRunning()
    {
        if (_job.EndsUtc <= nowUtc)
        {
            _job = _job with { StopMode = JobStopMode.Immediate };
            StopNow(JobStopMode.Immediate);
            return;
        }

        if (_job.RestartCount > 0 && nowUtc - _job.StatusSinceUtc >= rules.HealthyAfter)
        {
            _job = _job with { RestartCount = 0 };
        }

        if (_job.Book.Current is null && _job.Book.DueUtc <= nowUtc && EndedWithoutState() is { } ended)
        {
            Tell($"Subtask {ended.Index} of operator '{ended.OperatorId}' ended without storing its last state: no checkpoint can be complete, and a restart begins from {Base()}.");
            _job = _job with { Book = _job.Book with { DueUtc = nowUtc + _job.Settings.CheckpointInterval } };
            return;
        }

        Checkpoints(new CheckpointCommand.Tick(MayStart: true));
    }

    private void FinishIfSourcesEnded()
    {
        if (_job.Status != JobStatus.Running || !_job.Plan!.Nodes.Where(node => node.IsSource).All(node => Enumerable.Range(0, node.Parallelism).All(index => _job.Finished.Contains(new SubtaskKey(node.Id, index)))))
        {
            return;
        }

        MoveTo(JobStatus.Finishing, "all its sources have ended");
        WaitFor(JobPhase.None, rules.FinishTimeout);
        TakeFinal();
        EndFinishingIfDone();
    }

    /// <summary>A job that finishes has time as long as something of it gets further.</summary>
    private void Progress()
    {
        if (_job is { Status: JobStatus.Finishing, Phase: JobPhase.None })
        {
            _job = _job with { DeadlineUtc = nowUtc + rules.FinishTimeout };
        }
    }

    private void TakeFinal()
    {
        if (_job is { Status: JobStatus.Finishing, Phase: JobPhase.None })
        {
            Checkpoints(new CheckpointCommand.TakeFinal());
            EndFinishingIfDone();
        }
    }

    private void EndFinishingIfDone()
    {
        // What sinks staged at their end is part of the job's rows, and so is a checkpoint that is being stored or committed: they are waited for.
        if (_job is { Status: JobStatus.Finishing, Phase: JobPhase.None } && HaveAllEnded
            && _job.Book.Current is null or { Phase: CheckpointPhase.Gathering } && !_job.Book.Finals.Values.Any(final => final.NeedsCommit))
        {
            TearDown();
        }
    }

    /// <summary>An operator of a subtask that has ended and of which nobody knows how far it came; null for none.</summary>
    private OperatorSubtask? EndedWithoutState()
    {
        foreach (var subtask in _job.Finished)
        {
            foreach (var id in _job.Plan!.Node(subtask.NodeId)!.Operators)
            {
                if (!_job.Book.Finals.ContainsKey(new OperatorSubtask(id, subtask.Index)))
                {
                    return new OperatorSubtask(id, subtask.Index);
                }
            }
        }

        return null;
    }

    private string Base() => _job.Book.Latest is { } latest ? $"checkpoint {latest.Epoch}" : "nothing";

    private void Checkpoints(CheckpointCommand command)
    {
        if (command is not CheckpointCommand.Abandon && !IsWatched)
        {
            Stale();
            return;
        }

        var context = new CheckpointContext(_job.JobId, _job.Generation, _job.Plan!, _job.Assignment, _job.Settings.CheckpointInterval, _job.Seed, rules);
        var decision = CheckpointCoordinator.Decide(_job.Book, command, context, nowUtc);
        _job = _job with { Book = decision.Book };
        _orders.AddRange(decision.Orders);
        if (command is CheckpointCommand.Abandon)
        {
            return;
        }

        var isLast = _job.Phase == JobPhase.LastCheckpoint;
        switch (decision.Outcome)
        {
            case CheckpointOutcome.Completed when isLast && decision.Ended!.ThenStop:
                WaitFor(JobPhase.Draining, rules.StopTimeout);
                EndDrainIfDone();
                break;
            case CheckpointOutcome.Completed:
                Progress();
                break;
            case CheckpointOutcome.GivenUp when isLast && decision.Ended!.ThenStop:
            case CheckpointOutcome.InDoubt when isLast:
            case CheckpointOutcome.Fatal when isLast:
                GoWithoutLastCheckpoint(decision.Message);
                break;
            case CheckpointOutcome.InDoubt:
                Recover(Passing(FlowErrorCode.StoreUnavailable, $"Checkpoint {decision.Ended!.Epoch} is in doubt: {decision.Message}."));
                break;
            case CheckpointOutcome.Fatal:
                Fail(new JobFailure(FlowErrorCode.BadInput, decision.Message, IsRetryable: false));
                break;
        }
    }
}
