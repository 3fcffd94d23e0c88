using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Runs;

/// <summary>A run while events are applied to it: one copy is made and changed in place, until somebody asks for the state.</summary>
internal sealed partial class RunEdit(WorkflowRunState state)
{
    private readonly List<long> _ready = [];
    private bool _owned;

    /// <summary>The run as it is now, for reading.</summary>
    public WorkflowRunState State { get; private set; } = state;

    /// <summary>Items that became pending, in that order; some may have been taken or dropped since.</summary>
    public List<long> Ready => _ready;

    private CompiledWorkflow Workflow => State.Workflow;

    /// <summary>The run as it is now, to keep: it changes no more.</summary>
    public WorkflowRunState Finish()
    {
        _owned = false;
        return State;
    }

    /// <summary>The run, for writing.</summary>
    private WorkflowRunState Draft()
    {
        if (!_owned)
        {
            State = State with { };
            _owned = true;
        }

        return State;
    }

    /// <summary>Replaces an item and keeps the indexes true.</summary>
    private void Put(WorkItem item)
    {
        var draft = Draft();
        if (draft.Items.TryGetValue(item.Id, out var before))
        {
            Unindex(draft, before);
        }
        else if (item.Node >= 0)
        {
            draft.LiveAt = draft.LiveAt.Add(item.Node, 1);
        }

        draft.Items = draft.Items.SetItem(item.Id, item);
        Index(draft, item);
    }

    /// <summary>Takes an item out: it is done.</summary>
    private void Remove(WorkItem item)
    {
        var draft = Draft();
        Unindex(draft, item);
        draft.Items = draft.Items.Remove(item.Id);
        if (item.Node >= 0)
        {
            draft.LiveAt = draft.LiveAt.Add(item.Node, -1);
        }
    }

    private void Index(WorkflowRunState draft, WorkItem item)
    {
        if (item.DueUtc is { } due)
        {
            draft.Due = draft.Due.Add((due.UtcTicks, item.Id));
        }

        switch (item.Status)
        {
            case WorkItemStatus.Pending:
                draft.Pending = draft.Pending.Add(item.Id);
                _ready.Add(item.Id);
                break;
            case WorkItemStatus.InProgress when item.Lane < draft.LaneTop:
                draft.FreeLanes = draft.FreeLanes.Remove(item.Lane);
                break;
            case WorkItemStatus.InProgress:
                for (var lane = draft.LaneTop; lane < item.Lane; lane++)
                {
                    draft.FreeLanes = draft.FreeLanes.Add(lane);
                }

                draft.LaneTop = item.Lane + 1;
                break;
            case WorkItemStatus.WaitingForSignal:
                draft.Awaiting = draft.Awaiting.Add((item.Signal!, item.Id));
                break;
            default:
                break;
        }
    }

    private static void Unindex(WorkflowRunState draft, WorkItem item)
    {
        if (item.DueUtc is { } due)
        {
            draft.Due = draft.Due.Remove((due.UtcTicks, item.Id));
        }

        switch (item.Status)
        {
            case WorkItemStatus.Pending:
                draft.Pending = draft.Pending.Remove(item.Id);
                break;
            case WorkItemStatus.InProgress when item.Lane == draft.LaneTop - 1:
                draft.LaneTop--;
                while (draft.LaneTop > 0 && draft.FreeLanes.Count > 0 && draft.FreeLanes.Max == draft.LaneTop - 1)
                {
                    draft.LaneTop--;
                    draft.FreeLanes = draft.FreeLanes.Remove(draft.LaneTop);
                }

                break;
            case WorkItemStatus.InProgress:
                draft.FreeLanes = draft.FreeLanes.Add(item.Lane);
                break;
            case WorkItemStatus.WaitingForSignal:
                draft.Awaiting = draft.Awaiting.Remove((item.Signal!, item.Id));
                break;
            default:
                break;
        }
    }

    /// <summary>Makes all indexes of the items again.</summary>
    private void Reindex()
    {
        var draft = Draft();
        (draft.Pending, draft.Due, draft.Awaiting) = ([], [], WorkflowRunState.NoneAwaiting);
        draft.LiveAt = new NodeCounts(Workflow.Nodes.Length);
        var lanes = draft.Items.Values.Where(item => item.Status == WorkItemStatus.InProgress).Select(item => item.Lane).ToHashSet();
        draft.LaneTop = lanes.Count == 0 ? 0 : lanes.Max() + 1;
        draft.FreeLanes = [.. Enumerable.Range(0, draft.LaneTop).Where(lane => !lanes.Contains(lane))];
        foreach (var item in draft.Items.Values)
        {
            if (item.Status != WorkItemStatus.InProgress)
            {
                Index(draft, item);
            }
            else if (item.DueUtc is { } due)
            {
                draft.Due = draft.Due.Add((due.UtcTicks, item.Id));
            }

            if (item.Node >= 0)
            {
                draft.LiveAt = draft.LiveAt.Add(item.Node, 1);
            }
        }
    }

    /// <summary>The state that was read from a snapshot, with its indexes.</summary>
    public static WorkflowRunState Indexed(WorkflowRunState run)
    {
        var edit = new RunEdit(run);
        edit.Reindex();
        return edit.Finish();
    }

    private WorkItem Item(long id) => State.Items.TryGetValue(id, out var item)
        ? item
        : throw new FlowException(FlowErrorCode.StateCorrupt, $"The log of run '{State.RunId}' says something of item {id}, which it does not have at position {State.Position}.");

    private long NextId() => ++Draft().LastItem;

    private int FreeLane() => State.FreeLanes.Count > 0 ? State.FreeLanes.Min : State.LaneTop;

    private static ImmutableList<T> Newest<T>(ImmutableList<T> list, T added, int most) => (list.Count < most ? list : list.RemoveAt(0)).Add(added);
}
