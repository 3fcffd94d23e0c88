using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansFlow.Decisions.Expressions;

/// <summary>Reads an expression by recursive descent; see <see cref="Expression"/> for the grammar.</summary>
internal sealed class ExpressionParser(List<ExpressionToken> tokens)
{
    private static readonly ImmutableArray<string> Comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private int _at;
    private int _depth;

    public List<ExpressionPath> Paths { get; } = [];

    private ExpressionToken Current => tokens[_at];

    public ExpressionNode ReadAll()
    {
        if (Current.Kind == ExpressionTokenKind.End)
        {
            throw new ExpressionException("an expression is missing.", 0);
        }

        var root = ReadOr();
        return Current.Kind == ExpressionTokenKind.End
            ? root
            : throw new ExpressionException(
                Comparisons.Contains(Current.Text) ? $"comparisons do not chain: join two by 'and' instead of a second {Current}." : $"{Current} is one word too many.",
                Current.Position);
    }

    private ExpressionNode ReadOr() => ReadLogic("or", isAnd: false, ReadAnd);

    private ExpressionNode ReadAnd() => ReadLogic("and", isAnd: true, ReadNot);

    private ExpressionNode ReadLogic(string word, bool isAnd, Func<ExpressionNode> readPart)
    {
        var parts = ImmutableArray.CreateBuilder<ExpressionNode>();
        do
        {
            parts.Add(readPart());
        }
        while (TryTake(word));
        return parts.Count == 1 ? parts[0] : new LogicNode(parts.ToImmutable(), isAnd);
    }

    private ExpressionNode ReadNot()
    {
        if (!TryTake("not"))
        {
            return ReadComparison();
        }

        Enter();
        var inner = ReadNot();
        _depth--;
        return new NotNode(inner);
    }

    private ExpressionNode ReadComparison()
    {
        var left = ReadValue();
        foreach (var comparison in Comparisons)
        {
            if (TryTake(comparison))
            {
                return new ComparisonNode(left, comparison, ReadValue());
            }
        }

        if (TryTake("in"))
        {
            return new ComparisonNode(left, "in", ReadValue());
        }

        if (Current.Is("not") && tokens[_at + 1].Is("in"))
        {
            _at += 2;
            return new ComparisonNode(left, "not in", ReadValue());
        }

        return left;
    }

    private ExpressionNode ReadValue()
    {
        Enter();
        var token = Current;
        ExpressionNode value;
        if (TryTake("("))
        {
            value = ReadOr();
            Take(")");
        }
        else if (TryTake("["))
        {
            value = new ListNode(ReadUntil("]"));
        }
        else
        {
            value = ReadWord(token);
        }

        _depth--;
        return value;
    }

    private ExpressionNode ReadWord(ExpressionToken token)
    {
        if (token.Kind == ExpressionTokenKind.End || token.Kind == ExpressionTokenKind.Symbol || (token.Kind == ExpressionTokenKind.Name && token.Text is "or" or "and" or "not" or "in"))
        {
            throw new ExpressionException($"a value is missing before {token}.", token.Position);
        }

        _at++;
        return token.Kind switch
        {
            ExpressionTokenKind.Number => new ConstantNode(ExpressionValue.Of(double.Parse(token.Text, CultureInfo.InvariantCulture))),
            ExpressionTokenKind.Text => new ConstantNode(ExpressionValue.Of(token.Text)),
            _ => token.Text switch
            {
                "true" => new ConstantNode(ExpressionValue.Of(true)),
                "false" => new ConstantNode(ExpressionValue.Of(false)),
                "null" => new ConstantNode(ExpressionValue.Null),
                _ => Current.Is("(") ? ReadCall(token) : ReadPath(token),
            },
        };
    }

    private PathNode ReadPath(ExpressionToken first)
    {
        var segments = ImmutableArray.CreateBuilder<string>();
        segments.Add(first.Text);
        while (true)
        {
            if (TryTake("."))
            {
                if (Current.Kind != ExpressionTokenKind.Name)
                {
                    throw new ExpressionException($"a name is missing after '.', before {Current}; write [\"...\"] for one that has other characters.", Current.Position);
                }

                segments.Add(tokens[_at++].Text);
            }
            else if (TryTake("["))
            {
                if (Current.Kind is not (ExpressionTokenKind.Text or ExpressionTokenKind.Number))
                {
                    throw new ExpressionException($"a quoted name or a number is missing before {Current}.", Current.Position);
                }

                segments.Add(tokens[_at++].Text);
                Take("]");
            }
            else
            {
                break;
            }
        }

        Paths.Add(new ExpressionPath(segments.ToImmutable(), first.Position));
        return new PathNode(segments.ToImmutable());
    }

    private ExpressionNode ReadCall(ExpressionToken name)
    {
        _at++;
        var arguments = ReadUntil(")");
        if (name.Text == ExpressionFunctions.RegexMatch)
        {
            return ReadMatch(name, arguments);
        }

        var function = ExpressionFunctions.Find(name.Text)
            ?? throw new ExpressionException($"'{name.Text}' is no function; known: {ExpressionFunctions.Names}.", name.Position);
        return arguments.Length >= function.ArgumentsMin && arguments.Length <= function.ArgumentsMax
            ? new CallNode(function, arguments)
            : throw new ExpressionException(
                $"'{name.Text}' takes {(function.ArgumentsMin == function.ArgumentsMax ? $"{function.ArgumentsMin}" : $"{function.ArgumentsMin} to {function.ArgumentsMax}")} arguments, not {arguments.Length}.",
                name.Position);
    }

    private static MatchNode ReadMatch(ExpressionToken name, ImmutableArray<ExpressionNode> arguments)
    {
        if (arguments.Length != 2 || arguments[1] is not ConstantNode { Value: { Kind: ExpressionValueKind.Text } pattern })
        {
            throw new ExpressionException($"'{name.Text}' takes a value and a quoted pattern.", name.Position);
        }

        try
        {
            // Without backtracking a match is linear in the text, whatever the pattern.
            return new MatchNode(arguments[0], new Regex(pattern.Text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new ExpressionException($"'{pattern.Text}' is no pattern that can be matched in linear time: {exception.Message}", name.Position);
        }
    }

    private ImmutableArray<ExpressionNode> ReadUntil(string end)
    {
        var items = ImmutableArray.CreateBuilder<ExpressionNode>();
        if (TryTake(end))
        {
            return items.ToImmutable();
        }

        do
        {
            items.Add(ReadOr());
        }
        while (TryTake(","));
        Take(end);
        return items.ToImmutable();
    }

    private void Enter()
    {
        if (++_depth > Expression.DepthMax)
        {
            throw new ExpressionException($"it is nested deeper than {Expression.DepthMax} levels.", Current.Position);
        }
    }

    private bool TryTake(string text)
    {
        if (!Current.Is(text))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Take(string text)
    {
        if (!TryTake(text))
        {
            throw new ExpressionException($"'{text}' is missing before {Current}.", Current.Position);
        }
    }
}
