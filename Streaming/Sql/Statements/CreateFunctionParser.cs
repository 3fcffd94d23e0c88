using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>Reads what follows <c>CREATE FUNCTION</c>.</summary>
internal static class CreateFunctionParser
{
    private static readonly string[] Clauses = ["RETURNS", "LANGUAGE", "VERSION", "ENTRY", "HASH", "ON", "AS", "FROM"];

    /// <summary>Reads it.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: something is wrong; the message says where.</exception>
    public static CreateFunctionStatement Parse(SqlTokens tokens, int start)
    {
        var function = new CreateFunctionStatement(start, tokens.TakeName("the name of the function"));
        function = function with { Parameters = Parameters(tokens) };
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (!tokens.IsAtEnd && !tokens.Next.IsSign(';'))
        {
            var clause = tokens.Next;
            function = Clause(tokens, function);
            if (!seen.Add(clause.Is("FROM") ? "AS" : clause.Value))
            {
                throw tokens.Mistake(clause.Start, $"Function '{function.Name}' has {clause.Value.ToUpperInvariant()} twice, or both AS and FROM.");
            }
        }

        var missing = (function.ResultType.Length, function.Language.Length, function.Content ?? function.From) switch
        {
            (0, _, _) => "RETURNS and a type",
            (_, 0, _) => "LANGUAGE csharp, assembly or python",
            (_, _, null) => "AS $$...$$, or FROM and a file,",
            _ => null,
        };
        return missing is null ? function : throw tokens.Wanted(missing);
    }

    private static CreateFunctionStatement Clause(SqlTokens tokens, CreateFunctionStatement function)
    {
        var start = tokens.Next.Start;
        if (tokens.TryTake("RETURNS"))
        {
            return function with { ResultType = tokens.TakeUntil("a type", IsClause, isType: true).Text };
        }

        if (tokens.TryTake("LANGUAGE"))
        {
            return function with { Language = tokens.TakeName("a language").ToLowerInvariant() };
        }

        if (tokens.TryTake("VERSION"))
        {
            return function with { Version = tokens.TakeText("a version") };
        }

        if (tokens.TryTake("ENTRY"))
        {
            return function with { Entry = tokens.TakeText("the name of a method") };
        }

        if (tokens.TryTake("HASH"))
        {
            return function with { Hash = tokens.TakeText("a SHA-256 in hexadecimal digits") };
        }

        if (tokens.TryTake("ON"))
        {
            tokens.Take("ERROR");
            var givesNull = tokens.TryTake("NULL");
            if (!givesNull && !tokens.TryTake("FAIL"))
            {
                throw tokens.Wanted("NULL or FAIL");
            }

            return function with { GivesNullOnError = givesNull };
        }

        if (tokens.TryTake("AS"))
        {
            return function with { Content = tokens.TakeText("the function") };
        }

        if (tokens.TryTake("FROM"))
        {
            var end = tokens.Next.End;
            return function with { From = tokens.TakeText("a file or a URL"), FromSpan = (start, end) };
        }

        throw tokens.Wanted("RETURNS, LANGUAGE, VERSION, ENTRY, HASH, ON ERROR, AS, FROM or ';'");
    }

    private static List<StreamFunctionParameter> Parameters(SqlTokens tokens)
    {
        var parameters = new List<StreamFunctionParameter>();
        tokens.Take('(');
        while (!tokens.TryTake(')'))
        {
            if (parameters.Count > 0)
            {
                tokens.Take(',');
            }

            var at = tokens.Next.Start;
            var name = tokens.TakeName("the name of a parameter");
            if (parameters.Exists(one => string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                throw tokens.Mistake(at, $"There is a parameter '{name}' already.");
            }

            var type = tokens.TakeUntil("a type", static token => token.IsSign(',') || token.Is("NULL") || token.Is("NOT"), isType: true).Text;
            var isNullable = tokens.TryTake("NULL");
            if (!isNullable && tokens.TryTake("NOT"))
            {
                tokens.Take("NULL");
            }

            parameters.Add(new StreamFunctionParameter(name, type, isNullable));
        }

        return parameters;
    }

    private static bool IsClause(SqlToken token) => token.IsSign(';') || Array.Exists(Clauses, token.Is);
}
