using System.Collections.Immutable;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.History;

/// <summary>Says the same of a run in terms of another definition: nodes are known by their names.</summary>
internal sealed class NodeMap(CompiledWorkflow from, CompiledWorkflow to)
{
    private readonly int[] _places = [.. from.Nodes.Select(node => to.IndexOf(node.Name))];

    /// <summary>Name of a node that the other definition lacks and that one of these leads to; null when there is none.</summary>
    public string? Lost(IEnumerable<int> nodes)
    {
        foreach (var node in nodes)
        {
            if (node >= 0 && _places[node] < 0)
            {
                return from.Nodes[node].Name;
            }
        }

        return null;
    }

    /// <summary>Name of a node that the other definition lacks and that has items; null when there is none.</summary>
    public string? Lost(WorkflowRunState run) =>
        Lost(run.Items.Values.Concat(run.Left?.Items.Values ?? []).SelectMany(item => item.Successors.Select(seed => seed.Node).Prepend(item.Node)));

    public StepOutcome Map(StepOutcome outcome) => outcome.Successors.IsEmpty ? outcome : outcome with { Successors = Map(outcome.Successors) };

    public WorkflowRunState Map(WorkflowRunState run)
    {
        var visits = new NodeCounts(to.Nodes.Length);
        for (var node = 0; node < _places.Length; node++)
        {
            visits = _places[node] < 0 || run.Visits[node] == 0 ? visits : visits.Add(_places[node], run.Visits[node]);
        }

        return RunEdit.Indexed(run with
        {
            Workflow = to,
            Items = Map(run.Items),
            OpenJoins = Map(run.OpenJoins),
            ClosedJoins = [.. run.ClosedJoins.Where(node => _places[node] >= 0).Select(node => _places[node])],
            Left = run.Left is null ? null : new LeftWork(Map(run.Left.Items), Map(run.Left.OpenJoins), run.Left.Outputs),
            Visits = visits,
        });
    }

    private ImmutableArray<ItemSeed> Map(ImmutableArray<ItemSeed> seeds) => [.. seeds.Select(seed => seed with { Node = _places[seed.Node] })];

    private ImmutableSortedDictionary<long, WorkItem> Map(ImmutableSortedDictionary<long, WorkItem> items) => items.ToImmutableSortedDictionary(
        pair => pair.Key, pair => pair.Value with { Node = pair.Value.Node < 0 ? pair.Value.Node : _places[pair.Value.Node], Successors = Map(pair.Value.Successors) });

    private ImmutableSortedDictionary<int, long> Map(ImmutableSortedDictionary<int, long> joins) => joins.ToImmutableSortedDictionary(pair => _places[pair.Key], pair => pair.Value);
}
