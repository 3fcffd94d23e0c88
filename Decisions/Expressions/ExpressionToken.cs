namespace OrleansFlow.Decisions.Expressions;

/// <summary>One word of an expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; of a quoted text what it means.</param>
/// <param name="Position">Where it begins, in characters from 0.</param>
internal readonly record struct ExpressionToken(ExpressionTokenKind Kind, string Text, int Position)
{
    /// <summary>Whether it is this operator or word.</summary>
    public bool Is(string text) => Kind is ExpressionTokenKind.Symbol or ExpressionTokenKind.Name && Text == text;

    public override string ToString() => Kind == ExpressionTokenKind.End ? "the end" : $"'{Text}'";
}

/// <summary>The kinds of words.</summary>
internal enum ExpressionTokenKind
{
    End,
    Name,
    Number,
    Text,
    Symbol,
}
