using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Statistics;

/// <summary>
/// Different values that columns have, followed from the tables up through the operators: how many groups there are and how many rows a join makes depends
/// on them (Selinger et al., "Access Path Selection in a Relational Database Management System", SIGMOD 1979, table 1). Guesses, never above the rows.
/// </summary>
/// <param name="rowsOf">Rows of an operator.</param>
/// <param name="tableOf">What is known of a table; null: nothing.</param>
/// <param name="definitionOf">What a shared result is made of; null: not known.</param>
internal sealed class DistinctValues(Func<PlanNode, long> rowsOf, Func<string, TableDescription?> tableOf, Func<int, PlanNode?> definitionOf)
{
    // False, true and NULL.
    private const int BooleanValues = 3;
    private const double DaysPerYear = 365;

    /// <summary>Different values of an expression over the rows of an operator, at least 1; null when nothing is known.</summary>
    public double? Of(PlanNode node, ScalarExpression value)
    {
        var count = value switch
        {
            ColumnReference column => OfColumn(node, column.Index),
            ConstantExpression => 1,
            CastExpression cast => Of(node, cast.Input),
            { Type.Id: "BOOLEAN" } => BooleanValues,
            FunctionExpression { Name: "year", Arguments: [var date] } => Of(node, date) / DaysPerYear,
            _ => OfParts(node, value),
        };
        return count is { } known ? Math.Clamp(known, 1, rowsOf(node)) : null;
    }

    /// <summary>Different values of a column of a table; null when nothing is known.</summary>
    /// <param name="type">Type of the column.</param>
    /// <param name="known">What is known of it.</param>
    /// <param name="rowCount">Rows of the table.</param>
    public static double? OfTable(SqlType type, ColumnStatistics known, long rowCount) =>

        // Values counted in dictionaries; else as many as whole numbers or days have room for.
        known.DistinctCount is { } counted ? Math.Max(1, counted)
        : (type.IsInteger || type.Id is "DATE") && known is { Min: { } min, Max: { } max } ? Math.Clamp(max - min + 1, 1, Math.Max(1, rowCount))
        : null;

    private double? OfColumn(PlanNode node, int column) => node switch
    {
        ScanNode scan => OfScan(scan, column),
        ValuesNode values => values.Rows.Count,
        FilterNode filter => IsFixed(filter, column) ? 1 : Of(filter.Input, Column(filter.Input, column)),
        ProjectNode project => Of(project.Input, project.Values[column]),
        AggregateNode aggregate => column < aggregate.Groups.Count ? Of(aggregate.Input, aggregate.Groups[column]) : null,
        CteNode cte => Of(cte.Body, Column(cte.Body, column)),
        CteReferenceNode reference => definitionOf(reference.Id) is { } definition ? Of(definition, Column(definition, column)) : null,
        JoinNode join => OfJoin(join, column),
        SetOperationNode operation => operation.Inputs.Map(input => Of(input, Column(input, column))).Aggregate((sum, more) => sum + more),
        { Inputs.Count: 1 } over when column < over.Inputs[0].Types.Count => Of(over.Inputs[0], Column(over.Inputs[0], column)),
        _ => null,
    };

    private static ColumnReference Column(PlanNode node, int column) => new(column, node.Types[column]);

    private double? OfScan(ScanNode scan, int column) =>
        scan.Columns[column] is { } name && tableOf(scan.Table) is { } table && table.Statistics.TryGetValue(name, out var known)
            ? OfTable(scan.Types[column], known, table.RowCount)
            : null;

    private double? OfJoin(JoinNode join, int column)
    {
        var leftCount = join.Left.Types.Count;
        return column < leftCount ? Of(join.Left, Column(join.Left, column))
            : join.Kind == JoinKind.Mark ? BooleanValues
            : Of(join.Right, Column(join.Right, column - leftCount));
    }

    private double? OfParts(PlanNode node, ScalarExpression value)
    {
        double product = 1;
        foreach (var column in value.SelfAndParts().OfType<ColumnReference>().Distinct())
        {
            if (Of(node, column) is not { } count)
            {
                return null;
            }

            product *= count;
        }

        // Of no columns at all it may be a function that gives another value for each row.
        return value.SelfAndParts().Any(part => part is ColumnReference) ? product : null;
    }

    private static bool IsFixed(FilterNode filter, int column) => filter.Conditions.Any(condition =>
        condition is ComparisonExpression { Kind: ComparisonKind.Equal, Left: ColumnReference reference, Right: ConstantExpression } && reference.Index == column);
}
