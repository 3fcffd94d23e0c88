using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>The tokens of a text, and how far they are read.</summary>
internal sealed class SqlTokens(string text)
{
    private readonly List<SqlToken> _tokens = SqlLexer.Read(text);
    private int _at;

    public SqlToken Next => _tokens[_at];

    public bool IsAtEnd => Next.Kind == SqlTokenKind.End;

    /// <summary>Reads a keyword if it is the next.</summary>
    public bool TryTake(string keyword)
    {
        var isIt = Next.Is(keyword);
        _at += isIt ? 1 : 0;
        return isIt;
    }

    /// <summary>Reads a sign if it is the next.</summary>
    public bool TryTake(char sign)
    {
        var isIt = Next.IsSign(sign);
        _at += isIt ? 1 : 0;
        return isIt;
    }

    /// <summary>Whether keywords follow one another from here on.</summary>
    public bool Follow(params ReadOnlySpan<string> keywords)
    {
        for (var i = 0; i < keywords.Length; i++)
        {
            if (_at + i >= _tokens.Count || !_tokens[_at + i].Is(keywords[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a keyword follows behind the next token.</summary>
    public bool IsBehindNext(string keyword) => _at + 1 < _tokens.Count && _tokens[_at + 1].Is(keyword);

    /// <summary>Whether a sign follows behind the next token.</summary>
    public bool IsBehindNext(char sign) => _at + 1 < _tokens.Count && _tokens[_at + 1].IsSign(sign);

    public void Take(string keyword)
    {
        if (!TryTake(keyword))
        {
            throw Wanted(keyword);
        }
    }

    public void Take(char sign)
    {
        if (!TryTake(sign))
        {
            throw Wanted($"'{sign}'");
        }
    }

    /// <summary>Reads a name, as it is written.</summary>
    public string TakeName(string what)
    {
        var token = Next;
        if (token.Kind is not (SqlTokenKind.Word or SqlTokenKind.QuotedName))
        {
            throw Wanted(what);
        }

        _at++;
        return token.Value;
    }

    public string TakeText(string what)
    {
        var token = Next;
        if (token.Kind != SqlTokenKind.Text)
        {
            throw Wanted($"{what} in single quotes");
        }

        _at++;
        return token.Value;
    }

    /// <summary>Reads up to one of some ends that is in no parentheses; the end itself is left.</summary>
    /// <param name="what">What is read, for messages.</param>
    /// <param name="isEnd">Whether a token ends it.</param>
    /// <param name="isType">Whether it is a type, in which angles are parentheses, too.</param>
    public SqlPart TakeUntil(string what, Func<SqlToken, bool> isEnd, bool isType = false)
    {
        var first = Next;
        var depth = 0;
        var end = first.Start;
        while (!IsAtEnd && !(depth == 0 && (isEnd(Next) || IsClosing(Next))))
        {
            depth += IsOpening(Next) || (isType && Next.IsSign('<')) ? 1 : IsClosing(Next) || (isType && Next.IsSign('>')) ? -1 : 0;
            end = Next.End;
            _at++;
        }

        if (depth > 0)
        {
            throw SqlMistake.At(text, first.Start, $"A parenthesis in {what} is not closed.");
        }

        return end == first.Start ? throw Wanted(what) : new SqlPart(text[first.Start..end], first.Start);
    }

    /// <summary>That something else is wanted here.</summary>
    public FlowException Wanted(string what) =>
        SqlMistake.At(text, Next.Start, $"{what} is wanted here, and not {(IsAtEnd ? "the end" : $"'{text[Next.Start..Next.End]}'")}.");

    /// <summary>That something is wrong at a place.</summary>
    public FlowException Mistake(int position, string message) => SqlMistake.At(text, position, message);

    private static bool IsOpening(SqlToken token) => token.IsSign('(') || token.IsSign('[') || token.IsSign('{');

    private static bool IsClosing(SqlToken token) => token.IsSign(')') || token.IsSign(']') || token.IsSign('}');
}
