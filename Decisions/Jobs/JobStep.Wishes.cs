using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What people want of a job, and its reload.</summary>
internal sealed partial class JobStep
{
    public string? WantStop(JobStopMode mode)
    {
        if (mode == JobStopMode.None)
        {
            return WantStart(ignoreState: false);
        }

        if (_job.Status == JobStatus.Finishing)
        {
            return "All its sources have ended; it finishes by itself.";
        }

        if (JobTransitions.IsAtRest(_job.Status))
        {
            return null;
        }

        var before = _job.StopMode;
        _job = _job with { StopMode = mode };
        switch (_job.Status)
        {
            case JobStatus.Running when mode == JobStopMode.Checkpoint:
                TakeLast(JobStatus.CheckpointStopping, "it is to stop with a checkpoint", rules.CheckpointBound * 2);
                break;
            case JobStatus.Running:
                StopNow(mode);
                break;
            case JobStatus.Compiling or JobStatus.Scheduling:
                StopNow(mode == JobStopMode.Force ? mode : JobStopMode.Immediate);
                break;
            case JobStatus.Restarting when mode == JobStopMode.Checkpoint:
                StopInsteadOfRestart();
                break;
            case JobStatus.CheckpointStopping or JobStatus.Rescaling when mode == JobStopMode.Checkpoint:
                // The one that stops has its checkpoint under way; so has the one that rescales, and it stops right after it.
                break;
            case JobStatus.CheckpointStopping or JobStatus.Restarting or JobStatus.Rescaling:
                StopNow(mode == JobStopMode.Force ? mode : JobStopMode.Immediate);
                break;
            case JobStatus.Recovering when _job.Phase == JobPhase.BackingOff:
                Compile("it is to stop");
                break;
            case JobStatus.Stopping when mode == JobStopMode.Immediate && before == JobStopMode.Graceful && _job.Phase == JobPhase.Draining:
                Drain(StopMode.Immediate, rules.StopTimeout);
                break;
            case JobStatus.Stopping or JobStatus.Recovering or JobStatus.Failing when mode == JobStopMode.Force && _job.Phase == JobPhase.Draining:
                TearDown();
                break;
        }

        return null;
    }

    public string? WantStart(bool ignoreState)
    {
        switch (_job.Status)
        {
            case JobStatus.Finished:
                return "The job has finished: all its rows went through. Submit another one.";
            case JobStatus.Stopped or JobStatus.Failed:
                _job = _job with { StopMode = JobStopMode.None, RestartCount = 0, Failure = null, IsGivingUp = false, EndsUtc = null, IsStateUnwanted = ignoreState };
                Compile("it was started again");
                return null;
            case JobStatus.Failing:
                return "The job fails; start it again once it has failed.";
            default:
                // One that stops begins again as soon as it has stopped; one that runs goes on.
                _job = _job with { StopMode = JobStopMode.None, IsStateUnwanted = _job.IsStateUnwanted || (ignoreState && _job.StopMode != JobStopMode.None) };
                return null;
        }
    }

    public string? WantRestart(bool isForced, bool ignoreState)
    {
        switch (_job.Status)
        {
            case JobStatus.Stopped or JobStatus.Failed or JobStatus.Finished:
                return WantStart(ignoreState);
            case JobStatus.Running or JobStatus.Scheduling or JobStatus.Restarting or JobStatus.Recovering or JobStatus.Compiling:
                break;
            default:
                return $"The job is {_job.Status}; restart it once that is over.";
        }

        _job = _job with { IsStateUnwanted = _job.IsStateUnwanted || ignoreState };
        switch (_job.Status)
        {
            case JobStatus.Running when !isForced:
                TakeLast(JobStatus.Restarting, "it was asked to", rules.CheckpointBound * 2);
                break;
            case JobStatus.Running:
            case JobStatus.Restarting when isForced && _job.Phase != JobPhase.TearingDown:
                MoveTo(JobStatus.Restarting, "it was asked to, by force");
                Checkpoints(new CheckpointCommand.Abandon("the job restarts by force"));
                TearDown();
                break;
            case JobStatus.Scheduling:
                OrderTearDown();
                LetGo();
                Compile("it was asked to begin again");
                break;
            case JobStatus.Recovering when _job.Phase == JobPhase.BackingOff:
                _job = _job with { RestartCount = 0 };
                Compile("it was asked to begin again at once");
                break;
        }

        return null;
    }

    public string? WantScale(JobPlan plan)
    {
        if (plan.ProgramHash != _job.Plan!.ProgramHash || !plan.Nodes.Select(node => node.Id).SequenceEqual(_job.Plan.Nodes.Select(node => node.Id)))
        {
            return "A job is rescaled with the same program; submit another one for another program.";
        }

        if (_job.Status is JobStatus.Finishing or JobStatus.Finished or JobStatus.Failing)
        {
            return $"The job is {_job.Status}; it cannot be rescaled.";
        }

        if (_job.NextPlan is null && plan.Nodes.Select(node => node.Parallelism).SequenceEqual(_job.Plan.Nodes.Select(node => node.Parallelism)))
        {
            return null;
        }

        _job = _job with { NextPlan = plan };
        if (_job.Status == JobStatus.Running)
        {
            TakeLast(JobStatus.Rescaling, "other numbers of subtasks were asked for", rules.CheckpointBound * 2);
        }
        else if (_job is { Status: JobStatus.Scheduling, Phase: JobPhase.Slots } && !MustSettle)
        {
            // Nothing is placed yet: what is waited for is another number of slots, in the same time.
            _job = _job with { Plan = plan, NextPlan = null };
            FindWorkers();
        }

        return null;
    }

    public string? WantCheckpoint()
    {
        if (_job.Status != JobStatus.Running)
        {
            return $"The job is {_job.Status}; checkpoints are taken while it runs.";
        }

        Checkpoints(new CheckpointCommand.TakeNow());
        Checkpoints(new CheckpointCommand.Tick(MayStart: EndedWithoutState() is null));
        return null;
    }

    public string? Reload()
    {
        _job = _job with { WakeUtc = null };
        _before = _before with { WakeUtc = null };
        HearAll();
        switch (_job.Phase)
        {
            case JobPhase.Draining when _job.Status is JobStatus.Stopping or JobStatus.Failing or JobStatus.Recovering:
                foreach (var worker in _job.Assignment.Workers)
                {
                    var isGraceful = _job.Status == JobStatus.Failing || (_job.Status == JobStatus.Stopping && _job.StopMode == JobStopMode.Graceful);
                    _orders.Add(new JobOrder.StopTasks(_job.Generation, worker.Id, isGraceful ? StopMode.Graceful : StopMode.Immediate));
                }

                break;
            case JobPhase.TearingDown:
                OrderTearDown();
                break;
            case JobPhase.Slots or JobPhase.Restore or JobPhase.Tasks:
                // What subtasks said while nobody listened is not known: they begin again, under a generation of their own.
                OrderTearDown();
                BeginScheduling();
                break;
            case JobPhase.None when _job.Status == JobStatus.Compiling:
                WaitFor(JobPhase.None, rules.CompileTimeout);
                _orders.Add(new JobOrder.Compile(_job.Generation));
                break;
            default:
                if (IsWatched)
                {
                    Progress();
                    Checkpoints(new CheckpointCommand.Reload());
                }

                break;
        }

        return null;
    }

    private void StopInsteadOfRestart()
    {
        var (phase, deadline) = (_job.Phase, _job.DeadlineUtc);
        MoveTo(JobStatus.CheckpointStopping, "it is to stop, with the checkpoint that it takes");
        _job = _job with { Phase = phase, DeadlineUtc = deadline };
    }
}
