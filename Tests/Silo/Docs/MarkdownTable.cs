namespace OrleansFlow.Tests.Silo.Docs;

/// <summary>The tables of a documentation page, as cells of text.</summary>
internal sealed record MarkdownTable(IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The tables of a page below <c>docs/</c>, in their order.</summary>
    public static IReadOnlyList<MarkdownTable> ReadAll(string page)
    {
        var tables = new List<MarkdownTable>();
        var rows = new List<IReadOnlyList<string>>();
        foreach (var line in File.ReadLines(RepositoryRoot.Combine("docs", page)).Append(""))
        {
            if (line.StartsWith('|'))
            {
                rows.Add([.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())]);
            }
            else if (rows.Count > 0)
            {
                // The second line is the rule below the header.
                tables.Add(new MarkdownTable(rows[0], rows[2..]));
                rows = [];
            }
        }

        return tables;
    }
}
