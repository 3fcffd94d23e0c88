using OrleansFlow.Catalogs;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// Finds what a statement may mean by a table: every chain of names (<c>a.b."c d"</c>) outside of texts and comments. That a column is called like
/// a table costs no more than registering the table; so nothing here has to know the grammar.
/// </summary>
internal static class SqlNames
{
    // A statement with more names than that does not get its later tables; it is refused before by its length.
    private const int ChainPartsMax = 4;

    /// <summary>The tables that a statement may name, each once.</summary>
    public static IReadOnlyCollection<SqlTableName> Candidates(string sql)
    {
        var found = new HashSet<SqlTableName>();
        foreach (var chain in Chains(sql))
        {
            Add(found, chain);
        }

        return found;
    }

    /// <summary>Chains of names in the order of the text.</summary>
    public static IEnumerable<IReadOnlyList<string>> Chains(string sql) => ChainsWithPlaces(sql).Select(chain => chain.Names);

    /// <summary>Chains of names in the order of the text, each name with the place where it begins, its quotes included.</summary>
    public static IEnumerable<(IReadOnlyList<string> Names, IReadOnlyList<int> Places)> ChainsWithPlaces(string sql)
    {
        var position = 0;
        var (chain, places) = (new List<string>(), new List<int>());
        while (position < sql.Length)
        {
            var place = position;
            if (TryReadName(sql, ref position) is { } name)
            {
                chain.Add(name);
                places.Add(place);
                if (chain.Count < ChainPartsMax && position < sql.Length && sql[position] == '.')
                {
                    position++;
                    continue;
                }

                yield return (chain, places);
                (chain, places) = ([], []);
                continue;
            }

            if (chain.Count > 0)
            {
                // "a." with something else behind it, as in "a.*".
                yield return (chain, places);
                (chain, places) = ([], []);
            }

            Skip(sql, ref position);
        }

        if (chain.Count > 0)
        {
            yield return (chain, places);
        }
    }

    private static void Add(HashSet<SqlTableName> found, IReadOnlyList<string> chain)
    {
        bool Is(int index, string name) => chain[index].Equals(name, StringComparison.OrdinalIgnoreCase);

        if (chain.Count >= 3 && Is(0, SqlTableName.Runs) && IdText.IsValid(chain[1]) && IdText.IsValid(chain[2]))
        {
            found.Add(new SqlTableName(SqlTableName.Runs, chain[1], chain[2]));
        }

        var stream = chain switch
        {
            [_, _, var last, ..] when Is(0, SqlTableName.Registered) && Is(1, StreamLogs.Namespace) => last,
            [_, var last, ..] when Is(0, StreamLogs.Namespace) => last,
            _ => null,
        };
        if (stream is not null && IdText.IsValid(stream))
        {
            found.Add(new SqlTableName(SqlTableName.Registered, StreamLogs.Namespace, stream.ToLowerInvariant()));
        }

        var table = chain switch
        {
            [_, _, var last, ..] when Is(0, SqlTableName.Registered) && Is(1, ICatalogGrain.DefaultNamespace) => last,
            [_, var last, ..] when Is(0, ICatalogGrain.DefaultNamespace) || Is(0, SqlTableName.Registered) => last,
            _ => chain[0],
        };
        if (IdText.IsValid(table))
        {
            found.Add(new SqlTableName(SqlTableName.Registered, ICatalogGrain.DefaultNamespace, table.ToLowerInvariant()));
        }
    }

    /// <summary>Reads a name, quoted or not, if one begins here.</summary>
    internal static string? TryReadName(string sql, ref int position)
    {
        var first = sql[position];
        if (first == '"')
        {
            var start = position + 1;
            position = EndOfQuoted(sql, position, '"');
            return sql[start..Math.Max(start, position - 1)].Replace("\"\"", "\"", StringComparison.Ordinal);
        }

        if (!IsNameStart(first))
        {
            return null;
        }

        var from = position;
        while (position < sql.Length && (IsNameStart(sql[position]) || char.IsAsciiDigit(sql[position]) || sql[position] == '$'))
        {
            position++;
        }

        return sql[from..position];
    }

    private static bool IsNameStart(char character) => char.IsLetter(character) || character == '_' || character > '\u007f';

    /// <summary>Passes one thing that is no name: a text, a comment, a number with its letters, a character.</summary>
    internal static void Skip(string sql, ref int position)
    {
        var character = sql[position];
        if (character == '\'')
        {
            position = EndOfQuoted(sql, position, '\'');
        }
        else if (character == '-' && Follows(sql, position, "--"))
        {
            var end = sql.IndexOf('\n', position);
            position = end < 0 ? sql.Length : end + 1;
        }
        else if (character == '/' && Follows(sql, position, "/*"))
        {
            position = EndOfComment(sql, position);
        }
        else if (character == '$')
        {
            position = EndOfDollar(sql, position);
        }
        else if (char.IsAsciiDigit(character))
        {
            while (position < sql.Length && (char.IsAsciiLetterOrDigit(sql[position]) || sql[position] is '.' or '_'))
            {
                position++;
            }
        }
        else
        {
            position++;
        }
    }

    private static bool Follows(string sql, int position, string text) => string.CompareOrdinal(sql, position, text, 0, text.Length) == 0;

    private static int EndOfQuoted(string sql, int start, char quote)
    {
        for (var index = start + 1; index < sql.Length; index++)
        {
            if (sql[index] != quote)
            {
                continue;
            }

            if (index + 1 < sql.Length && sql[index + 1] == quote)
            {
                index++;
                continue;
            }

            return index + 1;
        }

        return sql.Length;
    }

    private static int EndOfComment(string sql, int start)
    {
        var depth = 0;
        for (var index = start; index < sql.Length; index++)
        {
            if (Follows(sql, index, "/*"))
            {
                depth++;
                index++;
            }
            else if (Follows(sql, index, "*/"))
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

    /// <summary><c>$1</c> is a parameter; <c>$$ ... $$</c> and <c>$tag$ ... $tag$</c> are texts.</summary>
    private static int EndOfDollar(string sql, int start)
    {
        var close = start + 1;
        while (close < sql.Length && (char.IsAsciiLetterOrDigit(sql[close]) || sql[close] == '_'))
        {
            close++;
        }

        if (close >= sql.Length || sql[close] != '$')
        {
            return close;
        }

        var tag = sql[start..(close + 1)];
        var end = sql.IndexOf(tag, close + 1, StringComparison.Ordinal);
        return end < 0 ? sql.Length : end + tag.Length;
    }
}
