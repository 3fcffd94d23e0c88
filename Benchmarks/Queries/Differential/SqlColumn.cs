namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>A column that expressions may name.</summary>
/// <param name="Name">Its name, without the relation's.</param>
/// <param name="Kind">What it yields.</param>
/// <param name="Bound">No whole number or decimal in it is larger than this, or smaller than minus this.</param>
/// <param name="IsWide">Whether a whole number has more than 32 bits, so that arithmetic with it may go further.</param>
public sealed record SqlColumn(string Name, SqlKind Kind, double Bound = 0, bool IsWide = false);

/// <summary>A table, CTE or sub-query that a FROM clause may name.</summary>
/// <param name="Name">Table name in the catalog, alias in a query.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Key">Columns whose values tell any two rows apart; empty when there are none such.</param>
/// <param name="IsSmall">Whether it has so few rows that it can be multiplied with another one.</param>
public sealed record SqlRelation(string Name, IReadOnlyList<SqlColumn> Columns, IReadOnlyList<string> Key, bool IsSmall = false);

/// <summary>An expression in SQL.</summary>
/// <param name="Text">In parentheses wherever that could matter.</param>
/// <param name="Kind">What it yields.</param>
/// <param name="Bound">As for a column.</param>
/// <param name="IsWide">As for a column.</param>
internal sealed record SqlExpression(string Text, SqlKind Kind, double Bound = 0, bool IsWide = false);

/// <summary>A query and its result columns.</summary>
/// <param name="Text">Without a semicolon.</param>
/// <param name="Columns">In order, with different names.</param>
/// <param name="Order">Places of the columns that it orders by.</param>
internal sealed record SqlQuery(string Text, IReadOnlyList<SqlColumn> Columns, IReadOnlyList<int> Order);
