using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The rules between the nodes of a graph.</summary>
internal static class GraphChecks
{
    public static void Run(GraphDefinition graph, List<FlowProblem> problems)
    {
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
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

        if (taskCount > GraphLimits.TaskCountMax)
        {
            Note(problems, GraphProblemCodes.TooLarge, "nodes", $"{taskCount} tasks in all; at most {GraphLimits.TaskCountMax} are allowed.");
        }

        for (var index = 0; index < graph.Nodes.Count; index++)
        {
            CheckParents(graph.Nodes[index], index, positions, problems);
        }

        NameCycles(graph, positions, problems);
    }

    private static void CheckParents(NodeDefinition node, int index, Dictionary<string, int> positions, List<FlowProblem> problems)
    {
        for (var position = 0; position < node.DependsOn.Count; position++)
        {
            var parent = node.DependsOn[position];
            var path = Path(index, string.Create(CultureInfo.InvariantCulture, $"depends_on[{position}]"));
            if (!positions.ContainsKey(parent))
            {
                Note(problems, GraphProblemCodes.UnknownNode, path, $"'{parent}' is not a node of this graph.");
            }
            else if (node.DependsOn.Take(position).Contains(parent, StringComparer.Ordinal))
            {
                Note(problems, GraphProblemCodes.BadValue, path, $"'{parent}' is listed twice; keep one.");
            }
        }
    }

    /// <summary>Names each cycle once: depth-first search with three colours, iterative because a chain may be as long as the graph.</summary>
    private static void NameCycles(GraphDefinition graph, Dictionary<string, int> positions, List<FlowProblem> problems)
    {
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
                var parents = graph.Nodes[at].DependsOn;
                if (next[at] == parents.Count)
                {
                    colours[at] = Done;
                    trail.RemoveAt(trail.Count - 1);
                }
                else if (positions.TryGetValue(parents[next[at]++], out var parent))
                {
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

    private static void Note(List<FlowProblem> problems, string code, string path, string message)
    {
        if (problems.Count < GraphLimits.ProblemCountMax)
        {
            problems.Add(new FlowProblem(code, path, message));
        }
    }
}
