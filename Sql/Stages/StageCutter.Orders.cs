using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <content>Window functions, orders and limits.</content>
internal sealed partial class StageCutter
{
    /// <summary>Functions with the same PARTITION BY run where the rows of a partition are together; those without one in one task, last.</summary>
    private StagePart Window(WindowNode node)
    {
        var part = Cut(node.Input);
        if (part.IsSingle)
        {
            return part.Over(node with { Input = part.Node });
        }

        var count = part.Node.Types.Count;
        var positions = new int[node.Calls.Count];
        var steps = node.Calls.Select((call, index) => (Call: call, Index: index))
            .GroupBy(item => item.Call.Partitions)
            .OrderBy(group => group.Key.Count == 0 ? int.MaxValue : group.Key.Count);
        foreach (var step in steps)
        {
            if (step.Key.Count == 0)
            {
                part = ToSingle(part, "a window function without PARTITION BY sees all rows");
            }
            else if (!IsTogether(part, step.Key))
            {
                var (keyed, keys) = WithKeys(part, step.Key);
                part = Shuffle(keyed, keys, TasksFor(keyed.ByteCount));
            }

            var first = part.Node.Types.Count;
            var calls = step.ToArray();
            for (var index = 0; index < calls.Length; index++)
            {
                positions[calls[index].Index] = first + index;
            }

            part = part.Over(new WindowNode(part.Node, new([.. calls.Select(call => call.Call)])));
        }

        var columns = Enumerable.Range(0, count).Concat(positions).ToArray();
        var result = ProjectNode.Select(part.Node, columns);
        return part.Over(result) with { HashedBy = part.HashedBy?.All(column => column < count) == true ? part.HashedBy : null };
    }

    private StagePart Sort(SortNode node)
    {
        var input = Cut(node.Input);
        if (input.IsSingle)
        {
            return input.Over(node with { Input = input.Node });
        }

        if (node.Limit?.Percentage is not null || node.Offset?.Percentage is not null)
        {
            var all = ToSingle(input, "a share of the rows is known when all are counted");
            return all.Over(node with { Input = all.Node });
        }

        if (node.Limit?.Count is { } limit)
        {
            // No task needs to hand on more rows than the result may take.
            var most = limit > long.MaxValue - (node.Offset?.Count ?? 0) ? long.MaxValue : limit + (node.Offset?.Count ?? 0);
            var own = input.Over(new SortNode(input.Node, node.Keys, new RowCountBound(most, null), null)) with
            {
                RowCount = (long)Math.Min(input.RowCount, (double)most * input.TaskCount),
            };
            var few = ToSingle(own, null);
            return few.Over(node with { Input = few.Node });
        }

        var merged = node.Keys.Count > 0 ? MergeSorted(input, node.Keys) : ToSingle(input, "OFFSET without an order");
        return node.Offset is null ? merged : merged.Over(new SortNode(merged.Node, [], null, node.Offset));
    }

    private StagePart MergeSorted(StagePart input, ValueList<OrderKey> keys)
    {
        var count = input.Node.Types.Count;
        var added = keys.Where(key => key.Value is not ColumnReference).Select(key => key.Value).ToArray();
        var part = Append(input, added);
        var next = count;
        var columns = keys.Map(key => key with { Value = key.Value is ColumnReference ? key.Value : new ColumnReference(next++, key.Value.Type) });
        var sorted = part.Over(new SortNode(part.Node, columns, null, null));
        var order = columns.Select(key => new StageOrder(((ColumnReference)key.Value).Index, key.IsDescending, key.NullsFirst)).ToArray();
        return First(Exchange(sorted, ExchangeKind.Merge, [], 1, order), count);
    }
}
