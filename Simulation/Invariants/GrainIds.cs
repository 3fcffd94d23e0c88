using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Names of grains in the store.</summary>
internal static class GrainIds
{
    public static GrainId OfRun(SimulatedWorld world, string id) => world.Cluster.Client.GetGrain<IGraphRunGrain>(id).GetGrainId();
}
