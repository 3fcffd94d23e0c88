using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <content>How runs come to be.</content>
public abstract partial class WorkflowLogStore
{
    private async ValueTask<CreatedRun> CreateAsync(NewWorkflowRun run, WorkflowCommand.Start start, CancellationToken cancellationToken)
    {
        await RegisterAsync(run.Workflow, cancellationToken).ConfigureAwait(false);
        var decision = WorkflowRunDecider.Decide(WorkflowRunState.None(run.Workflow), start, NowUtc);
        if (decision.Answer == WorkflowAnswer.Refused)
        {
            throw new FlowException(decision.Code ?? FlowErrorCode.BadInput, decision.Refused!);
        }

        var id = new RunId(start.RunId);
        var (slot, tip) = (new RunSlot(id), Interlocked.Increment(ref _tips));
        var answer = await _log.AppendAsync(new RunAppend(LineOf(slot, decision.State, tip), 0, 0, WorkflowEventJson.ToUtf8(decision.Events), null))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsAppended)
        {
            var line = await _log.FindAsync(answer.Existing, cancellationToken).ConfigureAwait(false);
            return line is null || line.Workflow.Name == run.Workflow.Name
                ? new CreatedRun(answer.Existing, IsNew: false)
                : throw new FlowException(
                    FlowErrorCode.AlreadyExists,
                    $"Run '{answer.Existing}' has this {(run.IdempotencyKey is null ? "id" : "idempotency key")} and is one of workflow '{line.Workflow.Name}', not of '{run.Workflow.Name}'. Choose another.");
        }

        (slot.State, slot.Tip, slot.CommitsSinceSnapshot) = (decision.State, tip, 1);
        slot.LastUse = Interlocked.Increment(ref _uses);
        slot = _slots.GetOrAdd(id, slot);
        lock (slot.Gate)
        {
            if (decision.State.NextDueUtc is { } due)
            {
                WakeAt(slot.Run, due);
            }

            PublishWhileLocked(slot);
        }

        Sweep();
        return new CreatedRun(id, IsNew: true);
    }
}
