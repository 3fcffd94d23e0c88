namespace OrleansFlow.Sql.Stages;

/// <summary>
/// Something that is true of every row of a scan that is wanted, so that files and row groups without such rows need not be read. The stage's own text
/// checks it again: whoever reads the table may ignore it.
/// </summary>
/// <param name="Columns">Names of the table's columns that it reads.</param>
/// <param name="Sql">The condition; the columns are c0, c1, ... by their place in <paramref name="Columns"/>.</param>
/// <param name="RangeSql">
/// What is false only for a group of rows none of which is wanted: lo0 and hi0 are values of c0 that none of the group is below and above, nulls0 is its
/// number of NULLs (each is NULL when it is not known), and n the number of rows. Null when nothing follows from ranges.
/// </param>
public sealed record ScanCondition(IReadOnlyList<string> Columns, string Sql, string? RangeSql);
