using System.Globalization;
using OrleansFlow.Decisions.Expressions;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The parents of each node, wherever the document wrote them, and the rules for them.</summary>
internal sealed class GraphEdges
{
    private readonly List<Entry>[] _parents;

    /// <summary>Positions of the parents by id, of the nodes that routing leads to: a hundred thousand may lead to one.</summary>
    private readonly Dictionary<int, Dictionary<string, int>> _known = [];

    /// <summary>So many are compared with each other, more are looked up.</summary>
    private const int FewParents = 8;

    private GraphEdges(List<Entry>[] parents) => _parents = parents;

    /// <summary>The parents of a node: those of <c>depends_on</c> in their order, then those whose routing leads to it.</summary>
    public IEnumerable<ParentDefinition> Of(int node) => _parents[node].Select(parent => parent.Parent);

    /// <summary>Gathers the parents and notes what is wrong with them.</summary>
    public static GraphEdges Gather(GraphDefinition graph, IReadOnlyDictionary<string, int> positions, List<FlowProblem> problems)
    {
        var parents = new List<Entry>[graph.Nodes.Count];
        for (var node = 0; node < parents.Length; node++)
        {
            var own = graph.Nodes[node].DependsOn;
            parents[node] = new List<Entry>(own.Count);
            for (var index = 0; index < own.Count; index++)
            {
                parents[node].Add(new Entry(own[index], node, "depends_on", index));
            }
        }

        var edges = new GraphEdges(parents);
        for (var node = 0; node < parents.Length; node++)
        {
            edges.Route(graph, node, graph.Nodes[node].Routing.OnSuccess, "success", "on_success", positions, problems);
            edges.Route(graph, node, graph.Nodes[node].Routing.OnFailure, "failure", "on_failure", positions, problems);
        }

        for (var node = 0; node < parents.Length; node++)
        {
            edges.Check(graph.Nodes[node], node, positions, problems);
        }

        return edges;
    }

    /// <summary>How many edges must be taken before a node opens; null when its <c>fan_in</c> says nothing that can be.</summary>
    public int? FanInOf(NodeDefinition node, int position)
    {
        var count = _parents[position].Count;
        return node.FanIn switch
        {
            null => node.StartWhen == "first_batch" ? Math.Min(1, count) : count,
            "all" => count,
            "any" => Math.Min(1, count),
            _ => node.FanIn.StartsWith("count:", StringComparison.Ordinal)
                && int.TryParse(node.FanIn.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var needed) && needed >= 1 && needed <= count ? needed : null,
        };
    }

    private void Route(
        GraphDefinition graph, int from, IReadOnlyList<string> targets, string on, string member, IReadOnlyDictionary<string, int> positions, List<FlowProblem> problems)
    {
        for (var index = 0; index < targets.Count; index++)
        {
            var entry = new Entry(new ParentDefinition { Node = graph.Nodes[from].Id, On = on }, from, $"routing.{member}", index);
            if (!positions.TryGetValue(targets[index], out var child))
            {
                GraphChecks.Note(problems, GraphProblemCodes.UnknownNode, entry.Path, $"'{targets[index]}' is not a node of this graph.");
                continue;
            }

            var all = KnownOf(child);
            if (!all.TryGetValue(graph.Nodes[from].Id, out var known))
            {
                all.Add(graph.Nodes[from].Id, _parents[child].Count);
                _parents[child].Add(entry);
            }
            else if (_parents[child][known] is var there && there.Parent.On != on)
            {
                GraphChecks.Note(
                    problems, GraphProblemCodes.BadValue, entry.Path, $"'{targets[index]}' names this node as a parent on '{there.Parent.On}' ({there.Path}); say it in one place.");
            }
        }
    }

    private Dictionary<string, int> KnownOf(int child)
    {
        if (!_known.TryGetValue(child, out var known))
        {
            _known.Add(child, known = new Dictionary<string, int>(StringComparer.Ordinal));
            foreach (var (index, entry) in _parents[child].Index())
            {
                known.TryAdd(entry.Parent.Node, index);
            }
        }

        return known;
    }

    private void Check(NodeDefinition node, int position, IReadOnlyDictionary<string, int> positions, List<FlowProblem> problems)
    {
        var seen = _parents[position].Count > FewParents ? new HashSet<string>(StringComparer.Ordinal) : null;
        for (var index = 0; index < _parents[position].Count; index++)
        {
            var (entry, parent) = (_parents[position][index], _parents[position][index].Parent);
            if (!positions.ContainsKey(parent.Node))
            {
                GraphChecks.Note(problems, GraphProblemCodes.UnknownNode, entry.Path, $"'{parent.Node}' is not a node of this graph.");
            }
            else if (seen is null ? _parents[position].FindIndex(other => other.Parent.Node == parent.Node) < index : !seen.Add(parent.Node))
            {
                GraphChecks.Note(problems, GraphProblemCodes.BadValue, entry.Path, $"'{parent.Node}' is listed twice; keep one.");
            }

            if (parent is { Trigger: "on_batch", On: not "success" })
            {
                GraphChecks.Note(problems, GraphProblemCodes.BadValue, entry.Path, $"'on_batch' does not go with 'on: {parent.On}': how a parent ends is not known at its first batch.");
            }

            if (parent.When is { } when)
            {
                CheckCondition(when, $"{entry.Path}.when", position, problems);
            }
        }

        CheckForeach(node, position, problems);
        if (node.Cache is { } cache)
        {
            CheckCondition(cache.Key, string.Create(CultureInfo.InvariantCulture, $"nodes[{position}].cache.key"), position, problems);
        }

        if (node.When is { } whole)
        {
            CheckCondition(whole, string.Create(CultureInfo.InvariantCulture, $"nodes[{position}].when"), position, problems);
        }

        if (FanInOf(node, position) is null)
        {
            GraphChecks.Note(
                problems,
                GraphProblemCodes.BadValue,
                string.Create(CultureInfo.InvariantCulture, $"nodes[{position}].fan_in"),
                $"expected 'all', 'any' or 'count:N' with N from 1 to the number of parents ({_parents[position].Count}), found \"{node.FanIn}\".");
        }
    }

    private void CheckForeach(NodeDefinition node, int position, List<FlowProblem> problems)
    {
        if (node.Foreach is null)
        {
            return;
        }

        var path = string.Create(CultureInfo.InvariantCulture, $"nodes[{position}].foreach");
        CheckCondition(node.Foreach.Items, $"{path}.items", position, problems);
        if (node.Foreach.BatchesOf is { Length: > 0 } parent && !Of(position).Any(one => one.Node == parent && one.On == "success"))
        {
            GraphChecks.Note(problems, GraphProblemCodes.UnknownNode, $"{path}.batches_of", $"'{parent}' is not a parent of this node whose success leads here.");
        }
    }

    /// <summary>An output of the run may name every node.</summary>
    internal static void CheckOutput(string text, string path, Dictionary<string, int> positions, List<FlowProblem> problems) =>
        CheckExpression(text, path, used => ProblemOfOutput(used, positions), problems);

    private static string? ProblemOfOutput(ExpressionPath path, Dictionary<string, int> positions) =>
        !OutputScope.Roots.Contains(path.Segments[0], StringComparer.Ordinal) ? $"'{path.Segments[0]}' is unknown; an output's path begins with one of: {string.Join(", ", OutputScope.Roots)}."
        : path.Segments[0] != "nodes" || path.Segments.Length == 1 ? null
        : !positions.ContainsKey(path.Segments[1]) ? $"'{path.Segments[1]}' is not a node of this graph."
        : path.Segments.Length > 2 ? ProblemOfMember(path.Segments[2]) : null;

    private static string? ProblemOfMember(string name) => RunScope.ParentMembers.Contains(name, StringComparer.Ordinal)
        ? null
        : $"a node has no '{name}'; known: {string.Join(", ", RunScope.ParentMembers)}.";

    private void CheckCondition(string? text, string path, int node, List<FlowProblem> problems)
    {
        if (text is not null)
        {
            CheckExpression(text, path, used => ProblemOf(used, node), problems);
        }
    }

    private static void CheckExpression(string text, string path, Func<ExpressionPath, string?> problemOf, List<FlowProblem> problems)
    {
        try
        {
            foreach (var used in Expression.Parse(text).Paths)
            {
                if (problemOf(used) is { } problem)
                {
                    GraphChecks.Note(problems, GraphProblemCodes.BadExpression, path, $"position {used.Position + 1}: {problem}");
                }
            }
        }
        catch (ExpressionException exception)
        {
            GraphChecks.Note(problems, GraphProblemCodes.BadExpression, path, exception.Message);
        }
    }

    private string? ProblemOf(ExpressionPath path, int node)
    {
        if (!RunScope.Roots.Contains(path.Segments[0], StringComparer.Ordinal))
        {
            return $"'{path.Segments[0]}' is unknown; a path begins with one of: {string.Join(", ", RunScope.Roots)}.";
        }

        if (path.Segments[0] != "parents" || path.Segments.Length == 1)
        {
            return null;
        }

        if (!Of(node).Any(parent => parent.Node == path.Segments[1]))
        {
            return $"'{path.Segments[1]}' is not a parent of this node.";
        }

        return path.Segments.Length > 2 ? ProblemOfMember(path.Segments[2]) : null;
    }

    /// <summary>A parent, and where the document says so, which is written out only when there is something to say about it.</summary>
    private readonly record struct Entry(ParentDefinition Parent, int Node, string Member, int Index)
    {
        public string Path => string.Create(CultureInfo.InvariantCulture, $"nodes[{Node}].{Member}[{Index}]");
    }
}
