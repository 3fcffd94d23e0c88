using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One thing that is asked of a run.</summary>
public abstract record GraphRunCommand;

/// <summary>Accept the run.</summary>
public sealed record SubmitRun(RunId RunId, GraphPlan Plan) : GraphRunCommand;

/// <summary>Something concerns one task's lease.</summary>
public sealed record LeaseTask(TaskSlot Slot, LeaseCommand Command) : GraphRunCommand;

/// <summary>Cancel the run.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Grace">How long stopped handlers may take to return; null: as their workers say.</param>
public sealed record CancelRun(string Reason, TimeSpan? Grace = null) : GraphRunCommand;

/// <summary>Lease no task until the run is resumed.</summary>
public sealed record PauseRun(string Reason) : GraphRunCommand;

/// <summary>Lease tasks again.</summary>
public sealed record ResumeRun : GraphRunCommand;

/// <summary>Somebody answers a gate.</summary>
/// <param name="Node">Position of the gate.</param>
/// <param name="IsApproved">Approved or rejected.</param>
/// <param name="PayloadJson">What goes with it; null for nothing.</param>
public sealed record AnswerGate(int Node, bool IsApproved, string? PayloadJson) : GraphRunCommand;

/// <summary>Go on with a failed or cancelled run from where it ended; a node that is named, and all that follows from it, begins anew.</summary>
/// <param name="Node">Position of the node to run once more; null: only what had not completed goes on.</param>
/// <param name="Reason">Why, as people are shown it.</param>
public sealed record ReopenRun(int? Node, string Reason) : GraphRunCommand;

/// <summary>The run that a task was has ended. Repeating it is fine.</summary>
/// <param name="Slot">The task.</param>
/// <param name="ResultJson">Its outputs; null for none.</param>
/// <param name="Failure">Why it did not complete; null when it did.</param>
public sealed record EndChild(TaskSlot Slot, string? ResultJson, LeaseFailure? Failure) : GraphRunCommand;

/// <summary>It is known whether there is an earlier outcome for a node that waits for it. Repeating it is fine.</summary>
/// <param name="Node">Position of the node.</param>
/// <param name="Key">The content key that it was looked for under.</param>
/// <param name="Found">The outcome; null when there is none.</param>
public sealed record AnswerCache(int Node, string Key, CachedNode? Found) : GraphRunCommand;

/// <summary>Time has passed.</summary>
public sealed record PassRunTime : GraphRunCommand;

/// <summary>The run was read from storage: its leases stand for their full duration again.</summary>
public sealed record RestoreRun : GraphRunCommand;
