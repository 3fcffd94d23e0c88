using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Workers;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>
/// Each effect counts once, whatever was repeated: batch n of a simulated task has n + 1 rows and one <see cref="SimulatedHandler.MadeMetric"/>, in
/// every attempt, so that a node's sums follow from how many batches its tasks have.
/// </summary>
internal sealed class CountedEffectsInvariant(SimulatedWorld world) : Invariant(world)
{
    public override string Rule => "rule 3 (effects count once)";

    public override void OnRunSeen(RunView? before, RunView after)
    {
        foreach (var node in after.Nodes.Where(node => node.Tasks.Count > 0))
        {
            var batches = node.Tasks.Sum(task => (long)task.Batches);
            var rows = node.Tasks.Sum(task => (long)task.Batches * (task.Batches + 1) / 2);
            var made = node.Metrics?.GetValueOrDefault(SimulatedHandler.MadeMetric) ?? 0;
            if (node.Batches != batches || node.Rows != rows || made != batches)
            {
                Violate($"{after.RunId}/{node.NodeId} has {batches} batches of {rows} rows, and counts {node.Batches} of {node.Rows} with a metric of {made}");
            }
        }
    }
}
