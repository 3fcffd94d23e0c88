using OrleansFlow.Errors;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Joins of a stream with a table that is looked up.</summary>
/// <remarks>
/// A key has one row or none, so that what else a join says is a matter of each row by itself: an inner join leaves out rows whose row does not fit, and a left join has nulls there.
/// </remarks>
internal static class LookupJoins
{
    private static readonly HashSet<string> WholeNumbers = new(StringComparer.Ordinal)
    {
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT",
    };

    /// <summary>The join as a lookup and what is made of each row, where one side is such a table; otherwise the join.</summary>
    /// <exception cref="FlowException">A join that lookups cannot do.</exception>
    public static PlanNode Found(JoinNode join, StreamTables tables)
    {
        var (left, right) = (Side.Of(join.Left, tables), Side.Of(join.Right, tables));
        if (left is null && right is null)
        {
            return join;
        }

        if (left is not null && right is not null)
        {
            throw LookupTable.NotRead(left.Scan.Table);
        }

        var isLeft = left is not null;
        var side = left ?? right!;
        var isOuter = join.Kind == (isLeft ? JoinKind.Right : JoinKind.Left);
        if (join.IsAsOf || !(isOuter || join.Kind == JoinKind.Inner || (!isLeft && join.Kind is JoinKind.Semi or JoinKind.Anti)))
        {
            throw new FlowException(
                FlowErrorCode.Unsupported,
                $"Table '{side.Scan.Table}' is looked up, so that only rows of the stream go on: INNER JOIN, LEFT JOIN with the table on the right, EXISTS and NOT EXISTS; this is a join of kind {(join.IsAsOf ? "AsOf" : join.Kind)}.");
        }

        var stream = isLeft ? join.Right : join.Left;
        var conditions = join.Conditions.Select(one => isLeft ? new JoinCondition(one.Right, one.Left, Mirrored(one.Kind)) : one).ToList();
        var table = tables.LookupOf(side.Scan.Table)!;
        var used = Keys(table, side, conditions);
        var keys = used.Zip(table.Lookup!.KeyPlaces, (condition, place) => KeyValue(condition, new SqlType(side.TypeOf(place, table))));
        var types = TypesOf(table, side.Scan);
        var lookup = new LookupNode(stream, side.Scan.Table, [.. keys], types);
        var count = stream.Types.Count;

        // All that is said of a pair, over the columns of the lookup.
        ScalarExpression InTable(ScalarExpression value) => side.Resolve(value).MapColumns(column => column with { Index = count + PlaceOf(table, side.Scan, column.Index) });
        var said = new List<ScalarExpression> { new ColumnReference(lookup.Types.Count - 1, SqlType.Boolean) };
        said.AddRange(side.Filters.Select(filter => filter.MapColumns(column => column with { Index = count + PlaceOf(table, side.Scan, column.Index) })));
        said.AddRange(conditions.Where(condition => !used.Contains(condition)).Select(condition => new ComparisonExpression(condition.Kind, condition.Left, InTable(condition.Right))));
        if (join.Residual is { } residual)
        {
            var leftCount = join.Left.Types.Count;
            said.Add(residual.MapColumns(column => column.Index < leftCount == isLeft
                ? InTable(column with { Index = isLeft ? column.Index : column.Index - leftCount })
                : column with { Index = isLeft ? column.Index - leftCount : column.Index }));
        }

        ScalarExpression fits = said.Count == 1 ? said[0] : new ConjunctionExpression(IsOr: false, [.. said]);
        var ofStream = stream.References();
        var ofTable = side.Plan.References().Map(InTable);
        if (join.Kind == JoinKind.Anti)
        {
            var never = new ConstantExpression("false", IsNull: false, SqlType.Boolean);
            fits = new OperatorExpression(OperatorKind.Not, [new OperatorExpression(OperatorKind.Coalesce, [fits, never], SqlType.Boolean)], SqlType.Boolean);
        }

        if (isOuter)
        {
            ofTable = ofTable.Map(value => (ScalarExpression)new CaseExpression([fits, value, ConstantExpression.Null(value.Type)], value.Type));
        }

        PlanNode rows = isOuter ? lookup : new FilterNode(lookup, [fits]);
        return new ProjectNode(rows, join.Kind is JoinKind.Semi or JoinKind.Anti ? ofStream : isLeft ? [.. ofTable, .. ofStream] : [.. ofStream, .. ofTable]);
    }

    /// <summary>For each column of the key the condition that gives its value.</summary>
    private static List<JoinCondition> Keys(StreamTable table, Side side, List<JoinCondition> conditions)
    {
        var keys = new List<JoinCondition>();
        foreach (var place in table.Lookup!.KeyPlaces)
        {
            var column = table.Columns[place];
            var condition = conditions.Find(one => side.KeyOf(one, table) == place);
            if (condition is null)
            {
                var names = string.Join(", ", table.Lookup.KeyPlaces.Select(key => table.Columns[key].Name));
                throw new FlowException(
                    FlowErrorCode.BadInput,
                    $"the right-side of a look-up join condition must be a PRIMARY KEY column: table '{side.Scan.Table}' is looked up by ({names}), and no condition says that '{column.Name}' is equal to a value of the stream.");
            }

            keys.Add(condition);
        }

        return keys;
    }

    /// <summary>A number that the column of the key cannot hold is null, and has no row.</summary>
    private static ScalarExpression KeyValue(JoinCondition condition, SqlType type) =>
        condition.Left.Type == type ? condition.Left : new CastExpression(condition.Left, IsTry: true, type);

    /// <summary>As the engine names them: what nobody reads is as it is declared.</summary>
    private static ValueList<SqlType> TypesOf(StreamTable table, ScanNode scan) => [.. table.Columns.Select((column, place) => ScannedType(table, scan, place) ?? new SqlType(column.Type))];

    private static SqlType? ScannedType(StreamTable table, ScanNode scan, int place)
    {
        for (var i = 0; i < scan.Columns.Count; i++)
        {
            if (string.Equals(scan.Columns[i], table.Columns[place].Name, StringComparison.OrdinalIgnoreCase))
            {
                return scan.Types[i];
            }
        }

        return null;
    }

    private static int PlaceOf(StreamTable table, ScanNode scan, int index) =>
        table.Columns.ToList().FindIndex(column => string.Equals(column.Name, scan.Columns[index], StringComparison.OrdinalIgnoreCase)) is var place and >= 0
            ? place
            : throw new FlowException(FlowErrorCode.BadInput, $"Table '{scan.Table}' is looked up, and has no column '{scan.Columns[index]}'; its rows have no event time.");

    private static ComparisonKind Mirrored(ComparisonKind kind) => kind switch
    {
        ComparisonKind.LessThan => ComparisonKind.GreaterThan,
        ComparisonKind.LessThanOrEqual => ComparisonKind.GreaterThanOrEqual,
        ComparisonKind.GreaterThan => ComparisonKind.LessThan,
        ComparisonKind.GreaterThanOrEqual => ComparisonKind.LessThanOrEqual,
        _ => kind,
    };

    /// <summary>The side of a join that is a table to look up, with what is computed of its rows.</summary>
    private sealed record Side(PlanNode Plan, ScanNode Scan, IReadOnlyList<ScalarExpression> Values, IReadOnlyList<ScalarExpression> Filters)
    {
        public static Side? Of(PlanNode plan, StreamTables tables)
        {
            switch (plan)
            {
                case ScanNode scan when tables.LookupOf(scan.Table) is not null:
                    return new Side(plan, scan, scan.References(), []);
                case FilterNode filter when Of(filter.Input, tables) is { } below:
                    return below with { Plan = plan, Filters = [.. below.Filters, .. filter.Conditions.Select(below.Resolve)] };
                case ProjectNode project when Of(project.Input, tables) is { } below:
                    return below with { Plan = plan, Values = [.. project.Values.Select(below.Resolve)] };
                default:
                    return null;
            }
        }

        /// <summary>A value of the side over the columns of the scan.</summary>
        public ScalarExpression Resolve(ScalarExpression value) => value.MapColumns(column => Values[column.Index]);

        /// <summary>The column of the key that a condition gives a value for, if it is one.</summary>
        public int? KeyOf(JoinCondition condition, StreamTable table)
        {
            if (!condition.IsEquality)
            {
                return null;
            }

            // Of two whole numbers the engine widens the smaller one, which changes no value.
            var value = Resolve(condition.Right);
            if (value is CastExpression { Input: ColumnReference narrow } cast && WholeNumbers.Contains(cast.Type.ToString()) && WholeNumbers.Contains(narrow.Type.ToString()))
            {
                value = narrow;
            }

            return value is ColumnReference column && PlaceOf(table, Scan, column.Index) is var place && table.Lookup!.KeyPlaces.Contains(place) ? place : null;
        }

        public string TypeOf(int place, StreamTable table) => (ScannedType(table, Scan, place) ?? new SqlType(table.Columns[place].Type)).ToString();
    }
}
