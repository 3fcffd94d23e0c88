using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What the index is told of the run, and when the run may leave memory.</content>
internal sealed partial class WorkflowRunGrain
{
    private Task RecordAsync(WorkflowLine line) =>
        GrainFactory.GetGrain<IWorkflowIndexGrain>(WorkflowShards.KeyOf(_id)).RecordAsync(line, CancellationToken.None);

    private async Task<bool> TellIndexAsync(CancellationToken cancellationToken)
    {
        if (_isParked || Committed is { IsFinal: true })
        {
            await WhenPublishedAsync();
        }

        _owesNews = false;
        if (Committed is not { } state)
        {
            return true;
        }

        var wakeUtc = _isParked ? state.NextDueUtc ?? DateTimeOffset.MaxValue : default(DateTimeOffset?);
        if (_isParked && !IsIdle(state) && _clock.GetUtcNow() + AskedAgainAfter is var askUtc && askUtc < wakeUtc)
        {
            wakeUtc = askUtc;
        }

        try
        {
            await RecordAsync(LineOf(state, wakeUtc));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogDeliveryFailed(exception, _id);
            _owesNews = true;
            return false;
        }

        if (_mail is not { IsRunning: true })
        {
            await RestAsync(state);
        }

        return true;
    }

    /// <summary>Leaves memory when nothing keeps the run there: its index and its queues have been told.</summary>
    private async Task RestAsync(WorkflowRunState state)
    {
        // A deactivation would end what is being published.
        await (_facts?.Publishing ?? Task.CompletedTask);
        if ((_isParked || state.IsFinal) && !_owesNews && _watchers == 0 && _askers == 0 && state.Owed.IsEmpty
            && _owedToQueues is null or { Count: 0 } && ReferenceEquals(state, _pump!.Tentative))
        {
            DeactivateOnIdle();
        }
    }

    /// <summary>The last of those who kept the run in memory has gone.</summary>
    private void RestUnasked()
    {
        if (--_askers == 0 && _isParked && !_owesNews && _mail is not { IsRunning: true } && _news is not { IsRunning: true } && Committed is { } state)
        {
            _delivery = DeliverAsync(_delivery, RestAsync(state));
        }
    }

    /// <summary>The run as the index is to know it; of one that has ended it matters only whether it owes others something.</summary>
    private WorkflowLine LineOf(WorkflowRunState state, DateTimeOffset? wakeUtc) => LineOfLive(state, state.IsFinal ? state.Owed.IsEmpty ? null : WorkflowLine.Owing : wakeUtc);

    private WorkflowLine LineOfLive(WorkflowRunState state, DateTimeOffset? wakeUtc) => new()
    {
        Run = _id,
        Workflow = state.Workflow.Name,
        Version = state.Workflow.Version,
        Status = state.Status,
        StartedUtc = state.StartedUtc,
        EndedUtc = state.EndedUtc,
        Parent = state.ParentRun is null ? default : new RunId(state.ParentRun),
        Attributes = state.Attributes.IsEmpty ? null : state.Attributes,
        WakeUtc = wakeUtc,
        Order = (state.Position * 2) + (wakeUtc is null ? 0 : 1),
        Failure = state.Failure ?? state.Reason,
    };
}
