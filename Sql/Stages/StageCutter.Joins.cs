using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Reading;

namespace OrleansFlow.Sql.Stages;

/// <content>Joins, by what each type allows.</content>
internal sealed partial class StageCutter
{
    private StagePart Join(JoinNode node)
    {
        if (node.Kind is JoinKind.Semi or JoinKind.Anti or JoinKind.Mark)
        {
            _loose.UnionWith(LooseDistincts.Below(node.Right));
        }

        var left = Cut(node.Left);
        var right = Cut(node.Right);
        if (left.IsSingle && right.IsSingle)
        {
            return Beside(node, left, right);
        }

        if (node.Kind == JoinKind.Positional)
        {
            throw new PlanReadException("a positional join needs the rows in the order of the tables");
        }

        if (node is { IsAsOf: true, Kind: JoinKind.Right or JoinKind.Full })
        {
            // DuckDB 1.5.6 never ends such a join when there are no left rows, which in one of many tasks is nothing unusual.
            const string reason = "an as-of join that keeps right rows runs in one task";
            return Beside(node, ToSingle(left, reason), ToSingle(right, reason));
        }

        // A side may be in every task as a whole when its rows come out only together with rows of the other side. Of an as-of join the closest right
        // row must be the closest of all, so only the right side can be whole.
        var mayCopyRight = node.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single;
        var mayCopyLeft = node.Kind is JoinKind.Inner or JoinKind.Right && !node.IsAsOf;
        var equalities = node.Conditions.Where(condition => condition.IsEquality).ToArray();

        // IN with NULLs: whether the answer is false or unknown depends on rows that match nothing. NOT DISTINCT alone is EXISTS.
        var maySend = equalities.Length > 0 && (node.Kind != JoinKind.Mark || node.Conditions.All(condition => condition.Kind == ComparisonKind.NotDistinctFrom));
        var isLeftPlaced = maySend && Placed(left, equalities, condition => condition.Left) is not null;
        var isRightPlaced = maySend && !isLeftPlaced && Placed(right, equalities, condition => condition.Right) is not null;
        if (mayCopyRight && (right.IsConstant || !maySend || PaysToCopy(right, isRightPlaced, left, isLeftPlaced)) && !(mayCopyLeft && !maySend && left.ByteCount < right.ByteCount))
        {
            return CopyRight(node, left, right);
        }

        if (mayCopyLeft && (left.IsConstant || !maySend || PaysToCopy(left, isLeftPlaced, right, isRightPlaced)))
        {
            return CopyLeft(node, left, right);
        }

        if (!maySend)
        {
            var reason = $"a {node.Kind.ToString().ToLowerInvariant()} join without equality compares all rows with all rows";
            return Beside(node, ToSingle(left, reason), ToSingle(right, reason));
        }

        return SendBoth(node, left, right, equalities);
    }

    /// <summary>Whether a side sent to every task of the other one moves fewer bytes than both sent by their keys; one that is placed by its keys stays.</summary>
    private bool PaysToCopy(StagePart part, bool isPlaced, StagePart other, bool isOtherPlaced)
    {
        var copied = part.ByteCount * (double)other.TaskCount;
        var sent = (isPlaced ? 0 : (double)part.ByteCount) + (isOtherPlaced ? 0 : other.ByteCount);
        return part.ByteCount <= _options.BroadcastBytesMax && part.ByteCount < other.ByteCount && copied <= sent;
    }

    /// <summary>Both sides in the same tasks, as they are.</summary>
    private static StagePart Beside(JoinNode node, StagePart left, StagePart right) =>
        left.Absorb(right) with { Node = node with { Left = left.Node, Right = right.Node }, HashedBy = null };

    private StagePart CopyRight(JoinNode node, StagePart left, StagePart right)
    {
        var whole = right.IsConstant ? right : Copy(right, left.TaskCount);
        return Beside(node, left, whole) with { HashedBy = left.HashedBy };
    }

    private StagePart CopyLeft(JoinNode node, StagePart left, StagePart right)
    {
        var whole = left.IsConstant ? left : Copy(left, right.TaskCount);
        var count = left.Node.Types.Count;
        return Beside(node, whole, right) with { TaskCount = right.TaskCount, HashedBy = right.HashedBy?.Select(column => column + count).ToArray() };
    }

    private StagePart Copy(StagePart part, int taskCount) =>
        taskCount == 1 ? ToSingle(part, null) : Exchange(part, ExchangeKind.Broadcast, [], taskCount);

    /// <summary>Both sides to where their keys belong; a side that is there already stays.</summary>
    private StagePart SendBoth(JoinNode node, StagePart left, StagePart right, JoinCondition[] equalities)
    {
        var leftCount = left.Node.Types.Count;
        var rightCount = right.Node.Types.Count;
        if (Placed(left, equalities, condition => condition.Left) is { } leftOrder)
        {
            right = Send(right, leftOrder.Select(index => equalities[index].Right), left.TaskCount);
        }
        else if (Placed(right, equalities, condition => condition.Right) is { } rightOrder)
        {
            left = Send(left, rightOrder.Select(index => equalities[index].Left), right.TaskCount);
        }
        else
        {
            var taskCount = TasksFor(left.ByteCount + right.ByteCount);
            left = Send(left, equalities.Select(condition => condition.Left), taskCount);
            right = Send(right, equalities.Select(condition => condition.Right), taskCount);
        }

        var hashedBy = node.Kind switch
        {
            JoinKind.Full => null,
            JoinKind.Right => First(right, rightCount).HashedBy?.Select(column => column + leftCount).ToArray(),
            _ => First(left, leftCount).HashedBy,
        };
        return Beside(node, First(left, leftCount), First(right, rightCount)) with { HashedBy = hashedBy };
    }

    private StagePart Send(StagePart part, IEnumerable<ScalarExpression> keys, int taskCount)
    {
        var (keyed, positions) = WithKeys(part, keys);
        return Shuffle(keyed, positions, taskCount);
    }

    /// <summary>
    /// Which equalities the hash columns of a part are, in their order; null when they are something else. Only then do rows of the other side find
    /// them, if they are sent by the same equalities.
    /// </summary>
    private static int[]? Placed(StagePart part, JoinCondition[] equalities, Func<JoinCondition, ScalarExpression> side)
    {
        if (part.IsSingle || part.HashedBy is not { Count: > 0 } hashed)
        {
            return null;
        }

        var order = hashed.Select(column => Array.FindIndex(
            equalities, condition => side(condition) is ColumnReference reference && reference.Index == column && reference.Type.IsComparedByBytes)).ToArray();
        return order.All(index => index >= 0) ? order : null;
    }
}
