using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Expressions;

/// <summary>A condition or value over named values, as graph documents and workflow definitions write them. Immutable.</summary>
/// <remarks>
/// Grammar, weakest first: <c>a or b</c>, <c>a and b</c>, <c>not a</c>, then one comparison of <c>== != &lt; &lt;= &gt; &gt;= in</c> and
/// <c>not in</c>; values are numbers, texts in single or double quotes, <c>true false null</c>, lists <c>[1, 2]</c>, paths
/// <c>vars.limits["a-b"].high</c> and calls <c>len(vars.items)</c>. There is no arithmetic and nothing that could not end: each expression
/// costs at most its own length times that of the values it names. A path that leads nowhere is null. Comparing the order of two values of
/// different kinds gives false, whatever the operator; <c>==</c> of different kinds is false too.
/// </remarks>
public sealed class Expression
{
    /// <summary>Longest text, in characters.</summary>
    public const int LengthMax = 4_096;

    /// <summary>Deepest nesting.</summary>
    public const int DepthMax = 64;

    private readonly ExpressionNode _root;

    private Expression(string text, ExpressionNode root, ImmutableArray<ExpressionPath> paths)
    {
        Text = text;
        _root = root;
        Paths = paths;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Every path in it, in order.</summary>
    public ImmutableArray<ExpressionPath> Paths { get; }

    /// <summary>Reads an expression.</summary>
    /// <exception cref="ExpressionException">It is none; the message says where and why.</exception>
    public static Expression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LengthMax)
        {
            throw new ExpressionException($"an expression has at most {LengthMax} characters, this one {text.Length}.", LengthMax);
        }

        var parser = new ExpressionParser(ExpressionLexer.Read(text));
        var root = parser.ReadAll();
        return new Expression(text, root, [.. parser.Paths]);
    }

    /// <summary>Its value over <paramref name="scope"/>. Pure; throws nothing.</summary>
    public ExpressionValue Evaluate(IExpressionScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return _root.Evaluate(scope);
    }

    /// <summary>Whether its value is <c>true</c>.</summary>
    public bool Holds(IExpressionScope scope) => Evaluate(scope).IsTrue;

    /// <inheritdoc/>
    public override string ToString() => Text;
}
