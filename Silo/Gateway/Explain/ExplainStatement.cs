using OrleansFlow.Errors;
using OrleansFlow.Sql.Explain;

namespace OrleansFlow.Silo.Gateway.Explain;

/// <summary>
/// An EXPLAIN, apart from what it explains. The gateway writes its own EXPLAIN for an engine: whether the rest may be run is then decided by what the
/// rest is by itself, never by the words in it.
/// </summary>
/// <param name="Format">How the plan is written.</param>
/// <param name="IsAnalyze">Whether the statement is run.</param>
/// <param name="Body">The statement, with blanks for what stood before it, so that places in it are those of the user's text.</param>
internal sealed record ExplainStatement(ExplainFormat Format, bool IsAnalyze, string Body)
{
    private const string Explain = "EXPLAIN";
    private const string Analyze = "ANALYZE";
    private const string Verbose = "VERBOSE";
    private const string FormatOption = "FORMAT";

    /// <summary>Takes a text apart; null: it is no EXPLAIN.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: a format that is none, an option that cannot be read, or nothing to explain.</exception>
    public static ExplainStatement? TryParse(string sql)
    {
        var position = 0;
        if (!TryWord(sql, ref position, Explain))
        {
            return null;
        }

        var (format, isAnalyze) = (ExplainFormat.Text, false);
        while (true)
        {
            if (TryWord(sql, ref position, Analyze) || TryWord(sql, ref position, "ANALYSE"))
            {
                isAnalyze = true;
            }
            else if (!TryWord(sql, ref position, Verbose) && !TryOptions(sql, ref position, ref format, ref isAnalyze))
            {
                break;
            }
        }

        return position < sql.Length
            ? new ExplainStatement(format, isAnalyze, Blank(sql, position))
            : throw new FlowException(FlowErrorCode.BadInput, "There is nothing to explain: EXPLAIN [ANALYZE] [(FORMAT text|json|graphviz|mermaid)] STATEMENT.");
    }

    /// <summary>The statement for an engine, which finds the body where the user wrote it wherever that is possible.</summary>
    public string ToEngineText()
    {
        var head = (Format, IsAnalyze) switch
        {
            (ExplainFormat.Text, false) => Explain,
            (ExplainFormat.Text, true) => $"{Explain} {Analyze}",
            (_, false) => $"{Explain} ({FormatOption} {Format.ToString().ToUpperInvariant()})",
            _ => $"{Explain} ({Analyze}, {FormatOption} {Format.ToString().ToUpperInvariant()})",
        };
        var hasRoom = Body.Length > head.Length && Body.AsSpan(0, head.Length).Trim(' ').IsEmpty && !char.IsLetterOrDigit(Body[head.Length]);
        return hasRoom ? head + Body[head.Length..] : $"{head} {Body}";
    }

    private static string Blank(string sql, int end) =>
        string.Create(sql.Length, (sql, end), static (text, from) =>
        {
            for (var index = 0; index < text.Length; index++)
            {
                text[index] = index >= from.end || from.sql[index] is '\n' or '\r' ? from.sql[index] : ' ';
            }
        });

    /// <summary>A list of options in parentheses; a query in parentheses is none.</summary>
    private static bool TryOptions(string sql, ref int position, ref ExplainFormat format, ref bool isAnalyze)
    {
        var next = position;
        if (!TryCharacter(sql, ref next, '('))
        {
            return false;
        }

        var isFirst = true;
        do
        {
            if (TryWord(sql, ref next, FormatOption))
            {
                format = ReadFormat(sql, ref next);
            }
            else if (TryWord(sql, ref next, Analyze))
            {
                isAnalyze |= ReadSwitch(sql, ref next);
            }
            else if (isFirst)
            {
                return false;
            }
            else
            {
                throw Unreadable(sql, next);
            }

            isFirst = false;
        }
        while (TryCharacter(sql, ref next, ','));

        if (!TryCharacter(sql, ref next, ')'))
        {
            throw Unreadable(sql, next);
        }

        position = next;
        return true;
    }

    private static ExplainFormat ReadFormat(string sql, ref int position)
    {
        var isQuoted = TryCharacter(sql, ref position, '\'');
        var name = ReadWord(sql, ref position);
        if (isQuoted)
        {
            TryCharacter(sql, ref position, '\'');
        }

        return Enum.TryParse<ExplainFormat>(name, ignoreCase: true, out var format) && Enum.IsDefined(format)
            ? format
            : throw new FlowException(FlowErrorCode.BadInput, $"EXPLAIN has no format '{name}'; there are text, json, graphviz and mermaid.");
    }

    private static bool ReadSwitch(string sql, ref int position)
    {
        var next = position;
        var word = ReadWord(sql, ref next).ToUpperInvariant();
        if (word is not ("TRUE" or "ON" or "FALSE" or "OFF"))
        {
            return true;
        }

        position = next;
        return word is "TRUE" or "ON";
    }

    private static FlowException Unreadable(string sql, int position)
    {
        Skip(sql, ref position);
        return new FlowException(
            FlowErrorCode.BadInput, $"The options of EXPLAIN end unreadably at character {position + 1}; there are ANALYZE and FORMAT text|json|graphviz|mermaid.");
    }

    private static bool TryWord(string sql, ref int position, string word)
    {
        var next = position;
        if (!ReadWord(sql, ref next).Equals(word, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        position = next;
        Skip(sql, ref position);
        return true;
    }

    private static string ReadWord(string sql, ref int position)
    {
        Skip(sql, ref position);
        var start = position;
        while (position < sql.Length && (char.IsAsciiLetterOrDigit(sql[position]) || sql[position] == '_'))
        {
            position++;
        }

        return sql[start..position];
    }

    private static bool TryCharacter(string sql, ref int position, char character)
    {
        var next = position;
        Skip(sql, ref next);
        if (next >= sql.Length || sql[next] != character)
        {
            return false;
        }

        position = next + 1;
        return true;
    }

    /// <summary>Passes blanks and comments.</summary>
    private static void Skip(string sql, ref int position)
    {
        while (position < sql.Length)
        {
            if (char.IsWhiteSpace(sql[position]))
            {
                position++;
            }
            else if (string.CompareOrdinal(sql, position, "--", 0, 2) == 0)
            {
                var end = sql.IndexOf('\n', position);
                position = end < 0 ? sql.Length : end + 1;
            }
            else if (string.CompareOrdinal(sql, position, "/*", 0, 2) == 0)
            {
                position = EndOfComment(sql, position);
            }
            else
            {
                return;
            }
        }
    }

    private static int EndOfComment(string sql, int start)
    {
        var depth = 0;
        for (var index = start; index + 1 < sql.Length; index++)
        {
            var two = sql.AsSpan(index, 2);
            if (two is "/*")
            {
                depth++;
                index++;
            }
            else if (two is "*/")
            {
                index++;
                if (--depth == 0)
                {
                    return index + 1;
                }
            }
        }

        return sql.Length;
    }
}
