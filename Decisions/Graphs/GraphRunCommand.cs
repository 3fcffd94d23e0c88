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
public sealed record CancelRun(string Reason) : GraphRunCommand;

/// <summary>Time has passed.</summary>
public sealed record PassRunTime : GraphRunCommand;

/// <summary>The run was read from storage: its leases stand for their full duration again.</summary>
public sealed record RestoreRun : GraphRunCommand;
