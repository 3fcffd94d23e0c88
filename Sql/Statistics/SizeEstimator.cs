using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Statistics;

/// <summary>Rows and bytes that an operator makes, guessed from the rows of the tables. Coarse on purpose: what finished stages really made corrects it.</summary>
/// <param name="rowsOf">Rows of a table.</param>
/// <param name="tableOf">What else is known of a table; null: nothing.</param>
internal sealed class SizeEstimator(Func<string, long> rowsOf, Func<string, TableDescription?> tableOf)
{
    // Shares that planners have used since the first one; only their order of size matters.
    private const double FilterShare = 0.2;
    private const double GroupShare = 0.1;
    private const double UnequalShare = 0.3;
    private const int TextBytes = 24;
    private const int NestedBytes = 48;
    private const int FixedBytes = 8;

    private readonly Dictionary<int, long> _ctes = [];

    /// <summary>Rows of the result.</summary>
    public long Rows(PlanNode node) => Math.Max(1, node switch
    {
        ScanNode scan => rowsOf(scan.Table),
        ValuesNode values => values.Rows.Count,
        TableFunctionNode => 1_000,
        CteReferenceNode reference => _ctes.GetValueOrDefault(reference.Id, 1_000),
        FilterNode filter => (long)(Rows(filter.Input) * Share(filter)),
        AggregateNode { Groups.Count: 0 } => 1,
        AggregateNode aggregate => (long)(Rows(aggregate.Input) * GroupShare),
        DistinctNode distinct => (long)(Rows(distinct.Input) * GroupShare),
        SortNode sort => Math.Min(sort.Limit?.Count ?? long.MaxValue, Rows(sort.Input)),
        JoinNode join => Join(join),
        SetOperationNode { Kind: SetOperationKind.Union } union => union.Inputs.Sum(Rows),
        CteNode cte => Cte(cte),
        { Inputs.Count: > 0 } other => Rows(other.Inputs[0]),
        _ => 1_000,
    });

    /// <summary>Bytes of the result.</summary>
    public long Bytes(PlanNode node) => Rows(node) * Width(node.Types);

    /// <summary>Bytes of a row.</summary>
    public static int Width(ValueList<SqlType> types) =>
        Math.Max(1, types.Sum(type => type.IsNested ? NestedBytes : type.Id is "VARCHAR" or "BLOB" or "JSON" ? TextBytes : FixedBytes));

    /// <summary>Remembers what a shared result makes.</summary>
    public void Learn(int cteId, long rowCount) => _ctes[cteId] = rowCount;

    /// <summary>What else is known of a table; null: nothing.</summary>
    public TableDescription? TableOf(string table) => tableOf(table);

    // Of a table whose columns are known, each condition counts; the rest together is a guess.
    private double Share(FilterNode filter)
    {
        if (filter.Input is not ScanNode scan || tableOf(scan.Table) is not { Statistics.Count: > 0 } table)
        {
            return FilterShare;
        }

        var shares = new FilterShares(scan, table.RowCount, column => table.Statistics.GetValueOrDefault(column));
        var product = 1.0;
        var isGuess = false;
        foreach (var condition in filter.Conditions)
        {
            var share = shares.Of(condition);
            isGuess |= share is null;
            product *= share ?? 1;
        }

        return isGuess ? product * FilterShare : product;
    }

    private long Cte(CteNode cte)
    {
        Learn(cte.Id, Rows(cte.Definition));
        return Rows(cte.Body);
    }

    private long Join(JoinNode join)
    {
        var left = Rows(join.Left);
        var right = Rows(join.Right);
        return join.Kind switch
        {
            JoinKind.Semi or JoinKind.Anti => (long)(left * FilterShare),
            JoinKind.Mark or JoinKind.Single => left,
            _ when join.Conditions.Any(condition => condition.IsEquality) => Math.Max(left, right),
            _ when right == 1 || left == 1 => Math.Max(left, right),
            _ => (long)Math.Min(1e15, left * (double)right * UnequalShare),
        };
    }
}
