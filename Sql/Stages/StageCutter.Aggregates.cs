using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <content>Aggregates and DISTINCT.</content>
internal sealed partial class StageCutter
{
    private StagePart Aggregate(AggregateNode node)
    {
        var input = Cut(node.Input);
        if (input.IsSingle)
        {
            return input.Over(node with { Input = input.Node });
        }

        var groupCount = _sizes.Rows(node);
        if (_loose.Contains(node))
        {
            // Repeats do no harm where it is read, so each task drops its own and that is all.
            return input.Over(node with { Input = input.Node }) with { HashedBy = null, RowCount = OwnGroups(input, groupCount) };
        }

        (input, node) = GroupsAsColumns(input, node);
        if (node.IsPlain && node.Groups.Count > 0 && IsTogether(input, node.Groups))
        {
            return input.Over(node with { Input = input.Node }) with { HashedBy = GroupPositions(node, input.HashedBy!) };
        }

        var split = AggregateSplitter.TrySplit(node, out var obstacle);
        if (split is not null && node.GroupingSets.Distinct().Count() == node.GroupingSets.Count)
        {
            return TwoPhases(input, node, split, groupCount);
        }

        var reason = split is null ? $"{obstacle} needs all rows of a group" : "the same grouping set occurs twice";
        if (node.Groups.Count == 0 && DistinctArgument(node) is { } argument)
        {
            return DistinctValues(input, node, argument);
        }

        var common = node.GroupingSets.Count == 0 ? [] : node.GroupingSets.Aggregate<IEnumerable<int>>((left, right) => left.Intersect(right)).ToArray();
        if (common.Length == 0)
        {
            var single = ToSingle(input, $"{reason}, and there is no key that all groups share");
            return single.Over(node with { Input = single.Node });
        }

        var (keyed, keys) = WithKeys(input, common.Select(index => node.Groups[index]));
        var sent = Shuffle(keyed, keys, TasksFor(keyed.ByteCount));
        return sent.Over(node with { Input = sent.Node }) with { HashedBy = node.IsPlain ? GroupPositions(node, keys) : null };
    }

    // Any task may have rows of any group.
    private static long OwnGroups(StagePart input, long groupCount) => (long)Math.Max(1, Math.Min(input.RowCount, groupCount * (double)input.TaskCount));

    /// <summary>Each task aggregates its own rows; the states meet by their groups, and are put together there.</summary>
    private StagePart TwoPhases(StagePart input, AggregateNode node, AggregateSplitter split, long resultCount)
    {
        var groupCount = node.Groups.Count;
        var isPlain = node.IsPlain;

        // Which set a row belongs to is a key like the others: NULL may stand for "not in this set" or for itself.
        var sets = new ValueList<int>([.. Enumerable.Range(0, groupCount)]);
        var partial = input.Over(new AggregateNode(input.Node, node.Groups, node.GroupingSets, split.Partial, isPlain ? [] : [sets])) with { HashedBy = null };
        var stateCount = split.Partial.Count;
        var keys = partial.Node.References().Where((_, index) => index < groupCount || index == groupCount + stateCount).ToArray();
        StagePart sent;
        if (groupCount == 0)
        {
            sent = ToSingle(partial with { RowCount = input.TaskCount }, null);
        }
        else
        {
            partial = partial with { RowCount = OwnGroups(input, resultCount) };
            var (keyed, positions) = WithKeys(partial, keys);
            sent = Shuffle(keyed, positions, TasksFor(keyed.ByteCount));
        }

        if (isPlain)
        {
            var merged = Fold(AggregateNode.Plain(sent.Node, new([.. keys]), split.Final), groupCount, split);
            var values = new ProjectNode(merged, [.. merged.References().Take(groupCount), .. split.Results]);
            return sent.Over(values) with { HashedBy = sent.HashedBy?.All(column => column < groupCount) == true ? sent.HashedBy : null };
        }

        // The set's number stands behind the groups, so that everything merged is one place further.
        var all = Fold(AggregateNode.Plain(sent.Node, new([.. keys]), split.Final), groupCount + 1, split);
        var results = split.Results.Map(value => value.MapColumns(column => column.Index < groupCount ? column : column with { Index = column.Index + 1 }));
        var number = new ColumnReference(groupCount, SqlType.BigInt);
        return sent.Over(new ProjectNode(
            all, [.. all.References().Take(groupCount), .. results, .. node.GroupingNumbers.Map(set => GroupingNumber(number, set, groupCount))])) with
        {
            HashedBy = null,
        };
    }

    private static PlanNode Fold(AggregateNode merged, int keyCount, AggregateSplitter split)
    {
        if (split.Merges.Count == 0)
        {
            return merged;
        }

        // A fold reads the one column in whose place its value stands.
        var values = merged.References().Select((column, index) =>
            split.Merges.TryGetValue(index - keyCount, out var fold) ? fold.MapColumns(read => read with { Index = index }) : column);
        return new ProjectNode(merged, new([.. values]));
    }

    /// <summary>GROUPING() of some keys, out of GROUPING() of all: one bit per key, the first key highest.</summary>
    private static ScalarExpression GroupingNumber(ColumnReference all, ValueList<int> keys, int groupCount)
    {
        ScalarExpression result = Number(0);
        for (var index = 0; index < keys.Count; index++)
        {
            var bit = BigInt("&", BigInt(">>", all, Number(groupCount - 1 - keys[index])), Number(1));
            result = BigInt("+", result, BigInt("*", bit, Number(1L << (keys.Count - 1 - index))));
        }

        return result;
    }

    private static FunctionExpression BigInt(string name, ScalarExpression left, ScalarExpression right) => new(name, [left, right], SqlType.BigInt);

    private static ConstantExpression Number(long value) =>
        new(FormattableString.Invariant($"CAST({value} AS BIGINT)"), false, SqlType.BigInt);

    /// <summary>The one argument of aggregates that all see different values only; null when they differ.</summary>
    private static ScalarExpression? DistinctArgument(AggregateNode node)
    {
        var arguments = node.Aggregates.Where(call => call.Name != "min" && call.Name != "max").Select(call => call.Arguments.Count == 1 ? call.Arguments[0] : null).Distinct().ToArray();
        return node.GroupingSets.Count == 0 && arguments.Length == 1
            && node.Aggregates.All(call => call.IsDistinct && call.Filter is null && call.Orders.Count == 0 && call.Constants.Count == 0 && call.Arguments[0] == arguments[0])
            ? arguments[0]
            : null;
    }

    /// <summary>The different values once each, spread by value; then there is nothing distinct about the aggregates any more.</summary>
    private StagePart DistinctValues(StagePart input, AggregateNode node, ScalarExpression argument)
    {
        var own = input.Over(AggregateNode.Plain(input.Node, [argument], [])) with { HashedBy = null };
        var (keyed, keys) = WithKeys(own, own.Node.References());
        var sent = First(Shuffle(keyed, keys, input.TaskCount), 1);
        var value = new ColumnReference(0, argument.Type);
        var once = sent.Over(AggregateNode.Plain(sent.Node, [value], []));
        var calls = node.Aggregates.Map(call => call with { IsDistinct = false, Arguments = [value] });
        var plain = AggregateNode.Plain(once.Node, [], calls);
        if (AggregateSplitter.TrySplit(plain, out var obstacle) is { } split && !once.IsSingle)
        {
            return TwoPhases(once, plain, split, 1);
        }

        var single = ToSingle(once, $"{obstacle} needs all rows");
        return single.Over(plain with { Input = single.Node });
    }

    private static (StagePart Part, AggregateNode Node) GroupsAsColumns(StagePart input, AggregateNode node)
    {
        if (node.Groups.All(group => group is ColumnReference))
        {
            return (input, node);
        }

        var count = input.Node.Types.Count;
        return (
            Append(input, [.. node.Groups]),
            node with { Groups = new([.. node.Groups.Select((group, index) => new ColumnReference(count + index, group.Type))]) });
    }

    /// <summary>Where hash columns of the input are among the groups; null when one is not.</summary>
    private static IReadOnlyList<int>? GroupPositions(AggregateNode node, IReadOnlyList<int> hashedBy) =>
        StagePart.Follow(hashedBy, node.Groups);

    private StagePart Distinct(DistinctNode node)
    {
        var input = Cut(node.Input);
        var targets = node.Targets.Count > 0 ? node.Targets : input.Node.References();
        var own = input.Over(node with { Input = input.Node });
        if (IsTogether(input, targets))
        {
            return own;
        }

        // The rows that one task drops would be dropped in any company.
        own = own with { RowCount = OwnGroups(input, _sizes.Rows(node)) };
        if (_loose.Contains(node))
        {
            return own;
        }

        var (keyed, keys) = WithKeys(own, targets);
        var sent = First(Shuffle(keyed, keys, TasksFor(keyed.ByteCount)), own.Node.Types.Count);
        return sent.Over(node with { Input = sent.Node });
    }
}
