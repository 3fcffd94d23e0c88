namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>What a token of a text is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A word that is not quoted: a keyword or a name.</summary>
    Word = 0,

    /// <summary>A name in double quotes.</summary>
    QuotedName = 1,

    /// <summary>A text in single quotes or between dollar tags.</summary>
    Text = 2,

    /// <summary>A number.</summary>
    Number = 3,

    /// <summary>A sign, such as a parenthesis.</summary>
    Sign = 4,

    /// <summary>The end of the text.</summary>
    End = 5,
}

/// <summary>A token of a text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">What it says: names and texts without their quotes.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where the next character is.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Value, int Start, int End)
{
    /// <summary>Whether it is a keyword, however it is written.</summary>
    public bool Is(string keyword) => Kind == SqlTokenKind.Word && string.Equals(Value, keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is a sign.</summary>
    public bool IsSign(char sign) => Kind == SqlTokenKind.Sign && Value.Length == 1 && Value[0] == sign;
}
