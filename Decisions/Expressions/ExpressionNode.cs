using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Expressions;

/// <summary>A part of an expression.</summary>
internal abstract class ExpressionNode
{
    public abstract ExpressionValue Evaluate(IExpressionScope scope);
}

internal sealed class ConstantNode(ExpressionValue value) : ExpressionNode
{
    public ExpressionValue Value => value;

    public override ExpressionValue Evaluate(IExpressionScope scope) => value;
}

internal sealed class PathNode(ImmutableArray<string> segments) : ExpressionNode
{
    public override ExpressionValue Evaluate(IExpressionScope scope)
    {
        var value = scope.Find(segments[0]);
        for (var index = 1; index < segments.Length && !value.IsNull; index++)
        {
            value = value.Member(segments[index]);
        }

        return value;
    }
}

internal sealed class ListNode(ImmutableArray<ExpressionNode> items) : ExpressionNode
{
    public override ExpressionValue Evaluate(IExpressionScope scope) => ExpressionValue.Of([.. items.Select(item => item.Evaluate(scope))]);
}

/// <summary>All of several hold, or one of them; the rest is not looked at once that is known.</summary>
internal sealed class LogicNode(ImmutableArray<ExpressionNode> parts, bool isAnd) : ExpressionNode
{
    public override ExpressionValue Evaluate(IExpressionScope scope)
    {
        foreach (var part in parts)
        {
            if (part.Evaluate(scope).IsTrue != isAnd)
            {
                return ExpressionValue.Of(!isAnd);
            }
        }

        return ExpressionValue.Of(isAnd);
    }
}

internal sealed class NotNode(ExpressionNode inner) : ExpressionNode
{
    public override ExpressionValue Evaluate(IExpressionScope scope) => ExpressionValue.Of(!inner.Evaluate(scope).IsTrue);
}

internal sealed class ComparisonNode(ExpressionNode left, string comparison, ExpressionNode right) : ExpressionNode
{
    public override ExpressionValue Evaluate(IExpressionScope scope)
    {
        var (a, b) = (left.Evaluate(scope), right.Evaluate(scope));
        return ExpressionValue.Of(comparison switch
        {
            "==" => a == b,
            "!=" => a != b,
            "<" => a.CompareTo(b) < 0,
            "<=" => a.CompareTo(b) <= 0,
            ">" => a.CompareTo(b) > 0,
            ">=" => a.CompareTo(b) >= 0,
            "in" => ExpressionFunctions.Contains(b, a),
            _ => !ExpressionFunctions.Contains(b, a),
        });
    }
}

internal sealed class CallNode(ExpressionFunction function, ImmutableArray<ExpressionNode> arguments) : ExpressionNode
{
    public override ExpressionValue Evaluate(IExpressionScope scope) => function.Call([.. arguments.Select(argument => argument.Evaluate(scope))]);
}

/// <summary>A pattern that stands in the expression, so it was read once.</summary>
internal sealed class MatchNode(ExpressionNode text, System.Text.RegularExpressions.Regex pattern) : ExpressionNode
{
    public override ExpressionValue Evaluate(IExpressionScope scope)
    {
        var value = text.Evaluate(scope);
        return ExpressionValue.Of(value.Kind == ExpressionValueKind.Text && pattern.IsMatch(value.Text));
    }
}
