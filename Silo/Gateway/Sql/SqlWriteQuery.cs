using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>The query whose rows a CREATE TABLE AS or an INSERT writes.</summary>
/// <param name="Query">The query, with its places in the statement.</param>
/// <param name="Columns">Columns that an INSERT names; empty: all of the table, in order.</param>
internal sealed record SqlWriteQuery(string Query, IReadOnlyList<string> Columns)
{
    private static readonly string[] Beginnings = ["select", "with", "from"];

    /// <summary>Finds it.</summary>
    /// <returns>Null: there is none, or the statement says more about its rows than the query.</returns>
    public static SqlWriteQuery? Find(string sql, SqlChange change)
    {
        var tokens = SqlTokens.Read(sql);
        var at = tokens.Index().FirstOrDefault(token => token.Item.Start == change.RestAt, (Index: tokens.Count, default)).Index;
        var columns = new List<string>();
        if (change.Kind == SqlChangeKind.Create)
        {
            if (at >= tokens.Count || !tokens[at].Is("as"))
            {
                return null;
            }

            at++;
        }
        else if (at + 1 < tokens.Count && tokens[at].IsMark('(') && !Begins(tokens[at + 1]))
        {
            var end = SqlOptionList.EndOfBrackets(tokens, at) ?? tokens.Count;
            for (at++; at < end - 1; at++)
            {
                if (tokens[at].IsName)
                {
                    columns.Add(tokens[at].Value);
                }
                else if (!tokens[at].IsMark(','))
                {
                    return null;
                }
            }

            at = end;
        }

        return at < tokens.Count && Begins(tokens[at]) ? new SqlWriteQuery(SqlTokens.Blank(sql, tokens[at].Start) + sql[tokens[at].Start..].TrimEnd().TrimEnd(';'), columns) : null;
    }

    /// <summary>The query with a table's columns, in its types; columns that are not named are NULL.</summary>
    /// <param name="schema">Columns of the table.</param>
    /// <param name="types">The engine's types of them.</param>
    /// <param name="columnCount">Columns of the query.</param>
    /// <returns>Null: they do not fit.</returns>
    public string? ToColumnsOf(ArrowSchema schema, IReadOnlyList<string> types, int columnCount)
    {
        var named = Columns.Count > 0 ? Columns : [.. schema.Fields.Select(field => field.Name)];
        if (named.Count != columnCount || named.Distinct(StringComparer.OrdinalIgnoreCase).Count() != named.Count
            || named.Any(name => !schema.Fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))))
        {
            return null;
        }

        var values = schema.Fields.Select((field, index) =>
        {
            var place = named.Index().FirstOrDefault(name => name.Item.Equals(field.Name, StringComparison.OrdinalIgnoreCase), (Index: -1, Item: "")).Index;
            return $"CAST({(place < 0 ? "NULL" : Place(place))} AS {types[index]}) AS {EngineText.Quote(field.Name)}";
        });
        return $"SELECT {string.Join(", ", values)} FROM ({Query}\n) AS written({string.Join(", ", Enumerable.Range(0, columnCount).Select(Place))})";
    }

    private static bool Begins(SqlToken token) => token.IsMark('(') || Array.Exists(Beginnings, token.Is);

    private static string Place(int index) => string.Create(CultureInfo.InvariantCulture, $"w{index}");
}
