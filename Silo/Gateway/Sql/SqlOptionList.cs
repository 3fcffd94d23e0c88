namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>One option of a list: <c>name = value</c>, <c>name value</c> or <c>name</c>.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Value">As it is written; empty for none.</param>
/// <param name="Tokens">The pieces of the value.</param>
/// <param name="Start">Place of the name in the statement.</param>
internal sealed record SqlOption(string Name, string Value, IReadOnlyList<SqlToken> Tokens, int Start);

/// <summary>Reads the list of options that ends a statement.</summary>
internal static class SqlOptionList
{
    /// <summary>Reads <c>[WITH] (option, ...)</c> and then the end of the statement.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="tokens">Its pieces.</param>
    /// <param name="at">Where the list would begin.</param>
    /// <param name="form">How such a statement is written, for messages.</param>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>bad_input</c>, with the place.</exception>
    public static List<SqlOption> Read(string sql, IReadOnlyList<SqlToken> tokens, int at, string form)
    {
        var options = new List<SqlOption>();
        if (at < tokens.Count && tokens[at].Is("with"))
        {
            at++;
        }

        if (at < tokens.Count && tokens[at].IsMark('('))
        {
            do
            {
                at++;
                options.Add(ReadOne(sql, tokens, ref at, form));
            }
            while (at < tokens.Count && tokens[at].IsMark(','));
            Take(sql, tokens, ref at, ')', form);
        }

        return at >= tokens.Count ? options : throw SqlDefinition.Fault(sql, tokens[at].Start, $"'{tokens[at].Value}' is not expected here; write {form}");
    }

    /// <summary>Passes a character that has to be there.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>bad_input</c>, with the place.</exception>
    public static void Take(string sql, IReadOnlyList<SqlToken> tokens, ref int at, char mark, string form)
    {
        if (at >= tokens.Count || !tokens[at].IsMark(mark))
        {
            throw SqlDefinition.Fault(sql, at < tokens.Count ? tokens[at].Start : sql.Length, $"'{mark}' is missing; write {form}");
        }

        at++;
    }

    /// <summary>The place behind the bracket that closes the one at a place; null when there is none.</summary>
    public static int? EndOfBrackets(IReadOnlyList<SqlToken> tokens, int at)
    {
        var depth = 0;
        for (var index = at; index < tokens.Count; index++)
        {
            depth += Opens(tokens[index]) ? 1 : Closes(tokens[index]) ? -1 : 0;
            if (depth == 0)
            {
                return index + 1;
            }
        }

        return null;
    }

    private static SqlOption ReadOne(string sql, IReadOnlyList<SqlToken> tokens, ref int at, string form)
    {
        if (at >= tokens.Count || !tokens[at].IsName)
        {
            throw SqlDefinition.Fault(sql, at < tokens.Count ? tokens[at].Start : sql.Length, $"The name of an option is missing; write {form}");
        }

        var name = tokens[at++];
        if (at < tokens.Count && tokens[at].IsMark('='))
        {
            at++;
        }

        var (first, depth) = (at, 0);
        while (at < tokens.Count && (depth > 0 || !(tokens[at].IsMark(',') || tokens[at].IsMark(')'))))
        {
            depth += Opens(tokens[at]) ? 1 : Closes(tokens[at]) ? -1 : 0;
            at++;
        }

        var value = at > first ? sql[tokens[first].Start..tokens[at - 1].End] : "";
        return new SqlOption(name.Value.ToLowerInvariant(), value, [.. tokens.Take(first..at)], name.Start);
    }

    private static bool Opens(SqlToken token) => token.IsMark('(') || token.IsMark('[') || token.IsMark('{');

    private static bool Closes(SqlToken token) => token.IsMark(')') || token.IsMark(']') || token.IsMark('}');
}
