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
public sealed record ScanCondition(IReadOnlyList<string> Columns, string Sql, string? RangeSql)
{
    /// <summary>The same as one comparison of a column with constants, for tables that are read in another language; null when it is more than that.</summary>
    public ScanTest? Test { get; init; }
}

/// <summary>What a column is compared by.</summary>
public enum ScanTestKind
{
    /// <summary>It is the value.</summary>
    Equal = 1,

    /// <summary>It is another one.</summary>
    NotEqual = 2,

    /// <summary>It is below the value.</summary>
    Less = 3,

    /// <summary>It is the value or below.</summary>
    LessOrEqual = 4,

    /// <summary>It is above the value.</summary>
    Greater = 5,

    /// <summary>It is the value or above.</summary>
    GreaterOrEqual = 6,

    /// <summary>It is one of the values.</summary>
    In = 7,

    /// <summary>It is NULL.</summary>
    IsNull = 8,

    /// <summary>It is not NULL.</summary>
    IsNotNull = 9,
}

/// <summary>A comparison of a column with constants of its kind: numbers with numbers, dates and timestamps with one another, texts with texts.</summary>
/// <param name="Column">Name of the column.</param>
/// <param name="Kind">How.</param>
/// <param name="Values">The constants as DuckDB writes them as texts; none is NULL.</param>
public sealed record ScanTest(string Column, ScanTestKind Kind, IReadOnlyList<string> Values);
