using System.Globalization;
using System.Text;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>The text of one page of a table or query, in the order of a unique key: what comes after the key of the last row that was read.</summary>
/// <remarks>
/// Paging by key and not by number: each page costs what it holds, and rows that others add or remove before the place move nothing. The condition
/// is written out, because not every database compares rows of values.
/// </remarks>
/// <param name="Source">A table (its schema and name apart by a dot), or a query without semicolon.</param>
/// <param name="IsQuery">Whether the source is a query.</param>
/// <param name="Columns">The columns; empty for all.</param>
/// <param name="Key">The columns of the key; unique together, and never null.</param>
/// <param name="Quote">What a name begins and ends with.</param>
public sealed record KeysetQuery(string Source, bool IsQuery, IReadOnlyList<string> Columns, IReadOnlyList<string> Key, (string Before, string After) Quote)
{
    /// <summary>The statement of a page.</summary>
    /// <param name="isFirst">True: from the start; false: after a key, whose values are the parameters <c>@k0</c>, <c>@k1</c>...</param>
    /// <param name="rows">How many rows.</param>
    public string Text(bool isFirst, int rows)
    {
        var text = new StringBuilder("SELECT ");
        text.Append(Columns.Count == 0 ? "*" : string.Join(", ", Columns.Union(Key, StringComparer.Ordinal).Select(Quoted)));
        text.Append(" FROM ").Append(IsQuery ? $"({Source.TrimEnd(' ', '\t', '\r', '\n', ';')}) AS {Quoted("page_source")}" : string.Join('.', Source.Split('.').Select(Quoted)));
        if (!isFirst)
        {
            text.Append(" WHERE ");
            for (var last = 0; last < Key.Count; last++)
            {
                text.Append(last == 0 ? "(" : " OR (");
                for (var i = 0; i < last; i++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{Quoted(Key[i])} = @k{i} AND ");
                }

                text.Append(CultureInfo.InvariantCulture, $"{Quoted(Key[last])} > @k{last})");
            }
        }

        text.Append(" ORDER BY ").AppendJoin(", ", Key.Select(Quoted));
        return text.Append(CultureInfo.InvariantCulture, $" LIMIT {rows}").ToString();
    }

    private string Quoted(string name) => Quote.Before + name.Replace(Quote.After, Quote.After + Quote.After, StringComparison.Ordinal) + Quote.After;
}
