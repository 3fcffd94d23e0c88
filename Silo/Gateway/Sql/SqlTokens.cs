namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What a piece of a statement is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A name or a keyword.</summary>
    Name,

    /// <summary>A name between double quotes, which is never a keyword.</summary>
    QuotedName,

    /// <summary>A text between single quotes, or between <c>$$</c>.</summary>
    Text,

    /// <summary>Anything else: a number, a parameter, a character.</summary>
    Other,
}

/// <summary>A piece of a statement.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">Names and texts without their quotes; everything else as it is written.</param>
/// <param name="Start">Place of its first character.</param>
/// <param name="End">Place behind its last character.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Value, int Start, int End)
{
    /// <summary>Whether it is a keyword.</summary>
    public bool Is(string word) => Kind == SqlTokenKind.Name && Value.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is a character that stands for itself.</summary>
    public bool IsMark(char mark) => Kind == SqlTokenKind.Other && Value.Length == 1 && Value[0] == mark;

    public bool IsName => Kind is SqlTokenKind.Name or SqlTokenKind.QuotedName;
}

/// <summary>Reads the few heads of statements that the engine has no words for. Everything inside of them is the engine's to parse.</summary>
internal static class SqlTokens
{
    /// <summary>The pieces of a statement without its comments.</summary>
    public static IReadOnlyList<SqlToken> Read(string sql)
    {
        var tokens = new List<SqlToken>();
        var position = 0;
        while (position < sql.Length)
        {
            var start = position;
            if (char.IsWhiteSpace(sql[start]))
            {
                position++;
            }
            else if (SqlNames.TryReadName(sql, ref position) is { } name)
            {
                tokens.Add(new SqlToken(sql[start] == '"' ? SqlTokenKind.QuotedName : SqlTokenKind.Name, name, start, position));
            }
            else
            {
                SqlNames.Skip(sql, ref position);
                if (ToToken(sql, start, position) is { } token)
                {
                    tokens.Add(token);
                }
            }
        }

        return tokens;
    }

    /// <summary>As long a text as the beginning of a statement, with its lines: what follows keeps its place in the engine's messages.</summary>
    public static string Blank(string sql, int end) => string.Create(end, sql, static (blank, text) =>
    {
        for (var index = 0; index < blank.Length; index++)
        {
            blank[index] = text[index] == '\n' ? '\n' : ' ';
        }
    });

    private static SqlToken? ToToken(string sql, int start, int end)
    {
        var text = sql[start..end];
        if (text.StartsWith("--", StringComparison.Ordinal) || text.StartsWith("/*", StringComparison.Ordinal))
        {
            return null;
        }

        if (text[0] == '\'')
        {
            return new SqlToken(SqlTokenKind.Text, text[1..Math.Max(1, end - start - 1)].Replace("''", "'", StringComparison.Ordinal), start, end);
        }

        if (text[0] == '$' && text.IndexOf('$', 1) is > 0 and var tagEnd && text.Length >= 2 * (tagEnd + 1))
        {
            return new SqlToken(SqlTokenKind.Text, text[(tagEnd + 1)..^(tagEnd + 1)], start, end);
        }

        return new SqlToken(SqlTokenKind.Other, text, start, end);
    }
}
