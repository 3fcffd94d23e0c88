namespace OrleansFlow.Workflows.Runs;

public static partial class WorkflowRunDecider
{
    /// <summary>A signal that is here already is used up at once; otherwise the item waits.</summary>
    private static void Await(RunEdit edit, WorkItem item, string signal, DateTimeOffset? dueUtc)
    {
        if (!edit.State.Signals.TryGetValue(signal, out var kept))
        {
            edit.Put(item with { Status = WorkItemStatus.WaitingForSignal, Signal = signal, DueUtc = dueUtc, Attempts = 0, HasSignal = false, SignalPayload = default });
            return;
        }

        var rest = kept.Dequeue(out var payload);
        edit.State = edit.State with
        {
            Signals = rest.IsEmpty ? edit.State.Signals.Remove(signal) : edit.State.Signals.SetItem(signal, rest),
            SignalCount = edit.State.SignalCount - 1,
        };
        edit.Put(item with { Status = WorkItemStatus.Pending, Signal = signal, HasSignal = true, SignalPayload = payload, Attempts = 0 });
    }

    private static WorkflowDecision Tick(WorkflowRunState state, DateTimeOffset nowUtc)
    {
        var edit = new RunEdit(state);
        while (edit.State.Status == WorkflowRunStatus.Running && edit.State.NextDueUtc <= nowUtc && edit.Overrun is null)
        {
            var item = edit.State.Items[edit.State.Due.Min.Item];
            switch (item.Status)
            {
                case WorkItemStatus.Sleeping:
                    edit.Remove(item);
                    edit.Follow(item.Successors, item.Outputs, nowUtc);
                    break;
                case WorkItemStatus.Joining:
                    edit.Release(item);
                    break;
                default:
                    edit.Put(item with { Status = WorkItemStatus.Pending, DueUtc = null });
                    break;
            }
        }

        return ReferenceEquals(edit.State, state) ? new(state, WorkflowAnswer.Idle) : Done(edit);
    }

    private static WorkflowDecision Signal(WorkflowRunState state, WorkflowCommand.Signal signal)
    {
        if (state.IsFinal)
        {
            return Refuse(state, $"The run has ended ({state.Status}); signal '{signal.Name}' comes too late.");
        }

        var edit = new RunEdit(state);
        var waiting = state.Items.Values.FirstOrDefault(item => item.Status == WorkItemStatus.WaitingForSignal && item.Signal == signal.Name);
        if (waiting is not null)
        {
            edit.Put(waiting with { Status = WorkItemStatus.Pending, HasSignal = true, SignalPayload = signal.Payload, DueUtc = null });
            return Done(edit);
        }

        if (state.SignalCount >= MaxSignals)
        {
            return Refuse(state, $"The run keeps {MaxSignals} signals that nobody has waited for; signal '{signal.Name}' was not taken.");
        }

        edit.State = state with
        {
            Signals = state.Signals.SetItem(signal.Name, (state.Signals.TryGetValue(signal.Name, out var kept) ? kept : []).Enqueue(signal.Payload)),
            SignalCount = state.SignalCount + 1,
        };
        return Done(edit);
    }

    private static WorkflowDecision Fold(WorkflowRunState state, WorkflowCommand.Fold fold)
    {
        var deltas = fold.Version - state.SnapshotVersion;
        return deltas <= 0 || fold.Version > state.ContextVersion
            ? Refuse(state, $"A snapshot of version {fold.Version} is of no use: the stored one is {state.SnapshotVersion}, the context {state.ContextVersion}.")
            : new(
                state with { Snapshot = fold.Snapshot, SnapshotVersion = fold.Version, Deltas = state.Deltas.RemoveRange(0, (int)deltas) },
                WorkflowAnswer.Stepped);
    }

    private static WorkflowDecision Steer(WorkflowRunState state, WorkflowCommand command)
    {
        if (state.IsFinal)
        {
            return Refuse(state, $"The run has ended ({state.Status}), and that is final.");
        }

        var edit = new RunEdit(state);
        if (command is WorkflowCommand.Cancel)
        {
            edit.End(WorkflowRunStatus.Cancelled);
        }
        else
        {
            edit.State = state with { Status = command is WorkflowCommand.Pause ? WorkflowRunStatus.Paused : WorkflowRunStatus.Running };
        }

        return Done(edit);
    }
}
