namespace OrleansFlow.Sql.Plans.Expressions;

/// <summary>Operators with a syntax of their own.</summary>
internal enum OperatorKind
{
    Not,
    IsNull,
    IsNotNull,

    /// <summary>The first operand is one of the others.</summary>
    In,

    /// <summary>The first operand is none of the others.</summary>
    NotIn,

    Coalesce,

    /// <summary>NULL when its operand fails.</summary>
    Try,
}
