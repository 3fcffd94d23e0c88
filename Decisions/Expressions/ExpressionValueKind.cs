namespace OrleansFlow.Decisions.Expressions;

/// <summary>The kinds of values of the expression language.</summary>
public enum ExpressionValueKind
{
    /// <summary>No value, or a path that leads nowhere.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A list.</summary>
    List,

    /// <summary>An object.</summary>
    Map,
}
