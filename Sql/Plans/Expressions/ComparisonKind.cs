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

/// <summary>What is said of comparisons.</summary>
internal static class ComparisonKinds
{
    /// <summary>The comparison that says the same with its sides changed over.</summary>
    public static ComparisonKind Turned(this ComparisonKind kind) => kind switch
    {
        ComparisonKind.LessThan => ComparisonKind.GreaterThan,
        ComparisonKind.GreaterThan => ComparisonKind.LessThan,
        ComparisonKind.LessThanOrEqual => ComparisonKind.GreaterThanOrEqual,
        ComparisonKind.GreaterThanOrEqual => ComparisonKind.LessThanOrEqual,
        _ => kind,
    };
}
