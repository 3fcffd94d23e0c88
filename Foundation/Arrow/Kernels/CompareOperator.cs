namespace OrleansFlow.Arrow.Kernels;

/// <summary>How two values are compared; see <see cref="ArrowCompare"/>.</summary>
public enum CompareOperator
{
    /// <summary>Both are the same.</summary>
    Equal,

    /// <summary>They differ.</summary>
    NotEqual,

    /// <summary>The left one comes first.</summary>
    Less,

    /// <summary>The left one comes first or both are the same.</summary>
    LessOrEqual,

    /// <summary>The right one comes first.</summary>
    Greater,

    /// <summary>The right one comes first or both are the same.</summary>
    GreaterOrEqual,
}
