using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The rules between a graph and the graphs that its nodes run.</summary>
internal static class SubGraphChecks
{
    /// <summary>Checks the named graphs, the bodies of nodes, and who runs whom.</summary>
    public static void Run(GraphDefinition document, List<FlowProblem> problems)
    {
        foreach (var (name, graph) in document.Graphs)
        {
            Check(graph, $"graphs.{name}", problems);
            CheckBodies(graph, document, $"graphs.{name}", 1, problems);
        }

        CheckBodies(document, document, "", 1, problems);
        var trail = new List<string>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in document.Graphs.Keys)
        {
            NameCycles(document, name, trail, done, problems);
        }
    }

    /// <summary>The graphs that the nodes of a graph name, also in the bodies of nodes; with the path of each.</summary>
    private static IEnumerable<(string Name, string Path)> NamedBy(GraphDefinition graph, string path)
    {
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            var at = Path(path, index);
            if (graph.Nodes[index].Graph is { Length: > 0 } name)
            {
                yield return (name, at);
            }

            foreach (var inner in graph.Nodes[index].Body is { } body ? NamedBy(body, at) : [])
            {
                yield return inner;
            }
        }
    }

    private static string Path(string path, int node) =>
        string.Create(CultureInfo.InvariantCulture, $"{(path.Length == 0 ? "" : path + ".")}nodes[{node}].graph");

    private static void Check(GraphDefinition graph, string path, List<FlowProblem> problems)
    {
        var inner = new List<FlowProblem>();
        GraphChecks.Run(graph, inner);
        foreach (var problem in inner)
        {
            GraphChecks.Note(problems, problem.Code, $"{path}.{problem.Path}", problem.Message);
        }
    }

    private static void CheckBodies(GraphDefinition graph, GraphDefinition document, string path, int depth, List<FlowProblem> problems)
    {
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            var (node, at) = (graph.Nodes[index], Path(path, index));
            if (node.Graph is { Length: > 0 } name && !document.Graphs.ContainsKey(name))
            {
                GraphChecks.Note(problems, GraphProblemCodes.UnknownGraph, at, $"'{name}' is not one of the document's 'graphs': {string.Join(", ", document.Graphs.Keys)}.");
            }

            if (node.Body is not { } body)
            {
                continue;
            }

            if (depth > GraphLimits.GraphDepthMax)
            {
                GraphChecks.Note(problems, GraphProblemCodes.TooLarge, at, $"graphs run graphs more than {GraphLimits.GraphDepthMax} deep.");
                continue;
            }

            Check(body, at, problems);
            CheckBodies(body, document, at, depth + 1, problems);
        }
    }

    /// <summary>A graph that would run itself would never end. Names each cycle once; at most as deep as there may be levels.</summary>
    private static void NameCycles(GraphDefinition document, string name, List<string> trail, HashSet<string> done, List<FlowProblem> problems)
    {
        if (done.Contains(name) || !document.Graphs.TryGetValue(name, out var graph))
        {
            return;
        }

        if (trail.Count == GraphLimits.GraphDepthMax)
        {
            GraphChecks.Note(problems, GraphProblemCodes.TooLarge, $"graphs.{name}", $"graphs run graphs more than {GraphLimits.GraphDepthMax} deep: {string.Join(" -> ", trail)}.");
            return;
        }

        trail.Add(name);
        foreach (var (inner, path) in NamedBy(graph, $"graphs.{name}"))
        {
            if (trail.IndexOf(inner) is >= 0 and var start)
            {
                GraphChecks.Note(problems, GraphProblemCodes.Cycle, path, $"the graphs run each other: {string.Join(" -> ", trail[start..].Append(inner))}.");
            }
            else
            {
                NameCycles(document, inner, trail, done, problems);
            }
        }

        trail.RemoveAt(trail.Count - 1);
        done.Add(name);
    }
}
