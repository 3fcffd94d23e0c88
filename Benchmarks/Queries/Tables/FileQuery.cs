using System.Globalization;
using System.Text.RegularExpressions;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>Queries over generated tables with the files that they read in the text itself, as a user without registered tables writes them.</summary>
public static partial class FileQuery
{
    /// <summary>The query with each table that it may mean put before it as a named sub-query over the files of that table.</summary>
    /// <param name="sql">One SELECT that names tables of the set.</param>
    /// <param name="set">The tables.</param>
    /// <param name="folder">Where <see cref="TableFiles"/> put their files.</param>
    public static string Over(string sql, TableSet set, string folder)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(set);
        var names = Word().Matches(sql).Select(match => match.Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var read = string.Join(", ", set.Tables.Where(table => names.Contains(table.Name)).Select(table => string.Create(
            CultureInfo.InvariantCulture,
            $"{EngineText.Quote(table.Name)} AS NOT MATERIALIZED (SELECT * FROM read_parquet({EngineText.Literal(TableFiles.Pattern(table, folder))}))")));
        var with = LeadingWith().Match(sql);
        return read.Length == 0 ? sql
            : with.Success ? $"{with.Value} {read}, {sql[(with.Index + with.Length)..]}"
            : $"WITH {read} {sql}";
    }

    [GeneratedRegex("[a-z_]+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Word();

    [GeneratedRegex(@"\A\s*WITH\s+(RECURSIVE\s)?", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex LeadingWith();
}
