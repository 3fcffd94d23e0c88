using System.Text;

namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>Cuts a text into tokens, as far as is needed to find where statements and their parts begin and end; queries are the engine's to read.</summary>
internal sealed class SqlLexer
{
    private readonly string _text;
    private int _at;

    private SqlLexer(string text) => _text = text;

    /// <summary>The tokens of a text; the last one is its end.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_input</c>: a quote or a comment is not closed; the message says where it begins.</exception>
    public static List<SqlToken> Read(string text)
    {
        var lexer = new SqlLexer(text);
        var tokens = new List<SqlToken>();
        do
        {
            tokens.Add(lexer.Next());
        }
        while (tokens[^1].Kind != SqlTokenKind.End);

        return tokens;
    }

    private SqlToken Next()
    {
        SkipSpace();
        if (_at == _text.Length)
        {
            return new SqlToken(SqlTokenKind.End, "", _at, _at);
        }

        var start = _at;
        var first = _text[_at];
        return first switch
        {
            '\'' => Quoted(SqlTokenKind.Text, '\''),
            '"' => Quoted(SqlTokenKind.QuotedName, '"'),
            '$' when DollarTag() is { } tag => Dollar(tag),
            _ when char.IsLetter(first) || first == '_' => While(SqlTokenKind.Word, static c => char.IsLetterOrDigit(c) || c is '_' or '$'),
            _ when char.IsAsciiDigit(first) => While(SqlTokenKind.Number, static c => char.IsLetterOrDigit(c) || c is '_' or '.'),
            _ => new SqlToken(SqlTokenKind.Sign, _text[_at++].ToString(), start, _at),
        };
    }

    private SqlToken While(SqlTokenKind kind, Func<char, bool> belongs)
    {
        var start = _at;
        while (_at < _text.Length && belongs(_text[_at]))
        {
            _at++;
        }

        return new SqlToken(kind, _text[start.._at], start, _at);
    }

    private SqlToken Quoted(SqlTokenKind kind, char quote)
    {
        var start = _at++;
        var value = new StringBuilder();
        while (_at < _text.Length)
        {
            var c = _text[_at++];
            if (c != quote)
            {
                value.Append(c);
            }
            else if (_at < _text.Length && _text[_at] == quote)
            {
                // Twice stands for once.
                value.Append(quote);
                _at++;
            }
            else
            {
                return new SqlToken(kind, value.ToString(), start, _at);
            }
        }

        throw SqlMistake.At(_text, start, $"A quote ({quote}) that begins here is not closed.");
    }

    private string? DollarTag()
    {
        var end = _at + 1;
        while (end < _text.Length && (char.IsLetterOrDigit(_text[end]) || _text[end] == '_'))
        {
            end++;
        }

        return end < _text.Length && _text[end] == '$' && !(end > _at + 1 && char.IsAsciiDigit(_text[_at + 1])) ? _text[_at..(end + 1)] : null;
    }

    private SqlToken Dollar(string tag)
    {
        var start = _at;
        var close = _text.IndexOf(tag, _at + tag.Length, StringComparison.Ordinal);
        if (close < 0)
        {
            throw SqlMistake.At(_text, start, $"A text that begins here with {tag} is not closed.");
        }

        _at = close + tag.Length;
        return new SqlToken(SqlTokenKind.Text, _text[(start + tag.Length)..close], start, _at);
    }

    private void SkipSpace()
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at]))
            {
                _at++;
            }
            else if (_text.AsSpan(_at).StartsWith("--", StringComparison.Ordinal))
            {
                var end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end + 1;
            }
            else if (_text.AsSpan(_at).StartsWith("/*", StringComparison.Ordinal))
            {
                SkipComment();
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Comments may hold comments, as in the engine.</summary>
    private void SkipComment()
    {
        var start = _at;
        var depth = 0;
        while (_at < _text.Length)
        {
            if (_text.AsSpan(_at).StartsWith("/*", StringComparison.Ordinal))
            {
                depth++;
                _at += 2;
            }
            else if (_text.AsSpan(_at).StartsWith("*/", StringComparison.Ordinal))
            {
                _at += 2;
                if (--depth == 0)
                {
                    return;
                }
            }
            else
            {
                _at++;
            }
        }

        throw SqlMistake.At(_text, start, "A comment that begins here is not closed.");
    }
}
