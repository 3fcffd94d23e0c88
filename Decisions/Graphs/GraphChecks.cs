using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The rules between the nodes of a graph.</summary>
internal static class GraphChecks
{
    /// <summary>Checks what lies between the nodes.</summary>
    /// <returns>The nodes' parents.</returns>
    public static GraphEdges Run(GraphDefinition graph, List<FlowProblem> problems)
    {
        var positions = new Dictionary<string, int>(graph.Nodes.Count, StringComparer.Ordinal);
        var taskCount = 0;
        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            var node = graph.Nodes[index];
            taskCount += node.Tasks;
            if (node.Id.Length > 0 && !positions.TryAdd(node.Id, index))
            {
                Note(problems, GraphProblemCodes.DuplicateNode, Path(index, "id"), $"'{node.Id}' is also the id of nodes[{positions[node.Id]}].");
            }
        }

        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            if (graph.Nodes[index].Compensate is not null && positions.TryGetValue(graph.Nodes[index].Id + PlanCompensation.Suffix, out var taken))
            {
                Note(problems, GraphProblemCodes.DuplicateNode, Path(taken, "id"), $"'{graph.Nodes[taken].Id}' is the name of the compensation of nodes[{index}]; choose another id.");
            }
        }

        if (taskCount > GraphLimits.TaskCountMax)
        {
            Note(problems, GraphProblemCodes.TooLarge, "nodes", $"{taskCount} tasks in all; at most {GraphLimits.TaskCountMax} are allowed.");
        }

        var edges = GraphEdges.Gather(graph, positions, problems);
        NameCycles(graph, edges, positions, problems);
        CheckFunctions(graph, positions, problems);
        foreach (var (name, expression) in graph.Outputs)
        {
            GraphEdges.CheckOutput(expression, $"outputs.{name}", positions, problems);
        }

        return edges;
    }

    private static void CheckFunctions(GraphDefinition graph, Dictionary<string, int> positions, List<FlowProblem> problems)
    {
        if (graph.Vars is { } variables && CoordinatorFunctions.StartOf(variables).Refused is { } refused)
        {
            Note(problems, GraphProblemCodes.BadValue, "vars", refused);
        }

        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            if (graph.Nodes[index] is { Fn: { } name } node && CoordinatorFunctions.Find(name)?.Check(node.Args, positions.ContainsKey) is { } problem)
            {
                Note(problems, GraphProblemCodes.BadValue, Path(index, "args"), problem);
            }
        }
    }

    /// <summary>Names each cycle once: depth-first search with three colours, iterative because a chain may be as long as the graph.</summary>
    private static void NameCycles(GraphDefinition graph, GraphEdges edges, Dictionary<string, int> positions, List<FlowProblem> problems)
    {
        var allParents = Enumerable.Range(0, graph.Nodes.Count)
            .Select(node => edges.Of(node).Where(parent => positions.ContainsKey(parent.Node)).Select(parent => positions[parent.Node]).ToArray()).ToArray();
        const byte Unseen = 0, Open = 1, Done = 2;
        var colours = new byte[graph.Nodes.Count];
        var next = new int[graph.Nodes.Count];
        var trail = new List<int>();
        for (var start = 0; start < graph.Nodes.Count; start++)
        {
            if (colours[start] != Unseen)
            {
                continue;
            }

            trail.Add(start);
            colours[start] = Open;
            while (trail.Count > 0)
            {
                var at = trail[^1];
                var parents = allParents[at];
                if (next[at] == parents.Length)
                {
                    colours[at] = Done;
                    trail.RemoveAt(trail.Count - 1);
                }
                else
                {
                    var parent = parents[next[at]++];
                    if (colours[parent] == Open)
                    {
                        var cycle = trail[trail.IndexOf(parent)..].Select(index => graph.Nodes[index].Id).Append(graph.Nodes[parent].Id);
                        Note(problems, GraphProblemCodes.Cycle, Path(at, "depends_on"), $"the nodes wait for each other: {string.Join(" -> ", cycle)}.");
                    }
                    else if (colours[parent] == Unseen)
                    {
                        colours[parent] = Open;
                        trail.Add(parent);
                    }
                }
            }
        }
    }

    private static string Path(int index, string member) => string.Create(CultureInfo.InvariantCulture, $"nodes[{index}].{member}");

    /// <summary>Adds a problem, unless there are too many already.</summary>
    internal static void Note(List<FlowProblem> problems, string code, string path, string message)
    {
        if (problems.Count < GraphLimits.ProblemCountMax)
        {
            problems.Add(new FlowProblem(code, path, message));
        }
    }
}
