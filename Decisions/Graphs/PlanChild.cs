using System.Text.Json;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The graph that a node runs instead of tasks of a role: each of its tasks is a run of its own.</summary>
/// <param name="Graph">The graph, with the graphs that it names; without parameters.</param>
/// <param name="RoleNames">Roles of its nodes, and of those that they run.</param>
public sealed record PlanChild(GraphDefinition Graph, IReadOnlyList<string> RoleNames)
{
    /// <summary>What people are shown in the place of a role.</summary>
    public const string Role = "graph";

    /// <summary>The document of one run of it.</summary>
    /// <param name="paramsJson">Its parameters; null for none.</param>
    internal string DocumentOf(string? paramsJson)
    {
        using var parameters = paramsJson is null ? null : JsonDocument.Parse(paramsJson);
        return GraphDocument.ToJson(new GraphDefinition
        {
            Name = Graph.Name,
            Graphs = Graph.Graphs,
            Params = parameters?.RootElement,
            Vars = Graph.Vars,
            DeadlineSec = Graph.DeadlineSec,
            Outputs = Graph.Outputs,
            Nodes = Graph.Nodes,
        });
    }

    /// <summary>The body of a node.</summary>
    internal static PlanChild Of(GraphDefinition document, GraphDefinition body)
    {
        var graph = new GraphDefinition
        {
            Name = body.Name,
            Graphs = document.Graphs,
            Params = body.Params,
            Vars = body.Vars,
            DeadlineSec = body.DeadlineSec,
            Outputs = body.Outputs,
            Nodes = body.Nodes,
        };
        return new PlanChild(graph, [.. RolesOf(document, body).Distinct(StringComparer.Ordinal)]);
    }

    private static IEnumerable<string> RolesOf(GraphDefinition document, GraphDefinition graph) => graph.Nodes.SelectMany(node => RolesOf(document, node));

    private static IEnumerable<string> RolesOf(GraphDefinition document, NodeDefinition node)
    {
        if (node.Compensate is { } compensation)
        {
            yield return compensation.Role;
        }

        if ((node.Graph is { } name ? document.Graphs[name] : node.Body) is { } inner)
        {
            foreach (var role in RolesOf(document, inner))
            {
                yield return role;
            }
        }
        else if (node.Fn is { } function)
        {
            if (CoordinatorFunctions.Find(function) is null)
            {
                yield return CoordinatorFunctions.Role;
            }
        }
        else if (node.Approval is null)
        {
            yield return node.Role;
        }
    }
}
