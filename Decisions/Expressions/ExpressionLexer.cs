using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace OrleansFlow.Decisions.Expressions;

/// <summary>Cuts an expression into words.</summary>
internal static class ExpressionLexer
{
    private static readonly ImmutableArray<string> Symbols = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", "."];

    /// <summary>The words of <paramref name="text"/>, the last of which is the end.</summary>
    /// <exception cref="ExpressionException">A character that begins no word, or a quoted text without its end.</exception>
    public static List<ExpressionToken> Read(string text)
    {
        var tokens = new List<ExpressionToken>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                tokens.Add(new ExpressionToken(ExpressionTokenKind.End, "", at));
                return tokens;
            }

            var token = ReadOne(text, at, out var next, tokens.Count > 0 && tokens[^1].Is("."));
            tokens.Add(token);
            at = next;
        }
    }

    private static ExpressionToken ReadOne(string text, int at, out int next, bool isMember)
    {
        var first = text[at];
        if (first is '"' or '\'')
        {
            return ReadText(text, at, out next);
        }

        if (IsLetter(first) || (isMember && char.IsAsciiDigit(first)))
        {
            next = at + 1;
            while (next < text.Length && (IsLetter(text[next]) || char.IsAsciiDigit(text[next])))
            {
                next++;
            }

            return new ExpressionToken(ExpressionTokenKind.Name, text[at..next], at);
        }

        if (char.IsAsciiDigit(first) || (first == '-' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
        {
            return ReadNumber(text, at, out next);
        }

        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, at, symbol, 0, symbol.Length) == 0)
            {
                next = at + symbol.Length;
                return new ExpressionToken(ExpressionTokenKind.Symbol, symbol, at);
            }
        }

        throw new ExpressionException(
            first == '=' ? "'=' is no operator; use '==' to compare." : $"'{first}' begins no value and no operator.", at);
    }

    private static bool IsLetter(char character) => char.IsAsciiLetter(character) || character == '_';

    private static ExpressionToken ReadNumber(string text, int at, out int next)
    {
        next = at + 1;
        while (next < text.Length && (char.IsAsciiLetterOrDigit(text[next]) || text[next] == '.' || (text[next] is '+' or '-' && text[next - 1] is 'e' or 'E')))
        {
            next++;
        }

        var number = text[at..next];
        return double.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? new ExpressionToken(ExpressionTokenKind.Number, number, at)
            : throw new ExpressionException($"'{number}' is no number.", at);
    }

    private static ExpressionToken ReadText(string text, int at, out int next)
    {
        var value = new StringBuilder();
        for (next = at + 1; next < text.Length; next++)
        {
            if (text[next] == text[at])
            {
                next++;
                return new ExpressionToken(ExpressionTokenKind.Text, value.ToString(), at);
            }

            if (text[next] == '\\' && next + 1 < text.Length)
            {
                next++;
                value.Append(text[next] switch
                {
                    'n' => '\n',
                    't' => '\t',
                    '\\' or '\'' or '"' => text[next],
                    _ => throw new ExpressionException($"'\\{text[next]}' is unknown; write \\\\ for a backslash.", next - 1),
                });
            }
            else
            {
                value.Append(text[next]);
            }
        }

        throw new ExpressionException("the quoted text has no end.", at);
    }
}
