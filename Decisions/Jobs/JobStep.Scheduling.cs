using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>From the first look at the program until all subtasks run.</summary>
internal sealed partial class JobStep
{
    private void Compile(string why)
    {
        MoveTo(JobStatus.Compiling, why);
        if (_job.StopMode != JobStopMode.None)
        {
            StopNow(_job.StopMode);
            return;
        }

        WaitFor(JobPhase.None, rules.CompileTimeout);
        _orders.Add(new JobOrder.Compile(_job.Generation));
    }

    private void Compiled(JobFailure? failure)
    {
        if (_job.Status != JobStatus.Compiling)
        {
            Stale();
        }
        else if (failure is null)
        {
            Schedule("its program is ready");
        }
        else
        {
            RecoverOrFail(failure);
        }
    }

    private void Schedule(string why)
    {
        MoveTo(JobStatus.Scheduling, why);
        if (_job.StopMode != JobStopMode.None)
        {
            StopNow(_job.StopMode);
        }
        else
        {
            BeginScheduling();
        }
    }

    /// <summary>A new generation: whatever still runs of the one before is fenced from here on.</summary>
    private void BeginScheduling()
    {
        LetGo();
        Checkpoints(new CheckpointCommand.Abandon("a new generation begins"));
        var settles = MustSettle;
        _job = _job with
        {
            Generation = _job.Generation + 1,
            Plan = settles ? _job.Plan : _job.NextPlan ?? _job.Plan,
            NextPlan = settles ? _job.NextPlan : null,
            Offered = [],
        };
        WaitFor(JobPhase.Slots, rules.WorkerStartTimeout);
        FindWorkers();
    }

    /// <summary>Whether what it begins from fits its numbers of subtasks alone. Once it runs with them it takes an aligned checkpoint, and begins again with those that were asked for.</summary>
    private bool MustSettle => !_job.IsStateUnwanted && _job.Book.Latest is { HoldsRows: true } latest && latest.Epoch >= _job.IgnoreBefore;

    private void FindWorkers()
    {
        _job = _job with { RetryUtc = nowUtc + rules.SlotRetry };
        _orders.Add(new JobOrder.FindWorkers(_job.Generation, _job.Plan!.SlotsNeeded));
    }

    private void See(JobCommand.SeeWorkers see)
    {
        if (_job is not { Status: JobStatus.Scheduling, Phase: JobPhase.Slots })
        {
            return;
        }

        _job = _job with { Offered = see.Workers };
        if (JobAssignment.TryPlace(_job.Plan!, see.Workers) is { } assignment)
        {
            _job = _job with { Assignment = assignment, RetryUtc = null };
            WaitFor(JobPhase.Restore, rules.RestoreTimeout);
            _orders.Add(new JobOrder.PrepareRestore(_job.Generation, _job.Book.Latest, _job.IsStateUnwanted ? long.MaxValue : _job.IgnoreBefore));
        }
    }

    private void Restore(JobCommand.RestoreReady ready)
    {
        if (_job is not { Status: JobStatus.Scheduling, Phase: JobPhase.Restore })
        {
            Stale();
        }
        else if (ready.NewestGeneration > _job.Generation)
        {
            Tell($"The store knows generation {ready.NewestGeneration} of this job, and the job only {_job.Generation}: it goes on after the store's.");
            _job = _job with { Generation = ready.NewestGeneration };
            BeginScheduling();
        }
        else if (ready.Failure is { } failure)
        {
            RecoverOrFail(failure);
        }
        else if (!_job.IsStateUnwanted && _job.Book.Latest is { } known && (ready.Checkpoint is not { } found || found.Epoch < known.Epoch))
        {
            // Beginning from less than what was complete would repeat what is committed, without a word.
            Fail(new JobFailure(
                FlowErrorCode.StateCorrupt,
                $"Checkpoint {known.Epoch} of job '{_job.JobId}' was complete, but its store has {(ready.Checkpoint is { } older ? $"only {older.Epoch}" : "none")}. Bring the files back ('{known.Manifest}'), or restart the job without its state.",
                IsRetryable: false));
        }
        else
        {
            StartTasks(ready);
        }
    }

    private void StartTasks(JobCommand.RestoreReady ready)
    {
        var (book, restore) = (_job.Book, _job.IsStateUnwanted || ready.Checkpoint?.Epoch < _job.IgnoreBefore ? null : ready.Checkpoint);
        if (restore is not null && book.Latest is { IsCommitted: true } known && known.Epoch == restore.Epoch)
        {
            restore = restore with { IsCommitted = true };
        }

        book = book with
        {
            Latest = restore,
            Epoch = Math.Max(Math.Max(book.Epoch, ready.NewestEpoch), restore?.Epoch ?? 0),
            Kept = restore is null ? [] : [.. book.Kept.Where(epoch => epoch < restore.Epoch), restore.Epoch],
        };
        _job = _job with { Book = book, IgnoreBefore = _job.IsStateUnwanted ? book.Epoch + 1 : _job.IgnoreBefore, IsStateUnwanted = false };
        HearAll();
        WaitFor(JobPhase.Tasks, rules.TaskStartTimeout);
        foreach (var worker in _job.Assignment.Workers)
        {
            _orders.Add(new JobOrder.Start(_job.Generation, worker.Id, _job.Assignment, restore, book.Epoch + 1, book.MinEpoch));
        }
    }

    private void Started(SubtaskKey subtask)
    {
        if (_job.Phase == JobPhase.Tasks)
        {
            _job = _job with { Started = _job.Started.Add(subtask) };
            RunIfAllStarted();
        }
    }

    private void RunIfAllStarted()
    {
        if (_job.Started.Count == _job.Assignment.Placements.Length)
        {
            Run();
        }
    }

    private void TimeOutScheduling()
    {
        switch (_job.Phase)
        {
            case JobPhase.Slots:
                Fail(new JobFailure(
                    FlowErrorCode.DeadlineExceeded,
                    $"Job '{_job.JobId}' waited {rules.WorkerStartTimeout} for slots: {JobAssignment.Missing(_job.Plan!, _job.Offered)}",
                    IsRetryable: false));
                break;
            case JobPhase.Restore:
                Recover(Passing(FlowErrorCode.StoreUnavailable, $"The store of its checkpoints did not answer within {rules.RestoreTimeout}."));
                break;
            default:
                var missing = _job.Assignment.Placements.Where(one => !_job.Started.Contains(one.Subtask)).ToList();
                var workers = string.Join(", ", missing.Select(one => one.Worker).Distinct(StringComparer.Ordinal).Take(5));
                Recover(Passing(FlowErrorCode.DeadlineExceeded, $"{missing.Count} subtasks did not start within {rules.TaskStartTimeout}, at: {workers}."));
                break;
        }
    }
}
