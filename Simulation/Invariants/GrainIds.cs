using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Names of grains in the store.</summary>
internal static class GrainIds
{
    public static GrainId OfTask(SimulatedWorld world, string id) => world.Cluster.Client.GetGrain<ITaskGrain>(id).GetGrainId();

    public static GrainId OfRun(SimulatedWorld world, string id) => world.Cluster.Client.GetGrain<IGraphRunGrain>(id).GetGrainId();
}
