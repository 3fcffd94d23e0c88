using Orleans.Storage;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>A deliberate fault of the protocol. Tests derive from it to prove that the invariants bite; the product has none.</summary>
internal abstract class Mutation
{
    /// <summary>Rules that decide wrongly; null for the right ones.</summary>
    public virtual ILeaseRules? Rules => null;

    /// <summary>A store that keeps its promises badly; by default the one that keeps them.</summary>
    public virtual IGrainStorage Storage(IGrainStorage storage, SimulatedProcess process) => storage;
}
