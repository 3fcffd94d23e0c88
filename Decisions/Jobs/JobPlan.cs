using System.Collections.Immutable;
using System.Security.Cryptography;
using Google.Protobuf;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>The shape of a job's program: all that is needed to place, follow and checkpoint it.</summary>
/// <param name="Nodes">In the order of the program.</param>
/// <param name="ProgramHash">SHA-256 of what the program computes; the same for every parallelism of it.</param>
public sealed record JobPlan(ImmutableArray<JobNode> Nodes, ByteString ProgramHash)
{
    /// <summary>Slots that it needs: a slot holds one subtask of each node.</summary>
    public int SlotsNeeded => Nodes.Max(node => node.Parallelism);

    /// <summary>Subtasks in all.</summary>
    public int SubtaskCount => Nodes.Sum(node => node.Parallelism);

    /// <summary>All subtasks, node by node.</summary>
    public IEnumerable<SubtaskKey> Subtasks => Nodes.SelectMany(node => Enumerable.Range(0, node.Parallelism).Select(index => new SubtaskKey(node.Id, index)));

    /// <summary>All subtasks of all operators, in the order of the program.</summary>
    public IEnumerable<OperatorSubtask> OperatorSubtasks => Nodes.SelectMany(node =>
        node.Operators.SelectMany(id => Enumerable.Range(0, node.Parallelism).Select(index => new OperatorSubtask(id, index))));

    /// <summary>Makes the shape of a program.</summary>
    /// <param name="program">One in which <see cref="ProgramChecks"/> finds no fault.</param>
    public static JobPlan From(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var targets = program.Edges.Select(edge => edge.Target).ToHashSet();
        return new JobPlan(
            [.. program.Nodes.Select(node => new JobNode(node.Id, (int)node.Parallelism, [.. node.Chain.Select(part => part.Id)], !targets.Contains(node.Id)))],
            HashOf(program));
    }

    /// <summary>The same program with other numbers of subtasks.</summary>
    /// <param name="program">The program; it stays as it is.</param>
    /// <param name="parallelism">What each node gets; nodes that are not named keep theirs.</param>
    /// <returns>A copy. Check it: a forward edge needs the same parallelism at both ends.</returns>
    public static Program Rescaled(Program program, IReadOnlyDictionary<uint, int> parallelism)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(parallelism);
        var copy = program.Clone();
        foreach (var node in copy.Nodes)
        {
            node.Parallelism = parallelism.TryGetValue(node.Id, out var count) ? (uint)Math.Max(count, 0) : node.Parallelism;
        }

        return copy;
    }

    /// <summary>The node of an operator; null when the program has none such.</summary>
    public JobNode? NodeOf(string operatorId) => Nodes.FirstOrDefault(node => node.Operators.Contains(operatorId, StringComparer.Ordinal));

    /// <summary>The node of that number; null when the program has none such.</summary>
    public JobNode? Node(uint id) => Nodes.FirstOrDefault(node => node.Id == id);

    /// <summary>Whether the program has that subtask.</summary>
    public bool Has(SubtaskKey subtask) => Node(subtask.NodeId) is { } node && subtask.Index >= 0 && subtask.Index < node.Parallelism;

    /// <summary>Whether the program has that subtask of an operator.</summary>
    public bool Has(OperatorSubtask subtask) => NodeOf(subtask.OperatorId) is { } node && subtask.Index >= 0 && subtask.Index < node.Parallelism;

    // Parallelism and words for people may change without the state becoming another program's; options are a map, whose order is not fixed.
    private static ByteString HashOf(Program program)
    {
        var core = program.Clone();
        core.Config.Clear();
        foreach (var node in core.Nodes)
        {
            (node.Parallelism, node.Description) = (0, "");
            foreach (var part in node.Chain)
            {
                part.Description = "";
            }
        }

        return ByteString.CopyFrom(SHA256.HashData(core.ToByteArray()));
    }
}
