using Orleans.Storage;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>A deliberate fault of the protocol. Tests derive from it to prove that the invariants bite; the product has none.</summary>
internal abstract class Mutation
{
    /// <summary>Rules that decide wrongly; null for the right ones.</summary>
    public virtual ILeaseRules? Rules => null;

    /// <summary>A store that keeps its promises badly; by default the one that keeps them.</summary>
    public virtual IGrainStorage Storage(IGrainStorage storage, SimulatedProcess process) => storage;

    /// <summary>Calls to workers of queries that do something else; by default those that do what they say.</summary>
    public virtual IQueryCalls QueryCalls(IQueryCalls calls) => calls;

    /// <summary>Checkpoints of streaming jobs that are kept badly; by default those that are kept well.</summary>
    public virtual IJobCheckpoints JobCheckpoints(IJobCheckpoints checkpoints) => checkpoints;

    /// <summary>What the grain of a query is told of its stages, perhaps something else; by default what the coordinator made of them.</summary>
    public virtual IReadOnlyList<QueryStagePlan> QueryStages(IReadOnlyList<QueryStagePlan> stages) => stages;
}
