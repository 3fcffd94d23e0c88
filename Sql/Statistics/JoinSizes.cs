using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Sql.Statistics;

/// <summary>Rows that joins make: values of the side with fewer of them are taken to occur on the other side (Selinger et al., SIGMOD 1979).</summary>
/// <param name="rowsOf">Rows of an operator.</param>
/// <param name="values">Different values of columns.</param>
internal sealed class JoinSizes(Func<PlanNode, long> rowsOf, DistinctValues values)
{
    private const double MatchShare = 0.2;
    private const double UnequalShare = 0.3;

    // More than that no join is taken to make: sizes are compared and multiplied.
    private const double RowsMax = 1e15;

    /// <summary>Rows of a join.</summary>
    public long Of(JoinNode join)
    {
        double left = rowsOf(join.Left);
        double right = rowsOf(join.Right);
        return (long)Math.Min(RowsMax, join.Kind switch
        {
            JoinKind.Semi => left * Share(join),
            JoinKind.Anti => left * Math.Max(1 - Share(join), MatchShare),
            JoinKind.Mark or JoinKind.Single => left,
            JoinKind.Left => Math.Max(left, Pairs(join, left, right)),
            JoinKind.Right => Math.Max(right, Pairs(join, left, right)),
            JoinKind.Full => Math.Max(Math.Max(left, right), Pairs(join, left, right)),
            _ => Pairs(join, left, right),
        });
    }

    private double Pairs(JoinNode join, double left, double right)
    {
        var larger = Math.Max(left, right);
        var equalities = join.Conditions.Where(condition => condition.IsEquality).ToArray();
        if (equalities.Length == 0)
        {
            return right <= 1 || left <= 1 ? larger : left * right * UnequalShare;
        }

        // Keys of several columns depend on each other: only the one that tells most counts.
        var most = equalities.Max(condition => Most(join, condition));
        return most is not { } count ? larger
            : equalities.Length > 1 ? Math.Min(larger, left * right / count)
            : left * right / count;
    }

    /// <summary>Left rows that meet a right one.</summary>
    private double Share(JoinNode join)
    {
        var shares = join.Conditions.Where(condition => condition.IsEquality)
            .Select(condition => values.Of(join.Right, condition.Right) / values.Of(join.Left, condition.Left))
            .OfType<double>()
            .ToArray();
        return shares.Length == 0 ? MatchShare : Math.Clamp(shares.Min(), 0, 1);
    }

    private double? Most(JoinNode join, JoinCondition condition) =>
        values.Of(join.Left, condition.Left) is { } left && values.Of(join.Right, condition.Right) is { } right ? Math.Max(left, right) : null;
}
