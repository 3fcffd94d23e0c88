using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>One decision of <see cref="JobDecider"/> in the making: what all states have in common.</summary>
internal sealed partial class JobStep(StreamJob state, JobRules rules, DateTimeOffset nowUtc)
{
    private readonly ImmutableArray<JobOrder>.Builder _orders = ImmutableArray.CreateBuilder<JobOrder>();
    private StreamJob _before = state;
    private StreamJob _job = state;

    /// <summary>Whether subtasks are supposed to run, so that silence of a worker means that it is lost.</summary>
    private bool IsWatched => _job.Status is JobStatus.Running or JobStatus.Finishing && _job.Phase == JobPhase.None || _job.Phase is JobPhase.Tasks or JobPhase.LastCheckpoint;

    private bool HaveAllEnded => _job.Finished.Count == _job.Assignment.Placements.Length;

    public JobDecision ToDecision()
    {
        var wake = WakeUtc();
        if (wake != _before.WakeUtc && (wake is null || _before.WakeUtc is null || _before.WakeUtc <= nowUtc || wake < _before.WakeUtc))
        {
            _job = _job with { WakeUtc = wake };
            _orders.Add(new JobOrder.WakeAt(wake));
        }

        if (!ReferenceEquals(_job, _before) && _job.Durable() != _before.Durable())
        {
            _orders.Insert(0, new JobOrder.Persist());
        }

        return new JobDecision(_job, _orders.ToImmutable());
    }

    public string? Submit(JobCommand.Submit submit)
    {
        if (_job.Exists)
        {
            return _job.Plan!.ProgramHash == submit.Plan.ProgramHash ? null : $"There is a job '{_job.JobId}' already, with another program.";
        }

        if (submit.JobId.Length == 0 || submit.Plan.Nodes.IsEmpty)
        {
            return "A job needs an id and a program with nodes.";
        }

        if (submit.Settings.Fault is { Length: > 0 } fault)
        {
            return fault;
        }

        _job = _job with { JobId = submit.JobId, Plan = submit.Plan, Settings = submit.Settings, Seed = submit.Seed, StatusSinceUtc = nowUtc };
        Compile("it was submitted");
        return null;
    }

    public string? Tick()
    {
        // The timer is used up, even if it came a moment before its time by this clock: it is asked for again whatever comes of it.
        (_job, _before) = (_job with { WakeUtc = null }, _before with { WakeUtc = null });
        if (_job.DeadlineUtc <= nowUtc)
        {
            TimeOut();
            return null;
        }

        if (IsWatched && Silent() is { } silent)
        {
            Lose(silent, $"it was not heard for {rules.HeartbeatTimeout}");
            return null;
        }

        switch (_job.Status)
        {
            case JobStatus.Running:
                TickRunning();
                break;
            case JobStatus.Scheduling when _job.Phase == JobPhase.Slots && _job.RetryUtc <= nowUtc:
                FindWorkers();
                break;
            case JobStatus.Finishing when _job.Phase == JobPhase.None:
                Checkpoints(new CheckpointCommand.Tick(MayStart: false));
                TakeFinal();
                break;
            default:
                if (_job.Phase == JobPhase.LastCheckpoint)
                {
                    Checkpoints(new CheckpointCommand.Tick(MayStart: false));
                }

                break;
        }

        return null;
    }

    private void MoveTo(JobStatus status, string why)
    {
        if (!JobTransitions.IsAllowed(_job.Status, status))
        {
            throw new InvalidOperationException($"Job '{_job.JobId}' cannot go from {_job.Status} to {status}.");
        }

        _orders.Add(new JobOrder.Tell(JobNews.StateChanged, 0, $"{_job.Status} -> {status}: {why}"));
        _job = _job with { Status = status, Phase = JobPhase.None, StatusSinceUtc = nowUtc, DeadlineUtc = null, RetryUtc = null };
    }

    private void WaitFor(JobPhase phase, TimeSpan atMost) => _job = _job with { Phase = phase, DeadlineUtc = nowUtc + atMost };

    private void Tell(string warning) => _orders.Add(new JobOrder.Tell(JobNews.Warning, 0, warning));

    private string? Silent()
    {
        foreach (var (worker, heardUtc) in _job.HeardUtc)
        {
            if (nowUtc - heardUtc >= rules.HeartbeatTimeout)
            {
                return worker;
            }
        }

        return null;
    }

    private void HearAll() => _job = _job with { HeardUtc = StreamJob.NobodyHeard.AddRange(_job.Assignment.Workers.Select(worker => KeyValuePair.Create(worker.Id, nowUtc))) };

    /// <summary>Tells every worker to stop its subtasks, and waits for that.</summary>
    private void Drain(StopMode mode, TimeSpan atMost)
    {
        WaitFor(JobPhase.Draining, atMost);
        foreach (var worker in _job.Assignment.Workers)
        {
            _orders.Add(new JobOrder.StopTasks(_job.Generation, worker.Id, mode));
        }

        EndDrainIfDone();
    }

    private void EndDrainIfDone()
    {
        if (_job.Phase == JobPhase.Draining && HaveAllEnded)
        {
            TearDown();
        }
    }

    /// <summary>Makes the workers let go, and waits a little for that. Whoever does not hear it is fenced by the next generation.</summary>
    private void TearDown()
    {
        if (_job.Assignment.Workers.IsEmpty)
        {
            AfterTearDown();
            return;
        }

        WaitFor(JobPhase.TearingDown, rules.TearDownTimeout);
        OrderTearDown();
    }

    private void OrderTearDown()
    {
        if (!_job.Assignment.Workers.IsEmpty)
        {
            _orders.Add(new JobOrder.TearDown(_job.Generation, [.. _job.Assignment.Workers.Select(worker => worker.Id)]));
        }
    }

    private void LetGo() => _job = _job with { Assignment = JobAssignment.None, Started = [], Finished = [], HeardUtc = StreamJob.NobodyHeard };

    private void AfterTearDown()
    {
        Checkpoints(new CheckpointCommand.Abandon("its subtasks have ended"));
        LetGo();
        switch (_job.Status)
        {
            case JobStatus.CheckpointStopping or JobStatus.Stopping:
                MoveTo(JobStatus.Stopped, "nothing of it runs any more");
                if (_job.StopMode == JobStopMode.None)
                {
                    _job = _job with { EndsUtc = null, RestartCount = 0, Failure = null };
                    Compile("it was started again while it stopped");
                }

                break;
            case JobStatus.Finishing:
                MoveTo(JobStatus.Finished, "all its rows went through");
                break;
            case JobStatus.Failing:
                MoveTo(JobStatus.Failed, _job.Failure!.Message);
                break;
            case JobStatus.Recovering when _job.IsGivingUp:
                MoveTo(JobStatus.Failed, _job.Failure!.Message);
                break;
            case JobStatus.Recovering when _job.StopMode != JobStopMode.None:
                Compile("it is to stop");
                break;
            case JobStatus.Recovering:
                WaitFor(JobPhase.BackingOff, JobBackoff.Wait(_job.RestartCount - 1, JobBackoff.Chance(_job.Seed, (_job.Generation << 20) + _job.RestartCount), rules));
                break;
            default:
                Schedule($"it begins again after {_job.Status}");
                break;
        }
    }

    private DateTimeOffset? WakeUtc()
    {
        var wake = _job.DeadlineUtc;
        Earlier(_job.RetryUtc);
        if (IsWatched && !_job.HeardUtc.IsEmpty)
        {
            Earlier(_job.HeardUtc.Values.Min() + rules.HeartbeatTimeout);
        }

        if (_job.Status == JobStatus.Running)
        {
            Earlier(_job.EndsUtc);
            Earlier(_job.RestartCount > 0 ? _job.StatusSinceUtc + rules.HealthyAfter : null);
            Earlier(_job.Book.WakeUtc);
        }
        else if (IsWatched)
        {
            Earlier(_job.Book.Current?.DeadlineUtc);
            Earlier(_job.Status == JobStatus.Finishing && _job.Book is { FailedInARow: > 0, IsFinalTaken: false, DueUtc: { } due } && due > nowUtc ? due : null);
        }

        return wake;

        void Earlier(DateTimeOffset? other) => wake = wake is null || other < wake ? other ?? wake : wake;
    }

    private static JobFailure Passing(FlowErrorCode code, string message) => new(code, message, IsRetryable: true);
}
