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
    /// <summary>The share that a condition keeps, 0 to 1; null when nothing is known.</summary>
    public double? Of(ScalarExpression condition) => condition switch
    {
        ComparisonExpression { Left: ColumnReference column, Right: ConstantExpression value } comparison => Compare(comparison.Kind, column, value),
        ComparisonExpression { Left: ConstantExpression value, Right: ColumnReference column } comparison => Compare(Turned(comparison.Kind), column, value),
        ConjunctionExpression { IsOr: false } all => Product(all.Conditions.Select(Of)),
        ConjunctionExpression any => Sum(any.Conditions.Select(Of)),
        OperatorExpression { Kind: OperatorKind.IsNull, Operands: [ColumnReference column] } => Known(column)?.NullShare,
        OperatorExpression { Kind: OperatorKind.IsNotNull, Operands: [ColumnReference column] } => 1 - Known(column)?.NullShare,
        OperatorExpression { Kind: OperatorKind.In } list => Sum(list.Operands.Skip(1).Select(item => Of(new ComparisonExpression(ComparisonKind.Equal, list.Operands[0], item)))),
        OperatorExpression { Kind: OperatorKind.Not, Operands: [var negated] } => 1 - Of(negated),
        _ => null,
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
            var share = isOutside ? 0 : Distinct(column, known) is { } count ? present / count : (double?)null;
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

    // Values counted in dictionaries; else as many as whole numbers or days have room for.
    private double? Distinct(ColumnReference column, ColumnStatistics known) =>
        known.DistinctCount is { } counted ? Math.Max(1, counted)
        : (column.Type.IsInteger || column.Type.Id is "DATE") && known is { Min: { } min, Max: { } max } ? Math.Clamp(max - min + 1, 1, Math.Max(1, rowCount))
        : null;

    private static ComparisonKind Turned(ComparisonKind kind) => kind switch
    {
        ComparisonKind.LessThan => ComparisonKind.GreaterThan,
        ComparisonKind.GreaterThan => ComparisonKind.LessThan,
        ComparisonKind.LessThanOrEqual => ComparisonKind.GreaterThanOrEqual,
        ComparisonKind.GreaterThanOrEqual => ComparisonKind.LessThanOrEqual,
        _ => kind,
    };

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
