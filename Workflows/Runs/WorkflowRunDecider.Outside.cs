using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Runs;

/// <content>What is asked from outside: start, signals, updates, steering.</content>
public static partial class WorkflowRunDecider
{
    private static Ruling Start(WorkflowRunState state, WorkflowCommand.Start start, DateTimeOffset nowUtc)
    {
        if (state.Status != WorkflowRunStatus.None)
        {
            return start.IdempotencyKey is not null && start.IdempotencyKey == state.IdempotencyKey
                ? Ruling.Duplicate
                : Refuse(FlowErrorCode.AlreadyExists, $"Run '{state.RunId}' of workflow '{state.Workflow.Name}' exists ({state.Status}). Choose another id.");
        }

        if (!IdText.IsValid(start.RunId))
        {
            return Refuse(FlowErrorCode.BadInput, $"'{start.RunId}' is not a run id: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.");
        }

        return Attributes(state, start.Attributes) ?? new WorkflowRunEvent.Started
        {
            AtUtc = nowUtc,
            RunId = start.RunId,
            Workflow = state.Workflow.Name,
            Version = state.Workflow.Version,
            Hash = state.Workflow.Hash,
            Input = start.Input,
            Context = start.Context,
            DefaultRetry = start.DefaultRetry,
            IdempotencyKey = start.IdempotencyKey,
            ParentRun = start.ParentRun,
            ParentOrder = start.ParentOrder,
            DeadlineUtc = start.DeadlineUtc,
            NotBeforeUtc = start.NotBeforeUtc,
            Attributes = start.Attributes,
        };
    }

    private static Ruling Attach(WorkflowRunState state, WorkflowCommand.Attach attach, DateTimeOffset nowUtc) =>
        state.ParentRun != attach.Parent
            ? Refuse(FlowErrorCode.AlreadyExists, $"Run '{state.RunId}' exists and is {(state.ParentRun is null ? "nobody's child" : $"a child of run '{state.ParentRun}'")}; run '{attach.Parent}' has to name its child otherwise.")
            : attach.Order <= state.ParentOrder ? Ruling.Duplicate
            : new WorkflowRunEvent.Attached(attach.Order, attach.Input, attach.Context) { AtUtc = nowUtc };

    private static Ruling Signal(WorkflowRunState state, WorkflowCommand.Signal signal, DateTimeOffset nowUtc)
    {
        // A signal that was taken stays taken, also when its sender asks again after the end.
        if (signal.Id is { } id && state.SignalIds.Contains(id))
        {
            return Ruling.Duplicate;
        }

        if (Ended(state, $"signal '{signal.Name}'") is { } ended)
        {
            return ended;
        }

        return state.SignalCount >= MaxSignals
            ? Refuse(FlowErrorCode.LimitExceeded, $"The run keeps {MaxSignals} signals that nobody has waited for; signal '{signal.Name}' was not taken.")
            : new WorkflowRunEvent.Signalled(signal.Name, signal.Payload, signal.Id) { AtUtc = nowUtc };
    }

    private static Ruling Update(WorkflowRunState state, WorkflowCommand.Update update, DateTimeOffset nowUtc)
    {
        if (state.OpenUpdates.ContainsKey(update.Id) || state.Updates.Exists(result => result.Id == update.Id))
        {
            return Ruling.Duplicate;
        }

        if (Ended(state, $"update '{update.Name}'") is { } ended)
        {
            return ended;
        }

        return state.OpenUpdates.Count >= MaxOpenUpdates
            ? Refuse(FlowErrorCode.LimitExceeded, $"{MaxOpenUpdates} updates of the run wait for their answer; update '{update.Name}' was not taken.")
            : new WorkflowRunEvent.UpdateAsked(update.Id, update.Name, update.Payload) { AtUtc = nowUtc };
    }

    private static Ruling Fold(WorkflowRunState state, WorkflowCommand.Fold fold, DateTimeOffset nowUtc) =>
        fold.Version <= state.SnapshotVersion || fold.Version > state.ContextVersion
            ? Refuse(FlowErrorCode.BadInput, $"A snapshot of version {fold.Version} is of no use: the stored one is {state.SnapshotVersion}, the context {state.ContextVersion}.")
            : new WorkflowRunEvent.Folded(fold.Version, fold.Snapshot) { AtUtc = nowUtc };

    private static Ruling Steer(WorkflowRunState state, WorkflowCommand command, DateTimeOffset nowUtc)
    {
        switch (command)
        {
            case WorkflowCommand.Reopen reopen:
                return Reopen(state, reopen, nowUtc);
            case WorkflowCommand.Reset reset:
                return Reset(state, reset, nowUtc);
            default:
                break;
        }

        if (state.IsFinal)
        {
            return Refuse(FlowErrorCode.AlreadyEnded, $"The run has ended ({state.Status}), and that is final{(state.Left is null ? "" : ", unless it is reopened")}.");
        }

        return command switch
        {
            WorkflowCommand.Cancel cancel => new WorkflowRunEvent.Steered(SteerKind.Cancel, cancel.Reason) { AtUtc = nowUtc },
            WorkflowCommand.Terminate terminate => new WorkflowRunEvent.Steered(SteerKind.Terminate, terminate.Reason) { AtUtc = nowUtc },
            WorkflowCommand.Pause pause => state.Status == WorkflowRunStatus.Paused ? Ruling.Duplicate : new WorkflowRunEvent.Steered(SteerKind.Pause, pause.Reason) { AtUtc = nowUtc },
            WorkflowCommand.Unpause => state.Status == WorkflowRunStatus.Running ? Ruling.Duplicate : new WorkflowRunEvent.Steered(SteerKind.Unpause) { AtUtc = nowUtc },
            _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "Nothing is known of this command."),
        };
    }

    private static Ruling Reopen(WorkflowRunState state, WorkflowCommand.Reopen reopen, DateTimeOffset nowUtc)
    {
        if (!state.IsFinal)
        {
            return Ruling.Duplicate;
        }

        if (state.Left is null)
        {
            var why = state.Status == WorkflowRunStatus.Failed ? "it was terminated, or nothing is left of it to do again; reset it to an earlier step" : "only a failed run can be reopened";
            return Refuse(FlowErrorCode.AlreadyEnded, $"The run has ended ({state.Status}): {why}.");
        }

        return reopen.DeadlineUtc <= nowUtc
            ? Refuse(FlowErrorCode.BadInput, $"A deadline of {reopen.DeadlineUtc:O} has passed already.")
            : new WorkflowRunEvent.Steered(SteerKind.Reopen, null, reopen.DeadlineUtc) { AtUtc = nowUtc };
    }

    private static Ruling Reset(WorkflowRunState state, WorkflowCommand.Reset reset, DateTimeOffset nowUtc)
    {
        if (state.Status is WorkflowRunStatus.Completed or WorkflowRunStatus.Cancelled)
        {
            return Refuse(FlowErrorCode.AlreadyEnded, $"The run has ended ({state.Status}), and that is final.");
        }

        var before = reset.Before;
        if (before.RunId != state.RunId || before.Position > state.Position || before.IsFinal || !before.Items.ContainsKey(reset.Item))
        {
            return Refuse(FlowErrorCode.BadInput, $"Run '{state.RunId}' cannot go back to before item {reset.Item}: what was given is not a state of this run with that item.");
        }

        if (before.Workflow.Hash != state.Workflow.Hash)
        {
            return Refuse(FlowErrorCode.BadInput, $"Run '{state.RunId}' cannot go back to before item {reset.Item}: it was on version {before.Workflow.Version} of '{state.Workflow.Name}' then, and has moved to version {state.Workflow.Version}.");
        }

        return new WorkflowRunEvent.Restored(reset.Item, new Payload(WorkflowRunJson.WriteSnapshot(before))) { AtUtc = nowUtc };
    }
}
