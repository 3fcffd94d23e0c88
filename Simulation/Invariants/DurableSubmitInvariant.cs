using OrleansFlow.Simulation.Cluster;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Rule 1: an acknowledged submit survives every crash; whoever was told "accepted" finds it stored then and at any later time.</summary>
internal sealed class DurableSubmitInvariant(SimulatedWorld world) : Invariant(world)
{
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);

    public override string Rule => "rule 1 (an acknowledged submit survives)";

    public override void OnSubmitted(string id)
    {
        _accepted.Add(id);
        if (!IsStored(id))
        {
            Violate($"{id} was acknowledged before it was stored");
        }
    }

    public override void OnEnd()
    {
        foreach (var id in _accepted.Where(id => !IsStored(id)))
        {
            Violate($"{id} was acknowledged, and is not stored any more");
        }
    }

    private bool IsStored(string id) =>
        Watch.IsStored(id) || World.Store.Contains("run", GrainIds.OfRun(World, id));
}
