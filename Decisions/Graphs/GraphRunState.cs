using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Decisions.Variables;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One run of a task graph as a value. Changed only by the Apply of <see cref="GraphRunDecider"/>.</summary>
public sealed record GraphRunState
{
    private static readonly LeaseOptions UsualRules = new();

    /// <summary>No such run yet.</summary>
    public static readonly GraphRunState None = new();

    /// <summary>The compiled graph; null while there is no run.</summary>
    public GraphPlan? Plan { get; init; }

    /// <summary>The run.</summary>
    public RunId RunId { get; init; }

    /// <summary>Where it stands.</summary>
    public RunStatus Status { get; init; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset SubmittedUtc { get; init; }

    /// <summary>When the first task was leased; null before.</summary>
    public DateTimeOffset? StartedUtc { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedUtc { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public LeaseFailure? Failure { get; init; }

    /// <summary>Why it was cancelled; null when it was not.</summary>
    public string? CancelReason { get; init; }

    /// <summary>How long handlers that its cancellation stops may take to return; null: as their workers say.</summary>
    public TimeSpan? CancelGrace { get; init; }

    /// <summary>Its nodes, by position in the plan.</summary>
    public PersistentArray<NodeRunState> Nodes { get; init; } = [];

    /// <summary>How many of them have ended.</summary>
    public int EndedCount { get; init; }

    /// <summary>The run's variables.</summary>
    public RunVariables Variables { get; init; } = RunVariables.Empty;

    /// <summary>True while no task may be leased because somebody paused the run.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Position of the node whose failure ended the run; null when none did.</summary>
    public int? FailedNode { get; init; }

    /// <summary>When it failed or was cancelled, where nodes are undone after that; null otherwise.</summary>
    public DateTimeOffset? CompensatingUtc { get; init; }

    /// <summary>Nodes that are still to undo others, the next one last.</summary>
    public ImmutableList<int> ToCompensate { get; init; } = [];

    /// <summary>The node that undoes another one now; null for none.</summary>
    public int? Compensating { get; init; }

    /// <summary>Gates that wait for an answer.</summary>
    public ImmutableSortedSet<int> OpenGates { get; init; } = [];

    /// <summary>Leased and backing-off tasks: those that time can change.</summary>
    public ImmutableSortedSet<TaskSlot> Active { get; init; } = [];

    /// <summary>Nodes with tasks that make lost batches again.</summary>
    public ImmutableSortedSet<int> Remaking { get; init; } = [];

    /// <summary>Its changes of status, oldest first; the <see cref="RunHistory.Max"/> newest and the first.</summary>
    public ImmutableList<StatusChange> History { get; init; } = [];

    /// <summary>When somebody last made it go on after its end; null when nobody did.</summary>
    public DateTimeOffset? ReopenedUtc { get; init; }

    /// <summary>Batches accepted so far in the whole run, those of nodes that began anew among them.</summary>
    public long AcceptedCount { get; init; }

    /// <summary>The tasks of the node with one task that completed last, for nodes that complete alike to share; says nothing, and is not durable.</summary>
    public NodeTasks? LastCompleted { get; init; }

    /// <summary>Grows with each durable change.</summary>
    public long Version { get; init; }

    /// <summary>When it last changed, or was read from storage; not durable.</summary>
    public DateTimeOffset ChangedUtc { get; init; }

    /// <summary>Effects refused because their epoch was not current; not durable.</summary>
    public long RefusedEffects { get; init; }

    /// <summary>Highest epoch from before the store was restored (<see cref="LeaseEpochs"/>); not durable, set when the run is read.</summary>
    public long EpochFloor { get; init; }

    /// <summary>The silo's rules about leases that differ by role; not durable, set when the run is read. Null: none.</summary>
    public LeaseOptions? LeaseRules { get; init; }

    /// <summary>How often one task may be asked to make lost batches again.</summary>
    public int RemakesMax => (LeaseRules ?? UsualRules).MaxRemakes;

    /// <summary>When it fails if it has not ended before; null for no such time.</summary>
    public DateTimeOffset? DeadlineUtc => Plan?.Deadline is { } limit && CompensatingUtc is null ? (ReopenedUtc ?? SubmittedUtc) + limit : null;

    /// <summary>True for a run that was submitted.</summary>
    public bool Exists => Plan is not null;

    /// <summary>True in a state that nothing leaves.</summary>
    public bool IsTerminal => IsEnd(Status);

    /// <summary>Whether nothing leaves <paramref name="status"/>.</summary>
    public static bool IsEnd(RunStatus status) => status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled or RunStatus.Skipped;

    /// <summary>One task.</summary>
    public TaskLease this[TaskSlot slot] => Nodes[slot.Node].Tasks[slot.Index];

    /// <summary>Id of the task at <paramref name="slot"/>.</summary>
    public TaskId IdOf(TaskSlot slot) => TaskId.OfRun(RunId, Plan!.Nodes[slot.Node].Id, slot.Index);

    /// <summary>The slot of a task; null when this run has no such task.</summary>
    public TaskSlot? Find(TaskId task) =>
        Plan is not null && !task.IsDefault && !task.IsStandalone && task.RunId == RunId && Plan.Find(task.Node) is { } node && task.Index < Nodes[node.Index].Tasks.Count
            ? new TaskSlot(node.Index, task.Index)
            : null;

    /// <summary>The rules by which a task is leased.</summary>
    public LeasePolicy PolicyOf(TaskSlot slot, TimeSpan leaseDuration)
    {
        var policy = Plan!.Nodes[slot.Node].Policy with { Duration = leaseDuration, EpochFloor = EpochFloor };
        if (policy.MaxTakeovers is null && LeaseRules?.MaxTakeoversOf(Plan.Nodes[slot.Node].Role) is { } most)
        {
            policy = policy with { MaxTakeovers = most };
        }

        return policy.JitterPercent > 0 ? policy with { JitterSalt = SaltOf(IdOf(slot).Value) } : policy;
    }

    /// <summary>Source: FNV-1a, 64 bits; Fowler, Noll and Vo, RFC 9923.</summary>
    private static ulong SaltOf(string text)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var character in text)
        {
            hash = (hash ^ character) * 1_099_511_628_211UL;
        }

        return hash;
    }

    /// <summary>When an open gate is not waited for any longer; null for no such time.</summary>
    public DateTimeOffset? GateDueUtc(int node) => Plan!.Nodes[node].Gate?.Timeout is { } timeout ? Nodes[node].OpenedUtc + timeout : null;

    /// <summary>When time changes something next; null when nothing waits for time. O(active tasks and open gates).</summary>
    public DateTimeOffset? NextDueUtc()
    {
        var next = EarlyStarts.DueUtc(this);
        if (DeadlineUtc is { } deadline && !IsTerminal && !(next <= deadline))
        {
            next = deadline;
        }

        foreach (var gate in OpenGates)
        {
            if (GateDueUtc(gate) is { } due && !(next <= due))
            {
                next = due;
            }
        }

        foreach (var slot in Active)
        {
            var due = this[slot].DueUtc(Plan!.Nodes[slot.Node].Policy);
            if (due is not null && (next is null || due < next))
            {
                next = due;
            }
        }

        return next;
    }
}
