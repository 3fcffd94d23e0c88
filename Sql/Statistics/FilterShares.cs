using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Statistics;

/// <summary>Parts of a table's rows that conditions keep, by what is known of its columns: values are taken for evenly spread and independent.</summary>
/// <param name="scan">The scan below the filter.</param>
/// <param name="rowCount">Rows of the table.</param>
/// <param name="statisticsOf">What is known of a column; null: nothing.</param>
internal sealed class FilterShares(ScanNode scan, long rowCount, Func<string, ColumnStatistics?> statisticsOf)
{
    // Of conditions about which nothing is known.
    private const double UnknownShare = 0.2;
    private const double UnknownRangeShare = 0.4;
    private const double UnknownNegationShare = 0.9;

    // HAVING asks for groups that stand out.
    private const double AggregateShare = 0.05;

    // Many unknown conditions together leave no less: they are seldom independent.
    private const double UnknownShareMin = 0.01;

    /// <summary>The share of its input that a filter keeps, 0 to 1.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="tableOf">What is known of a table; null: nothing.</param>
    public static double Of(FilterNode filter, Func<string, TableDescription?> tableOf)
    {
        var shares = filter.Input is ScanNode scan && tableOf(scan.Table) is { Statistics.Count: > 0 } table
            ? new FilterShares(scan, table.RowCount, column => table.Statistics.GetValueOrDefault(column))
            : null;
        var known = 1.0;
        var guessed = 1.0;
        foreach (var condition in filter.Conditions)
        {
            if (shares?.Of(condition) is { } share)
            {
                known *= share;
            }
            else if (filter.Input is AggregateNode { Groups.Count: var groupCount } && condition.SelfAndParts().Any(part => part is ColumnReference column && column.Index >= groupCount))
            {
                guessed *= AggregateShare;
            }
            else
            {
                guessed *= Guess(condition);
            }
        }

        return known * Math.Max(UnknownShareMin, guessed);
    }

    /// <summary>The share that a condition keeps, 0 to 1; null when nothing is known.</summary>
    public double? Of(ScalarExpression condition) => condition switch
    {
        ComparisonExpression { Left: ColumnReference column, Right: ConstantExpression value } comparison => Compare(comparison.Kind, column, value),
        ComparisonExpression { Left: ConstantExpression value, Right: ColumnReference column } comparison => Compare(comparison.Kind.Turned(), column, value),
        ConjunctionExpression { IsOr: false } all => Product(all.Conditions.Select(Of)),
        ConjunctionExpression any => Sum(any.Conditions.Select(Of)),
        OperatorExpression { Kind: OperatorKind.IsNull, Operands: [ColumnReference column] } => Known(column)?.NullShare,
        OperatorExpression { Kind: OperatorKind.IsNotNull, Operands: [ColumnReference column] } => 1 - Known(column)?.NullShare,
        OperatorExpression { Kind: OperatorKind.In } list => Sum(list.Operands.Skip(1).Select(item => Of(new ComparisonExpression(ComparisonKind.Equal, list.Operands[0], item)))),
        OperatorExpression { Kind: OperatorKind.Not, Operands: [var negated] } => 1 - Of(negated),
        _ => null,
    };

    private static double Guess(ScalarExpression condition) => condition switch
    {
        ComparisonExpression { Kind: ComparisonKind.NotEqual or ComparisonKind.DistinctFrom } => UnknownNegationShare,
        OperatorExpression { Kind: OperatorKind.Not or OperatorKind.IsNotNull } => UnknownNegationShare,
        FunctionExpression { Name: ['!', '~', ..] } => UnknownNegationShare,
        ComparisonExpression { Kind: not (ComparisonKind.Equal or ComparisonKind.NotDistinctFrom) } => UnknownRangeShare,
        _ => UnknownShare,
    };

    private ColumnStatistics? Known(ColumnReference column) => scan.Columns[column.Index] is { } name ? statisticsOf(name) : null;

    private double? Compare(ComparisonKind kind, ColumnReference column, ConstantExpression value)
    {
        if (Known(column) is not { } known || value.IsNull)
        {
            return null;
        }

        var present = 1 - known.NullShare;
        var place = TableStatistics.Place(column.Type.ToString(), Text(value.Sql));
        if (kind is ComparisonKind.Equal or ComparisonKind.NotEqual)
        {
            var isOutside = place < known.Min || place > known.Max;
            var share = isOutside ? 0 : DistinctValues.OfTable(column.Type, known, rowCount) is { } count ? present / count : (double?)null;
            return kind == ComparisonKind.Equal ? share : present - share;
        }

        if (place is not { } at || known.Min is not { } min || known.Max is not { } max)
        {
            return null;
        }

        var below = max > min ? Math.Clamp((at - min) / (max - min), 0, 1) : at > min ? 1 : 0;
        return kind switch
        {
            ComparisonKind.LessThan or ComparisonKind.LessThanOrEqual => present * below,
            ComparisonKind.GreaterThan or ComparisonKind.GreaterThanOrEqual => present * (1 - below),
            _ => null,
        };
    }

    /// <summary>What is left of all; of none that is known, null.</summary>
    private static double? Product(IEnumerable<double?> shares)
    {
        double? product = null;
        foreach (var share in shares)
        {
            product = share is null ? product : (product ?? 1) * share;
        }

        return product;
    }

    private static double? Sum(IEnumerable<double?> shares)
    {
        double sum = 0;
        foreach (var share in shares)
        {
            if (share is not { } known)
            {
                return null;
            }

            sum += known;
        }

        return Math.Min(1, sum);
    }

    // The value in CAST('value' AS type).
    private static string? Text(string sql)
    {
        const string start = "CAST(";
        var end = sql.LastIndexOf(" AS ", StringComparison.Ordinal);
        return sql.StartsWith(start, StringComparison.Ordinal) && end > start.Length ? sql[start.Length..end].Trim('\'') : null;
    }
}
