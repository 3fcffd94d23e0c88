using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Decisions.Variables;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One thing that happened to a run.</summary>
/// <param name="AtUtc">When it was decided.</param>
public abstract record GraphRunEvent(DateTimeOffset AtUtc)
{
    /// <summary>False for what may be forgotten in a crash.</summary>
    public virtual bool IsDurable => true;
}

/// <summary>The run was accepted.</summary>
public sealed record RunSubmitted(DateTimeOffset AtUtc, RunId RunId, GraphPlan Plan) : GraphRunEvent(AtUtc);

/// <summary>A way to a node was taken, or will not be.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Node">Position of the node that it leads to.</param>
/// <param name="Edge">Its number among that node's edges.</param>
/// <param name="IsTaken">Whether it led on.</param>
public sealed record EdgeSettled(DateTimeOffset AtUtc, int Node, int Edge, bool IsTaken) : GraphRunEvent(AtUtc);

/// <summary>A node failed for good and the run goes on, by another way: what it still had is cancelled.</summary>
public sealed record NodeFailed(DateTimeOffset AtUtc, int Node, LeaseFailure Failure) : GraphRunEvent(AtUtc);

/// <summary>A node's tasks may be leased: all its pending tasks are ready.</summary>
public sealed record NodeOpened(DateTimeOffset AtUtc, int Node) : GraphRunEvent(AtUtc);

/// <summary>A node looks for an earlier outcome before it opens.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Node">Position of the node.</param>
/// <param name="Key">The content key.</param>
public sealed record CacheAsked(DateTimeOffset AtUtc, int Node, string Key) : GraphRunEvent(AtUtc);

/// <summary>It is known whether there is one.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Node">Position of the node.</param>
/// <param name="From">The run that it is taken from; default when there is none.</param>
public sealed record CacheAnswered(DateTimeOffset AtUtc, int Node, RunId From) : GraphRunEvent(AtUtc);

/// <summary>A scattered node has more tasks.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Node">Position of the node.</param>
/// <param name="First">Index of the first new task.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Items">Their items as JSON; empty where each is a batch of the parent.</param>
public sealed record NodeGrown(DateTimeOffset AtUtc, int Node, int First, int Count, ImmutableArray<string> Items) : GraphRunEvent(AtUtc);

/// <summary>What a node still had to do is not needed any more.</summary>
public sealed record NodeRestCancelled(DateTimeOffset AtUtc, int Node, string Reason) : GraphRunEvent(AtUtc);

/// <summary>A node gives its early start up: its tasks may not be leased before all its parents have completed. So does one whose input is made again.</summary>
public sealed record NodeHeldBack(DateTimeOffset AtUtc, int Node) : GraphRunEvent(AtUtc)
{
    /// <summary>Why.</summary>
    public string Reason { get; init; } = LeaseReasons.SlotNeeded;
}

/// <summary>The run's variables changed.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Variables">All of them, after the change.</param>
/// <param name="Operation">Which function changed them, for example <c>vars.set</c>.</param>
/// <param name="Keys">The paths that it touched; never their values.</param>
/// <param name="SensitiveHits">How many of the values look like secrets.</param>
public sealed record VariablesChanged(
    DateTimeOffset AtUtc, RunVariables Variables, string Operation, ImmutableArray<string> Keys, int SensitiveHits) : GraphRunEvent(AtUtc);

/// <summary>A task changed.</summary>
public sealed record RunTaskChanged(DateTimeOffset AtUtc, TaskSlot Slot, LeaseEvent Change) : GraphRunEvent(AtUtc)
{
    /// <inheritdoc/>
    public override bool IsDurable => Change.IsDurable;
}

/// <summary>A node started or ended.</summary>
public sealed record NodeStatusChanged(DateTimeOffset AtUtc, int Node, RunStatus Status) : GraphRunEvent(AtUtc)
{
    /// <summary>Why a node that had completed runs again; null for any other change.</summary>
    public string? Reason { get; init; }
}

/// <summary>The run started or completed.</summary>
public sealed record RunStatusChanged(DateTimeOffset AtUtc, RunStatus Status) : GraphRunEvent(AtUtc);

/// <summary>No task may be leased until the run is resumed.</summary>
public sealed record RunPaused(DateTimeOffset AtUtc, string Reason) : GraphRunEvent(AtUtc);

/// <summary>Tasks may be leased again.</summary>
public sealed record RunResumed(DateTimeOffset AtUtc) : GraphRunEvent(AtUtc);

/// <summary>The run goes on: what had failed with it or was cancelled may start again, and some nodes begin anew.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Again">Positions of the nodes that begin anew, without what they had made; the others keep it.</param>
/// <param name="Reason">Why, as people are shown it.</param>
public sealed record RunReopened(DateTimeOffset AtUtc, ImmutableSortedSet<int> Again, string Reason) : GraphRunEvent(AtUtc);

/// <summary>The run failed or was cancelled, and is to undo what some of its nodes did: every other task and node that had not ended is cancelled in the same step.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Outcome">Failed or cancelled: what it will end as.</param>
/// <param name="Reason">Why, as people are shown it.</param>
/// <param name="Failure">The failure of the task that failed for good; null for a cancelled run.</param>
/// <param name="Node">Position of the node that failed; null when none did.</param>
/// <param name="Grace">How long stopped handlers may take to return; null: as their workers say.</param>
public sealed record RunCompensating(
    DateTimeOffset AtUtc, RunStatus Outcome, string Reason, LeaseFailure? Failure, int? Node = null, TimeSpan? Grace = null) : GraphRunEvent(AtUtc);

/// <summary>The run ended early: every task and node that had not ended is cancelled in the same step.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Status">Failed or cancelled.</param>
/// <param name="Reason">Why, as people are shown it.</param>
/// <param name="Failure">The failure of the task that failed for good; null for a cancelled run.</param>
/// <param name="Node">Position of the node that failed; null when none did.</param>
/// <param name="Grace">How long stopped handlers may take to return; null: as their workers say.</param>
public sealed record RunAborted(
    DateTimeOffset AtUtc, RunStatus Status, string Reason, LeaseFailure? Failure, int? Node = null, TimeSpan? Grace = null) : GraphRunEvent(AtUtc);
