using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>
/// The subtasks of a program and the channels between them: a forward edge joins subtask i to i, every other edge joins each pair by a
/// channel of its own. A pure function of the program, so that all workers of a job have the same plan.
/// </summary>
public sealed class PhysicalPlan
{
    private PhysicalPlan(Program program, IReadOnlyList<SubtaskPlan> subtasks)
    {
        Program = program;
        Subtasks = subtasks;
    }

    /// <summary>The program, as it was given.</summary>
    public Program Program { get; }

    /// <summary>All subtasks, in the order of the nodes and their indices.</summary>
    public IReadOnlyList<SubtaskPlan> Subtasks { get; }

    /// <summary>Plans a program.</summary>
    /// <exception cref="FlowException">The program cannot be planned (<see cref="FlowErrorCode.BadGraph"/>); every problem is listed.</exception>
    public static PhysicalPlan Of(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var problems = new List<FlowProblem>();
        var nodes = CheckNodes(program, problems);
        CheckEdges(program, nodes, problems);
        if (problems.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, problems);
        }

        var subtasks = new List<SubtaskPlan>();
        foreach (var node in program.Nodes)
        {
            var incoming = Edges(program, edge => edge.Target == node.Id).OrderBy(edge => edge.Edge.Kind).ThenBy(edge => edge.Place).ToList();
            var outgoing = Edges(program, edge => edge.Source == node.Id).ToList();
            for (var index = 0; index < node.Parallelism; index++)
            {
                subtasks.Add(new SubtaskPlan(node, index, Inputs(incoming, nodes, index), Outputs(outgoing, nodes, index)));
            }
        }

        return new PhysicalPlan(program, subtasks);
    }

    private static IEnumerable<(ProgramEdge Edge, int Place)> Edges(Program program, Func<ProgramEdge, bool> isMeant) =>
        program.Edges.Select((edge, place) => (edge, place)).Where(edge => isMeant(edge.edge));

    private static List<InputPlan> Inputs(List<(ProgramEdge Edge, int Place)> incoming, Dictionary<uint, ProgramNode> nodes, int index)
    {
        var inputs = new List<InputPlan>();
        for (var side = 0; side < incoming.Count; side++)
        {
            var (edge, place) = incoming[side];
            var source = nodes[edge.Source];
            for (var from = 0; from < source.Parallelism; from++)
            {
                if (edge.Kind != EdgeKind.Forward || from == index)
                {
                    inputs.Add(new InputPlan(new ChannelKey(place, from, index), source, side) { IsSideOutput = edge.IsSide });
                }
            }
        }

        return inputs;
    }

    private static List<OutputPlan> Outputs(List<(ProgramEdge Edge, int Place)> outgoing, Dictionary<uint, ProgramNode> nodes, int index)
    {
        var outputs = new List<OutputPlan>();
        foreach (var (edge, place) in outgoing)
        {
            var target = nodes[edge.Target];
            var targets = edge.Kind == EdgeKind.Forward ? [index] : Enumerable.Range(0, (int)target.Parallelism);
            outputs.Add(new OutputPlan(edge, target, [.. targets.Select(to => new ChannelKey(place, index, to))]));
        }

        return outputs;
    }

    private static Dictionary<uint, ProgramNode> CheckNodes(Program program, List<FlowProblem> problems)
    {
        var nodes = new Dictionary<uint, ProgramNode>();
        for (var i = 0; i < program.Nodes.Count; i++)
        {
            var node = program.Nodes[i];
            if (node.Id == 0 || !nodes.TryAdd(node.Id, node))
            {
                problems.Add(new FlowProblem("program_node_id", $"nodes[{i}].id", $"Node id {node.Id} is 0 or taken; ids are unique and from 1."));
            }

            if (node.Parallelism is 0 or > Arrow.Kernels.RowPartition.MaxPartitions)
            {
                problems.Add(new FlowProblem("program_parallelism", $"nodes[{i}].parallelism", $"Node {node.Id} has parallelism {node.Parallelism}; it is at least 1."));
            }

            if (node.Chain.Count == 0)
            {
                problems.Add(new FlowProblem("program_chain", $"nodes[{i}].chain", $"Node {node.Id} has no operator."));
            }
        }

        foreach (var same in program.Nodes.SelectMany(node => node.Chain).GroupBy(one => one.Id, StringComparer.Ordinal).Where(same => same.Key.Length == 0 || same.Count() > 1))
        {
            problems.Add(new FlowProblem("program_operator_id", "nodes", $"Operator id '{same.Key}' is empty or taken {same.Count()} times; state is kept under it."));
        }

        return nodes;
    }

    private static void CheckEdges(Program program, Dictionary<uint, ProgramNode> nodes, List<FlowProblem> problems)
    {
        for (var i = 0; i < program.Edges.Count; i++)
        {
            var edge = program.Edges[i];
            if (!nodes.TryGetValue(edge.Source, out var source) || !nodes.TryGetValue(edge.Target, out var target))
            {
                problems.Add(new FlowProblem("program_edge", $"edges[{i}]", $"The edge from {edge.Source} to {edge.Target} names a node that does not exist."));
            }
            else if (edge.Kind is not (EdgeKind.Forward or EdgeKind.Shuffle or EdgeKind.LeftJoin or EdgeKind.RightJoin))
            {
                problems.Add(new FlowProblem("program_edge", $"edges[{i}].kind", $"The edge from {edge.Source} to {edge.Target} has kind {edge.Kind}."));
            }
            else if (edge.IsSide && (source.Chain.Count == 0 || source.Chain[^1].SideSchema.IsEmpty))
            {
                problems.Add(new FlowProblem("program_edge", $"edges[{i}].is_side", $"The edge from {edge.Source} to {edge.Target} takes rows of a second output, and the last operator of {edge.Source} has none."));
            }
            else if (edge.Kind == EdgeKind.Forward && source.Parallelism != target.Parallelism)
            {
                problems.Add(new FlowProblem(
                    "program_edge", $"edges[{i}].kind", $"A forward edge needs equal parallelism; {edge.Source} has {source.Parallelism}, {edge.Target} has {target.Parallelism}. Use a shuffle."));
            }
        }
    }
}
