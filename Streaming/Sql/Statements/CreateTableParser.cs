using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>Reads what follows <c>CREATE TABLE</c>.</summary>
internal static class CreateTableParser
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: something is wrong; the message says where.</exception>
    public static CreateTableStatement Parse(SqlTokens tokens, int start, bool isTemporary)
    {
        var table = new CreateTableStatement(start, tokens.TakeName("the name of the table")) { IsTemporary = isTemporary };
        if (tokens.TryTake('('))
        {
            table = Elements(tokens, table);
        }

        while (!tokens.IsAtEnd && !tokens.Next.IsSign(';'))
        {
            var clause = tokens.Next.Start;
            if (tokens.TryTake("WITH"))
            {
                table = table.Options.Count == 0 ? table with { Options = Options(tokens) } : throw tokens.Mistake(clause, "A table has one WITH.");
            }
            else if (tokens.Follow("PARTITIONED", "BY"))
            {
                tokens.Take("PARTITIONED");
                tokens.Take("BY");
                table = table with { PartitionedBy = Parts(tokens) };
            }
            else if (tokens.TryTake("AS"))
            {
                table = table with { Query = StreamSqlParser.Query(tokens) };
            }
            else
            {
                throw tokens.Wanted("WITH, PARTITIONED BY, AS or ';'");
            }
        }

        return table;
    }

    private static CreateTableStatement Elements(SqlTokens tokens, CreateTableStatement table)
    {
        var columns = new List<StreamColumn>();
        var key = new List<string>();
        do
        {
            var at = tokens.Next.Start;
            if (tokens.Follow("WATERMARK", "FOR"))
            {
                tokens.Take("WATERMARK");
                tokens.Take("FOR");
                var column = tokens.TakeName("the name of a column");
                var watermark = new StreamWatermark(column, tokens.TryTake("AS") ? tokens.TakeUntil("an expression", IsElementEnd) : null);
                table = table.Watermark is null ? table with { Watermark = watermark } : throw tokens.Mistake(at, "A table has one WATERMARK.");
            }
            else if (tokens.Follow("PRIMARY", "KEY"))
            {
                tokens.Take("PRIMARY");
                tokens.Take("KEY");
                tokens.Take('(');
                do
                {
                    key.Add(tokens.TakeName("the name of a column"));
                }
                while (tokens.TryTake(','));

                tokens.Take(')');
            }
            else
            {
                var column = Column(tokens, key);
                if (columns.Exists(known => string.Equals(known.Name, column.Name, StringComparison.OrdinalIgnoreCase)))
                {
                    throw tokens.Mistake(at, $"There is a column '{column.Name}' already.");
                }

                columns.Add(column);
            }
        }
        while (tokens.TryTake(','));

        tokens.Take(')');
        foreach (var name in key.Append(table.Watermark?.Column).OfType<string>())
        {
            if (!columns.Exists(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                throw tokens.Mistake(table.Start, $"Table '{table.Name}' has no column '{name}'; it has: {string.Join(", ", columns.Select(column => column.Name))}.");
            }
        }

        return table with { Columns = columns, PrimaryKey = key };
    }

    private static StreamColumn Column(SqlTokens tokens, List<string> key)
    {
        var name = tokens.TakeName("the name of a column");
        var column = new StreamColumn(name, SqlTypeText.ToEngine(tokens.TakeUntil("a type", IsTypeEnd, isType: true).Text));
        while (!IsElementEnd(tokens.Next) && !tokens.Next.IsSign(')') && !tokens.IsAtEnd)
        {
            if (tokens.Follow("NOT", "NULL"))
            {
                tokens.Take("NOT");
                tokens.Take("NULL");
                column = column with { IsNullable = false };
            }
            else if (tokens.Follow("PRIMARY", "KEY"))
            {
                tokens.Take("PRIMARY");
                tokens.Take("KEY");
                key.Add(name);
                column = column with { IsNullable = false };
            }
            else if (tokens.TryTake("NULL"))
            {
                column = column with { IsNullable = true };
            }
            else if (tokens.Follow("METADATA", "FROM"))
            {
                tokens.Take("METADATA");
                tokens.Take("FROM");
                column = column with { MetadataKey = tokens.TakeText("the connector's name of it") };
            }
            else if (tokens.Follow("GENERATED", "ALWAYS", "AS"))
            {
                tokens.Take("GENERATED");
                tokens.Take("ALWAYS");
                tokens.Take("AS");
                tokens.Take('(');
                column = column with { Generated = tokens.TakeUntil("an expression", static _ => false) };
                tokens.Take(')');
                _ = tokens.TryTake("STORED") || tokens.TryTake("VIRTUAL");
            }
            else
            {
                throw tokens.Wanted("NOT NULL, PRIMARY KEY, GENERATED ALWAYS AS, METADATA FROM, ',' or ')'");
            }
        }

        return column;
    }

    /// <summary>Reads the options behind <c>WITH</c>, with keys in lower case.</summary>
    internal static Dictionary<string, string> Options(SqlTokens tokens)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        tokens.Take('(');
        do
        {
            if (tokens.Next.IsSign(')'))
            {
                break;
            }

            var at = tokens.Next.Start;
            var name = tokens.Next.Kind == SqlTokenKind.Text ? tokens.TakeText("the name of an option") : tokens.TakeUntil("the name of an option", static token => token.IsSign('=')).Text;
            tokens.Take('=');
            var value = tokens.Next.Kind == SqlTokenKind.Text ? tokens.TakeText("a value") : tokens.TakeUntil("a value", IsElementEnd).Text;
            if (!options.TryAdd(name.ToLowerInvariant(), value))
            {
                throw tokens.Mistake(at, $"There is an option '{name}' already.");
            }
        }
        while (tokens.TryTake(','));

        tokens.Take(')');
        return options;
    }

    private static List<SqlPart> Parts(SqlTokens tokens)
    {
        var parts = new List<SqlPart>();
        tokens.Take('(');
        do
        {
            parts.Add(tokens.TakeUntil("a column or a transform", IsElementEnd));
        }
        while (tokens.TryTake(','));

        tokens.Take(')');
        return parts;
    }

    private static bool IsElementEnd(SqlToken token) => token.IsSign(',');

    private static bool IsTypeEnd(SqlToken token) =>
        IsElementEnd(token) || token.Is("NOT") || token.Is("NULL") || token.Is("PRIMARY") || token.Is("METADATA") || token.Is("GENERATED");
}
