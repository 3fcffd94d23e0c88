using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>
/// Reads the statements of a streaming text. Only what the engine's SQL does not have is read here: connectors, watermarks, generated and metadata columns;
/// queries and expressions are left as texts for the engine, whose parser says what is wrong with them.
/// </summary>
public static class StreamSqlParser
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">Statements, with a semicolon behind each one but the last.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: something is wrong; the message says in which line and column, and what is wanted there.</exception>
    public static IReadOnlyList<StreamStatement> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new SqlTokens(text);
        var statements = new List<StreamStatement>();
        while (!tokens.IsAtEnd)
        {
            if (tokens.TryTake(';'))
            {
                continue;
            }

            statements.Add(ParseOne(tokens));
            if (!tokens.IsAtEnd)
            {
                tokens.Take(';');
            }
        }

        return statements;
    }

    private static StreamStatement ParseOne(SqlTokens tokens)
    {
        var start = tokens.Next.Start;
        if (tokens.TryTake("SET"))
        {
            return ParseSet(tokens, start);
        }

        if (tokens.TryTake("CREATE"))
        {
            return ParseCreate(tokens, start);
        }

        if (tokens.TryTake("INSERT"))
        {
            return ParseInsert(tokens, start);
        }

        if (tokens.Next.Is("SELECT") || tokens.Next.Is("WITH") || tokens.Next.Is("FROM") || tokens.Next.Is("VALUES") || tokens.Next.IsSign('('))
        {
            return new SelectStatement(start, Query(tokens));
        }

        if (tokens.Next.Is("EXPLAIN"))
        {
            throw tokens.Mistake(start, "EXPLAIN is no statement of a streaming job. Leave the word out.");
        }

        throw tokens.Wanted("CREATE TABLE, CREATE VIEW, CREATE FUNCTION, INSERT INTO, SELECT or SET");
    }

    private static SetStatement ParseSet(SqlTokens tokens, int start)
    {
        var name = tokens.TakeName("the name of an option");
        if (!tokens.TryTake('=') && !tokens.TryTake("TO"))
        {
            throw tokens.Wanted("'='");
        }

        if (tokens.Next.Kind == SqlTokenKind.Text)
        {
            return new SetStatement(start, name.ToLowerInvariant(), tokens.TakeText("a value"));
        }

        return new SetStatement(start, name.ToLowerInvariant(), tokens.TakeUntil("a value", IsStatementEnd).Text);
    }

    private static StreamStatement ParseCreate(SqlTokens tokens, int start)
    {
        var isTemporary = tokens.TryTake("TEMPORARY") || tokens.TryTake("TEMP");
        if (tokens.TryTake("VIEW"))
        {
            var name = tokens.TakeName("the name of the view");
            tokens.Take("AS");
            return new CreateViewStatement(start, name, Query(tokens));
        }

        if (!isTemporary && tokens.TryTake("FUNCTION"))
        {
            return CreateFunctionParser.Parse(tokens, start);
        }

        if (!tokens.TryTake("TABLE"))
        {
            throw tokens.Wanted("TABLE, VIEW or FUNCTION");
        }

        return CreateTableParser.Parse(tokens, start, isTemporary);
    }

    private static InsertStatement ParseInsert(SqlTokens tokens, int start)
    {
        tokens.Take("INTO");
        var table = tokens.TakeName("the name of a table");
        var columns = new List<string>();
        if (tokens.Next.IsSign('(') && !IsQueryBehindParenthesis(tokens))
        {
            tokens.Take('(');
            do
            {
                columns.Add(tokens.TakeName("the name of a column"));
            }
            while (tokens.TryTake(','));

            tokens.Take(')');
        }

        // WITH of a query has a name behind it.
        IReadOnlyDictionary<string, string> options = new Dictionary<string, string>();
        if (tokens.Next.Is("WITH") && tokens.IsBehindNext('('))
        {
            tokens.Take("WITH");
            options = CreateTableParser.Options(tokens);
        }

        return new InsertStatement(start, table, columns, Query(tokens)) { Options = options };
    }

    internal static SqlPart Query(SqlTokens tokens) => tokens.TakeUntil("a query", IsStatementEnd);

    private static bool IsStatementEnd(SqlToken token) => token.IsSign(';');

    private static bool IsQueryBehindParenthesis(SqlTokens tokens) =>
        tokens.IsBehindNext("SELECT") || tokens.IsBehindNext("WITH") || tokens.IsBehindNext("FROM") || tokens.IsBehindNext("VALUES");
}
