using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Sql.Stages;

/// <content>UNION, EXCEPT and INTERSECT.</content>
internal sealed partial class StageCutter
{
    private StagePart SetOperation(SetOperationNode node)
    {
        var parts = node.Inputs.Select(Cut).ToArray();
        if (parts.All(part => part.IsSingle))
        {
            return Combine(node, parts, 1);
        }

        return node is { Kind: SetOperationKind.Union, IsAll: true } ? Union(node, parts) : Compare(node, parts);
    }

    private static StagePart Combine(SetOperationNode node, StagePart[] parts, int taskCount) =>
        parts.Skip(1).Aggregate(parts[0], (left, right) => left.Absorb(right)) with
        {
            Node = node.WithInputs(new([.. parts.Select(part => part.Node)])),
            TaskCount = taskCount,
            HashedBy = null,
        };

    /// <summary>Equal rows of all inputs are sent to one place.</summary>
    private StagePart Compare(SetOperationNode node, StagePart[] parts)
    {
        var count = node.Types.Count;
        var taskCount = TasksFor(parts.Sum(part => part.ByteCount));
        var sent = parts.Select(part => First(Send(part, part.Node.References(), taskCount), count)).ToArray();
        return Combine(node, sent, taskCount) with { HashedBy = sent[0].HashedBy };
    }

    /// <summary>
    /// The inputs run in different tasks of one stage where there are enough, instead of each task running a piece of all. Tasks of other inputs read
    /// nothing of an input, so that an input that makes rows of nothing has a stage of its own.
    /// </summary>
    private StagePart Union(SetOperationNode node, StagePart[] parts)
    {
        var arms = parts.Select(part => part.IsSingle && MakesRowsOfNothing(part.Node) ? Exchange(part, ExchangeKind.Coalesce, [], 1) : part).ToArray();
        var wanted = arms.Sum(arm => arm.TaskCount);
        var taskCount = Math.Max(arms.Max(arm => arm.TaskCount), Math.Min(wanted, _options.TaskCountMax));
        var next = 0;
        for (var index = 0; index < arms.Length; index++)
        {
            next = next + arms[index].TaskCount > taskCount ? 0 : next;
            arms[index] = Move(arms[index], next);
            next += arms[index].TaskCount;
        }

        return Combine(node, arms, taskCount);
    }

    private static StagePart Move(StagePart part, int by) => part with
    {
        Scans = [.. part.Scans.Select(scan => scan with { FirstTask = scan.FirstTask + by })],
        Inputs = [.. part.Inputs.Select(input => input with { FirstTask = input.FirstTask + by })],
    };

    private static bool MakesRowsOfNothing(PlanNode node) => node switch
    {
        ValuesNode values => values.Rows.Count > 0,
        TableFunctionNode => true,
        AggregateNode aggregate when aggregate.Groups.Count == 0 || aggregate.GroupingSets.Any(set => set.Count == 0) => true,
        RecursiveNode or CteNode => true,
        _ => node.Inputs.Any(MakesRowsOfNothing),
    };
}
