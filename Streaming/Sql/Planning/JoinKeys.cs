using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Equalities of a join that the engine left among its other conditions, as it does when one of these names a column of one side alone.</summary>
internal static class JoinKeys
{
    /// <summary>The same join, with such equalities as conditions of two sides.</summary>
    public static JoinNode Found(JoinNode join)
    {
        if (join.Residual is not { } residual || join.IsAsOf)
        {
            return join;
        }

        var all = new List<ScalarExpression>();
        Flatten(residual, all);
        var found = new List<JoinCondition>(join.Conditions);
        var rest = new List<ScalarExpression>();
        foreach (var condition in all)
        {
            if (KeyOf(condition, join.Left.Types.Count) is { } key)
            {
                found.Add(key);
            }
            else
            {
                rest.Add(condition);
            }
        }

        return rest.Count == all.Count ? join : join with
        {
            Conditions = [.. found],
            Residual = rest.Count switch { 0 => null, 1 => rest[0], _ => new ConjunctionExpression(IsOr: false, [.. rest]) },
        };
    }

    private static void Flatten(ScalarExpression condition, List<ScalarExpression> all)
    {
        if (condition is not ConjunctionExpression { IsOr: false } both)
        {
            all.Add(condition);
            return;
        }

        foreach (var one in both.Conditions)
        {
            Flatten(one, all);
        }
    }

    private static JoinCondition? KeyOf(ScalarExpression condition, int leftCount)
    {
        if (condition is not ComparisonExpression { Kind: ComparisonKind.Equal or ComparisonKind.NotDistinctFrom } equality)
        {
            return null;
        }

        return (SideOf(equality.Left, leftCount), SideOf(equality.Right, leftCount)) switch
        {
            (0, 1) => new JoinCondition(equality.Left, Moved(equality.Right, leftCount), equality.Kind),
            (1, 0) => new JoinCondition(equality.Right, Moved(equality.Left, leftCount), equality.Kind),
            _ => null,
        };
    }

    /// <returns>0 for left, 1 for right, -1 where it reads both or none.</returns>
    private static int SideOf(ScalarExpression value, int leftCount)
    {
        var (isLeft, isRight) = (false, false);
        value.MapColumns(column =>
        {
            isLeft |= column.Index < leftCount;
            isRight |= column.Index >= leftCount;
            return column;
        });
        return isLeft == isRight ? -1 : isLeft ? 0 : 1;
    }

    private static ScalarExpression Moved(ScalarExpression value, int leftCount) => value.MapColumns(column => column with { Index = column.Index - leftCount });
}
