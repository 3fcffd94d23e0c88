using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using Codes = OrleansFlow.Decisions.Jobs.ProgramProblemCodes;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>Finds what is wrong with the program of a streaming job: every fault at once, not the first one.</summary>
public static class ProgramChecks
{
    /// <summary>Nodes of a program at most.</summary>
    public const int NodesMax = 1_000;

    /// <summary>Subtasks of a node at most.</summary>
    public const int ParallelismMax = 1_024;

    /// <summary>Checks a program.</summary>
    /// <returns>Its faults, in the order of the program; none when it can run.</returns>
    public static IReadOnlyList<FlowProblem> Check(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var problems = new List<FlowProblem>();
        if (program.Nodes.Count == 0)
        {
            problems.Add(new FlowProblem(Codes.Empty, "", "The program has no nodes: nothing would run."));
        }

        if (program.Nodes.Count > NodesMax)
        {
            problems.Add(new FlowProblem(Codes.TooLarge, "nodes", $"The program has {program.Nodes.Count} nodes; {NodesMax} are allowed."));
        }

        var nodes = CheckNodes(program, problems);
        CheckEdges(program, nodes, problems);
        CheckJoins(program, nodes, problems);
        CheckCycles(program, nodes, problems);
        return problems;
    }

    private static Dictionary<uint, ProgramNode> CheckNodes(Program program, List<FlowProblem> problems)
    {
        var nodes = new Dictionary<uint, ProgramNode>();
        var operators = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var number = 0; number < program.Nodes.Count; number++)
        {
            var (node, path) = (program.Nodes[number], $"nodes[{number}]");
            if (node.Id == 0)
            {
                problems.Add(new FlowProblem(Codes.MissingId, $"{path}.id", "The node has no id; give it a number from 1 that no other node has."));
            }
            else if (!nodes.TryAdd(node.Id, node))
            {
                problems.Add(new FlowProblem(Codes.DuplicateNode, $"{path}.id", $"Two nodes have the id {node.Id}; give each its own."));
            }

            if (node.Parallelism is 0 or > ParallelismMax)
            {
                problems.Add(new FlowProblem(Codes.BadParallelism, $"{path}.parallelism", $"Node {node.Id} has {node.Parallelism} subtasks; 1 to {ParallelismMax} are possible."));
            }

            if (node.Chain.Count == 0)
            {
                problems.Add(new FlowProblem(Codes.EmptyChain, $"{path}.chain", $"Node {node.Id} has no operator; give it one at least."));
            }

            CheckChain(node, path, operators, problems);
        }

        return nodes;
    }

    private static void CheckChain(ProgramNode node, string path, Dictionary<string, string> operators, List<FlowProblem> problems)
    {
        for (var number = 0; number < node.Chain.Count; number++)
        {
            var (part, at) = (node.Chain[number], $"{path}.chain[{number}]");
            if (part.Id.Length == 0)
            {
                problems.Add(new FlowProblem(Codes.MissingId, $"{at}.id", $"An operator of node {node.Id} has no id; its state is kept under it."));
            }
            else if (!operators.TryAdd(part.Id, at))
            {
                problems.Add(new FlowProblem(Codes.DuplicateOperator, $"{at}.id", $"Operator id '{part.Id}' is that of {operators[part.Id]} too; state is kept under it, so give each its own."));
            }

            if (part.Kind.Length == 0)
            {
                problems.Add(new FlowProblem(Codes.MissingKind, $"{at}.kind", $"Operator '{part.Id}' does not say which operator it is."));
            }
        }
    }

    private static void CheckEdges(Program program, Dictionary<uint, ProgramNode> nodes, List<FlowProblem> problems)
    {
        var seen = new HashSet<(uint, uint, EdgeKind)>();
        for (var number = 0; number < program.Edges.Count; number++)
        {
            var (edge, path) = (program.Edges[number], $"edges[{number}]");
            foreach (var (id, end) in ((uint, string)[])[(edge.Source, "source"), (edge.Target, "target")])
            {
                if (!nodes.ContainsKey(id))
                {
                    problems.Add(new FlowProblem(Codes.UnknownNode, $"{path}.{end}", $"There is no node {id}."));
                }
            }

            if (edge.Kind is EdgeKind.Unspecified || !Enum.IsDefined(edge.Kind))
            {
                problems.Add(new FlowProblem(Codes.BadEdge, $"{path}.kind", $"The edge from {edge.Source} to {edge.Target} has no kind; say forward, shuffle, left_join or right_join."));
            }
            else if (!seen.Add((edge.Source, edge.Target, edge.Kind)))
            {
                problems.Add(new FlowProblem(Codes.BadEdge, path, $"The edge from {edge.Source} to {edge.Target} is there twice."));
            }

            if (edge.Kind == EdgeKind.Forward && nodes.TryGetValue(edge.Source, out var source) && nodes.TryGetValue(edge.Target, out var target)
                && source.Parallelism != target.Parallelism)
            {
                problems.Add(new FlowProblem(
                    Codes.ForwardParallelism,
                    path,
                    $"The forward edge from node {edge.Source} ({source.Parallelism} subtasks) to node {edge.Target} ({target.Parallelism}) needs the same number at both ends; shuffle, or change one."));
            }
        }
    }

    private static void CheckJoins(Program program, Dictionary<uint, ProgramNode> nodes, List<FlowProblem> problems)
    {
        foreach (var inputs in program.Edges.Where(edge => nodes.ContainsKey(edge.Target)).GroupBy(edge => edge.Target))
        {
            var (left, right) = (inputs.Any(edge => edge.Kind == EdgeKind.LeftJoin), inputs.Any(edge => edge.Kind == EdgeKind.RightJoin));
            if (left != right)
            {
                problems.Add(new FlowProblem(Codes.MissingSide, "edges", $"Node {inputs.Key} is a join with a {(left ? "left" : "right")} side only."));
            }
        }
    }

    /// <summary>Takes away what has no inputs left until nothing more can be; what stays feeds itself, or is fed by what does.</summary>
    private static void CheckCycles(Program program, Dictionary<uint, ProgramNode> nodes, List<FlowProblem> problems)
    {
        var edges = program.Edges.Where(edge => nodes.ContainsKey(edge.Source) && nodes.ContainsKey(edge.Target)).ToList();
        var left = new SortedSet<uint>(nodes.Keys);
        while (left.RemoveWhere(id => !edges.Exists(edge => edge.Target == id && left.Contains(edge.Source))) > 0)
        {
        }

        // And from the other end, so that only those in between are named.
        while (left.RemoveWhere(id => !edges.Exists(edge => edge.Source == id && left.Contains(edge.Target))) > 0)
        {
        }

        if (left.Count > 0)
        {
            problems.Add(new FlowProblem(Codes.Cycle, "edges", $"The nodes {string.Join(", ", left)} feed each other; rows cannot go in circles."));
        }
    }
}
