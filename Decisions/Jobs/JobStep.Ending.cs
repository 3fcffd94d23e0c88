using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>The ways out of running: last checkpoints, stops, recoveries, failures; and what happens when a wait is over.</summary>
internal sealed partial class JobStep
{
    private void TakeLast(JobStatus status, string why, TimeSpan atMost)
    {
        MoveTo(status, why);
        WaitFor(JobPhase.LastCheckpoint, atMost);
        if (EndedWithoutState() is { } ended)
        {
            GoWithoutLastCheckpoint($"subtask {ended.Index} of operator '{ended.OperatorId}' ended without storing its last state");
        }
        else
        {
            Checkpoints(new CheckpointCommand.TakeLast());
        }
    }

    /// <summary>The last checkpoint will not come: what was wanted happens without it.</summary>
    private void GoWithoutLastCheckpoint(string why)
    {
        Checkpoints(new CheckpointCommand.Abandon(why));
        Tell($"{_job.Status} goes on without its last checkpoint ({why}): the job begins from {Base()} next.");
        if (_job.Status == JobStatus.CheckpointStopping)
        {
            StopNow(JobStopMode.Immediate);
        }
        else
        {
            TearDown();
        }
    }

    private void StopNow(JobStopMode mode)
    {
        var isPlaced = _job.Phase is not (JobPhase.Slots or JobPhase.Restore);
        MoveTo(JobStatus.Stopping, $"it is to stop ({mode})");
        Checkpoints(new CheckpointCommand.Abandon("the job stops"));
        if (!isPlaced)
        {
            LetGo();
        }

        if (mode == JobStopMode.Force || HaveAllEnded)
        {
            TearDown();
        }
        else
        {
            Drain(mode == JobStopMode.Graceful ? StopMode.Graceful : StopMode.Immediate, rules.StopTimeout);
        }
    }

    private void RecoverOrFail(JobFailure failure)
    {
        if (failure.IsRetryable)
        {
            Recover(failure);
        }
        else
        {
            Fail(failure);
        }
    }

    private void Recover(JobFailure failure)
    {
        if (_job.Settings.IsPreview)
        {
            Fail(failure with { Message = $"{failure.Message} A preview does not begin again by itself." });
            return;
        }

        var isPlaced = _job.Phase != JobPhase.Restore;
        var restarts = _job.RestartCount + 1;
        var isGivingUp = rules.RestartsMax >= 0 && restarts > rules.RestartsMax;
        MoveTo(JobStatus.Recovering, failure.Message);
        Checkpoints(new CheckpointCommand.Abandon(failure.Message));
        _job = _job with
        {
            RestartCount = restarts,
            IsGivingUp = isGivingUp,
            Failure = isGivingUp
                ? failure with { Message = $"Job '{_job.JobId}' began again {rules.RestartsMax} times in a row and never ran for {rules.HealthyAfter}. The last failure: {failure.Message}", IsRetryable = false }
                : failure,
        };
        if (!isPlaced)
        {
            LetGo();
        }

        if (HaveAllEnded)
        {
            TearDown();
        }
        else
        {
            Drain(StopMode.Immediate, rules.HaltTimeout);
        }
    }

    private void Fail(JobFailure failure)
    {
        var isPlaced = _job.Phase is not (JobPhase.Slots or JobPhase.Restore);
        MoveTo(JobStatus.Failing, failure.Message);
        Checkpoints(new CheckpointCommand.Abandon(failure.Message));
        _job = _job with { Failure = failure };
        if (!isPlaced)
        {
            LetGo();
        }

        if (HaveAllEnded)
        {
            TearDown();
        }
        else
        {
            Drain(StopMode.Graceful, rules.StopTimeout);
        }
    }

    private void TimeOut()
    {
        switch (_job.Phase)
        {
            case JobPhase.Draining:
                Tell($"{_job.Assignment.Placements.Length - _job.Finished.Count} subtasks did not end in time: their workers let go of them.");
                TearDown();
                break;
            case JobPhase.TearingDown:
                AfterTearDown();
                break;
            case JobPhase.LastCheckpoint:
                GoWithoutLastCheckpoint("it was not complete in time");
                break;
            case JobPhase.BackingOff:
                Compile("its wait is over");
                break;
            default:
                switch (_job.Status)
                {
                    case JobStatus.Compiling:
                        Recover(Passing(FlowErrorCode.DeadlineExceeded, $"The functions of its program were not ready within {rules.CompileTimeout}."));
                        break;
                    case JobStatus.Finishing:
                        Recover(Passing(FlowErrorCode.DeadlineExceeded, $"Its sources have ended, but none of {_job.Assignment.Placements.Length - _job.Finished.Count} subtasks got further for {rules.FinishTimeout}."));
                        break;
                    default:
                        TimeOutScheduling();
                        break;
                }

                break;
        }
    }
}
