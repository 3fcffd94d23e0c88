using System.Text;

namespace OrleansFlow.Cli.Commands.Sql;

/// <summary>Gathers lines into statements: each ends with a semicolon that is in no text, name or comment.</summary>
internal sealed class StatementBuffer
{
    private readonly StringBuilder _text = new();

    /// <summary>Whether nothing was begun.</summary>
    public bool IsEmpty => string.IsNullOrWhiteSpace(_text.ToString());

    /// <summary>Takes a line.</summary>
    /// <returns>The statements that are whole now, without their semicolons.</returns>
    public IReadOnlyList<string> Add(string line)
    {
        _text.Append(line).Append('\n');
        var whole = new List<string>();
        while (EndOfFirst(_text.ToString()) is >= 0 and var end)
        {
            var statement = _text.ToString(0, end).Trim();
            _text.Remove(0, end + 1);
            if (statement.Length > 0)
            {
                whole.Add(statement);
            }
        }

        return whole;
    }

    /// <summary>What was begun and not ended; empties the buffer.</summary>
    public string TakeRest()
    {
        var rest = _text.ToString().Trim();
        _text.Clear();
        return rest;
    }

    private static int EndOfFirst(string text)
    {
        var position = 0;
        while (position < text.Length)
        {
            switch (text[position])
            {
                case ';':
                    return position;
                case '\'' or '"':
                    position = After(text, position + 1, text[position].ToString());
                    break;
                case '-' when Follows(text, position, "--"):
                    position = After(text, position, "\n");
                    break;
                case '/' when Follows(text, position, "/*"):
                    position = After(text, position + 2, "*/");
                    break;
                case '$' when TagAt(text, position) is { } tag:
                    position = After(text, position + tag.Length, tag);
                    break;
                default:
                    position++;
                    break;
            }
        }

        return -1;
    }

    private static int After(string text, int start, string end) => text.IndexOf(end, Math.Min(start, text.Length), StringComparison.Ordinal) is >= 0 and var index ? index + end.Length : text.Length;

    private static bool Follows(string text, int position, string what) => string.CompareOrdinal(text, position, what, 0, what.Length) == 0;

    private static string? TagAt(string text, int start)
    {
        var close = start + 1;
        while (close < text.Length && (char.IsAsciiLetterOrDigit(text[close]) || text[close] == '_'))
        {
            close++;
        }

        return close < text.Length && text[close] == '$' && (close == start + 1 || !char.IsAsciiDigit(text[start + 1])) ? text[start..(close + 1)] : null;
    }
}
