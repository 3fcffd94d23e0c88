using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Scenarios;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>One of the six lease rules of architecture.md, section 6, as a property of what can be watched.</summary>
/// <remarks>It knows nothing of how the product keeps the rule. What it is told is told at once, within the step in which it happens.</remarks>
internal abstract class Invariant(SimulatedWorld world)
{
    /// <summary>Number of the rule and its short text.</summary>
    public abstract string Rule { get; }

    protected SimulatedWorld World => world;

    protected SimulationWatch Watch => world.Watch;

    /// <summary>What the control plane does itself has no lease.</summary>
    protected static bool IsOwn(TaskView task) => task is { Epoch: 0, Role: RoutingScenario.FunctionRole or RoutingScenario.GateRole or ScatterScenario.GraphRole };

    /// <summary>A submit of a standalone task or, where the id is a run's, of a run was acknowledged.</summary>
    public virtual void OnSubmitted(string id)
    {
    }

    /// <summary>A run is about to be submitted.</summary>
    public virtual void OnRunSubmitting(RunId run, string documentJson)
    {
    }

    /// <summary>A caller was told that a task or run is cancelled.</summary>
    public virtual void OnCancelled(string id)
    {
    }

    /// <summary>A decision was taken; it need not become durable.</summary>
    public virtual void OnDecision(LeaseStep step)
    {
    }

    /// <summary>The row of a standalone task was written, or removed (<paramref name="after"/> null).</summary>
    public virtual void OnTaskStored(TaskId task, TaskLease? before, TaskLease? after)
    {
    }

    /// <summary>A caller has seen a run.</summary>
    public virtual void OnRunSeen(RunView? before, RunView after)
    {
    }

    /// <summary>A lease is on its way to a worker.</summary>
    public virtual void OnOffered(WorkerId worker, TaskId task, long epoch)
    {
    }

    /// <summary>An attempt has done all its work; what it made may still be refused.</summary>
    public virtual void OnAttemptDone(WorkerId worker, TaskId task, long epoch)
    {
    }

    /// <summary>A worker was told what became of a batch.</summary>
    public virtual void OnBatchReceipt(WorkerId worker, BatchReceipt receipt)
    {
    }

    /// <summary>A worker was told what became of an attempt's end.</summary>
    public virtual void OnOutcomeReceipt(WorkerId worker, OutcomeReceipt receipt)
    {
    }

    /// <summary>After each step of the kernel. Must be cheap.</summary>
    public virtual void OnStep()
    {
    }

    /// <summary>All work is said to have ended.</summary>
    public virtual void OnEnd()
    {
    }

    /// <summary>Reports that the rule is broken.</summary>
    protected void Violate(string what) => world.Watch.Violate($"{Rule}: {what}");
}
