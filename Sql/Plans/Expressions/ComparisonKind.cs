namespace OrleansFlow.Sql.Plans.Expressions;

/// <summary>How two values are compared.</summary>
internal enum ComparisonKind
{
    Equal,
    NotEqual,
    LessThan,
    GreaterThan,
    LessThanOrEqual,
    GreaterThanOrEqual,

    /// <summary>Not equal, where NULL is equal to NULL.</summary>
    DistinctFrom,

    /// <summary>Equal, where NULL is equal to NULL.</summary>
    NotDistinctFrom,
}
