using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Plans;

/// <summary>Rows of two inputs that belong together: the left columns, then the right ones, or only one side's (see <see cref="JoinKind"/>).</summary>
/// <param name="Kind">Which rows come out.</param>
/// <param name="Left">The left rows.</param>
/// <param name="Right">The right rows.</param>
/// <param name="Conditions">Comparisons of a left value with a right value; all must be true.</param>
internal sealed record JoinNode(JoinKind Kind, PlanNode Left, PlanNode Right, ValueList<JoinCondition> Conditions) : PlanNode
{
    /// <summary>A condition over the left columns followed by the right ones; null for none.</summary>
    public ScalarExpression? Residual { get; init; }

    /// <summary>The closest match by the last condition that is no equality, instead of all of them.</summary>
    public bool IsAsOf { get; init; }

    public override ValueList<SqlType> Types => Kind switch
    {
        JoinKind.Semi or JoinKind.Anti => Left.Types,
        JoinKind.Mark => [.. Left.Types, SqlType.Boolean],
        _ => [.. Left.Types, .. Right.Types],
    };

    public override ValueList<PlanNode> Inputs => [Left, Right];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Left = inputs[0], Right = inputs[1] };
}

/// <summary>One comparison of a join.</summary>
/// <param name="Left">A value of the left row.</param>
/// <param name="Right">A value of the right row, of the same type.</param>
/// <param name="Kind">How they are compared.</param>
internal sealed record JoinCondition(ScalarExpression Left, ScalarExpression Right, ComparisonKind Kind)
{
    /// <summary>Whether rows that match have equal values here, so that both can be found by a hash.</summary>
    public bool IsEquality => Kind is ComparisonKind.Equal or ComparisonKind.NotDistinctFrom;
}

/// <summary>Which rows of a join come out.</summary>
internal enum JoinKind
{
    /// <summary>Matching pairs; all pairs without a condition.</summary>
    Inner,

    /// <summary>Matching pairs, and left rows without a match.</summary>
    Left,

    /// <summary>Matching pairs, and right rows without a match.</summary>
    Right,

    /// <summary>Matching pairs, and rows of both sides without a match.</summary>
    Full,

    /// <summary>Left rows with a match.</summary>
    Semi,

    /// <summary>Left rows without a match.</summary>
    Anti,

    /// <summary>Left rows, each with the answer of IN, ANY or EXISTS: true, false or NULL.</summary>
    Mark,

    /// <summary>Left rows, each with its only match; more than one is an error. A sub-query used as a value.</summary>
    Single,

    /// <summary>The n-th left row with the n-th right row.</summary>
    Positional,
}
