using OrleansFlow.Errors;
using OrleansFlow.Workflows.Migrations;

namespace OrleansFlow.Workflows.Runs;

/// <content>What is done to a run from outside, and how it begins again.</content>
internal sealed partial class RunEdit
{
    private void Steer(WorkflowRunEvent.Steered steered)
    {
        var draft = Draft();
        switch (steered.Kind)
        {
            case SteerKind.Pause:
                draft.Status = WorkflowRunStatus.Paused;
                draft.Reason = steered.Reason;
                break;
            case SteerKind.Unpause:
                draft.Status = WorkflowRunStatus.Running;
                draft.Reason = null;
                break;
            case SteerKind.Cancel:
                draft.Reason = steered.Reason;
                End(WorkflowRunStatus.Cancelled, steered.AtUtc);
                break;
            case SteerKind.Terminate:
                draft.Reason = steered.Reason;
                End(WorkflowRunStatus.Failed, steered.AtUtc, steered.Reason is null ? "The run was terminated." : $"The run was terminated: {steered.Reason}", FlowErrorCode.Cancelled, forGood: true);
                break;
            case SteerKind.Reopen:
                Reopen(steered);
                break;
            default:
                throw new FlowException(FlowErrorCode.StateCorrupt, $"Run '{State.RunId}' was steered in an unknown way, {(int)steered.Kind}.");
        }
    }

    private void Reopen(WorkflowRunEvent.Steered steered)
    {
        var draft = Draft();
        var left = draft.Left ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"The log of run '{State.RunId}' reopens it, and nothing is left of it.");
        draft.Status = WorkflowRunStatus.Running;
        draft.Failure = null;
        draft.FailureCode = null;
        draft.Reason = null;
        draft.EndedUtc = null;
        draft.Left = null;
        draft.DeadlineUtc = steered.DeadlineUtc ?? (draft.DeadlineUtc > steered.AtUtc ? draft.DeadlineUtc : null);
        draft.Outputs = left.Outputs;
        draft.OpenJoins = left.OpenJoins;
        draft.Items = left.Items;
        foreach (var item in left.Items.Values)
        {
            // Children were cancelled with the run or are nobody's now: an item that waited for some orders them anew.
            if (item.Status is WorkItemStatus.PermanentlyFailed or WorkItemStatus.InProgress or WorkItemStatus.WaitingRetry or WorkItemStatus.WaitingForChildren)
            {
                draft.Items = draft.Items.SetItem(item.Id, item with { Status = WorkItemStatus.Pending, Attempts = 0, Takeovers = 0, DueUtc = null, LimitUtc = null, Children = [] });
            }
        }

        Reindex();
    }

    /// <summary>Continue-as-new: the start node once more, and nothing else but what came from outside.</summary>
    private void Renew(NewRun renewed, DateTimeOffset nowUtc)
    {
        var draft = Draft();
        if (!renewed.Context.IsDefault)
        {
            draft.SnapshotVersion = draft.ContextVersion + 1;
            draft.Snapshot = renewed.Context;
            draft.Deltas = [];
        }

        var steps = draft.Items;
        foreach (var item in steps.Values)
        {
            if (item.Update is null)
            {
                draft.Items = draft.Items.Remove(item.Id);
            }
        }

        foreach (var (child, kept) in draft.Children)
        {
            draft.Children = kept.Item == 0 ? draft.Children : draft.Children.SetItem(child, kept with { Item = 0 });
        }

        draft.OpenJoins = draft.OpenJoins.Clear();
        draft.ClosedJoins = draft.ClosedJoins.Clear();
        draft.Outputs = [];
        draft.Visits = new NodeCounts(Workflow.Nodes.Length);
        draft.LogStart = draft.Position;
        draft.Link++;
        Reindex();
        Begin(new Runs.ItemSeed(Workflow.Start, renewed.Input), nowUtc);
    }

    /// <summary>The parent has ordered the run again.</summary>
    private void Attach(WorkflowRunEvent.Attached attached)
    {
        var draft = Draft();
        draft.ParentOrder = attached.Order;
        switch (draft.Status)
        {
            case WorkflowRunStatus.Completed:
                TellParent(draft);
                break;
            case WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled:
                draft.Status = WorkflowRunStatus.Running;
                (draft.Failure, draft.FailureCode, draft.Reason, draft.EndedUtc, draft.DeadlineUtc, draft.Left) = (null, null, null, null, null, null);
                (draft.SnapshotVersion, draft.Snapshot, draft.Deltas) = (draft.ContextVersion + 1, attached.Context, []);
                (draft.Signals, draft.SignalCount) = (draft.Signals.Clear(), 0);
                Renew(new NewRun(attached.Input), attached.AtUtc);
                break;
            default:
                // It goes on, and tells the parent when it has ended.
                break;
        }
    }

    /// <summary>Back to where the run was; what has come from outside since stays, and nothing that was leased since can commit.</summary>
    private void Restore(WorkflowRunEvent.Restored restored)
    {
        var now = State;
        var then = WorkflowRunJson.ReadSnapshot(restored.Run.Utf8.Span, Workflow);
        State = then with
        {
            Status = now.Status == WorkflowRunStatus.Paused ? WorkflowRunStatus.Paused : WorkflowRunStatus.Running,
            Failure = null,
            FailureCode = null,
            Reason = now.Status == WorkflowRunStatus.Paused ? now.Reason : null,
            EndedUtc = null,
            Left = null,
            Position = now.Position,
            LogStart = now.LogStart,
            Link = now.Link,
            DeadlineUtc = now.DeadlineUtc > restored.AtUtc ? now.DeadlineUtc : null,
            LastItem = now.LastItem,
            EpochTop = now.EpochTop,
            SnapshotVersion = now.ContextVersion + 1,
            SignalIds = now.SignalIds,
            Owed = now.Owed,
            ParentOrder = now.ParentOrder,
            LastOrder = now.LastOrder,
            Children = now.Children,
            OpenUpdates = now.OpenUpdates,
            Updates = now.Updates,
            Counters = now.Counters,
            Errors = now.Errors,
        };
        _owned = true;
        var draft = State;
        foreach (var (child, kept) in now.Children)
        {
            if (then.Children.ContainsKey(child))
            {
                continue;
            }

            if (kept.CancelWithParent)
            {
                CancelChild(draft, child, $"Its parent, run '{draft.RunId}', was reset to before it was started.");
            }

            draft.Children = draft.Children.Remove(child);
        }

        foreach (var item in then.Items.Values)
        {
            draft.Items = item.Update is null ? draft.Items.SetItem(item.Id, Fenced(item, now)) : draft.Items.Remove(item.Id);
        }

        foreach (var update in now.OpenUpdates.Values)
        {
            draft.Items = draft.Items.SetItem(update, now.Items[update]);
        }

        Reindex();
    }

    private void Migrate(WorkflowRunEvent.Migrated migrated)
    {
        State = WorkflowMigration.Apply(State, migrated.Plan);
        _owned = true;
        _ready.AddRange(State.Pending);
    }

    private static WorkItem Fenced(WorkItem item, WorkflowRunState now)
    {
        var orphaned = item.Status == WorkItemStatus.WaitingForChildren
            && item.Children.Any(child => child.Status == WorkflowRunStatus.Running && !now.Children.ContainsKey(child.Child));
        return item.Status == WorkItemStatus.InProgress || orphaned
            ? item with { Status = WorkItemStatus.Pending, Attempts = 0, Takeovers = 0, Epoch = now.EpochTop, LimitUtc = null, Children = orphaned ? [] : item.Children }
            : item with { Epoch = now.EpochTop };
    }
}
