using System.Collections.Concurrent;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// What statements are, by their text, for as long as the tables that they name have the same columns. A Flight SQL client asks what a statement is before it reads it, and most ask for the
/// same statements again. Only statements whose columns follow from their tables are remembered: one that names a file is not. Thread-safe.
/// </summary>
internal sealed class KnownShapes
{
    private const int TextsMax = 1_000;
    private const int TextLengthMax = 64 * 1_024;

    private readonly ConcurrentDictionary<string, (StatementShape Shape, IReadOnlyList<(SqlTableName Name, ArrowSchema Schema)> Tables)> _texts = new(StringComparer.Ordinal);

    /// <summary>Whether it may be known, so that its tables are worth looking up.</summary>
    public bool Contains(string sql) => _texts.ContainsKey(sql);

    /// <summary>What a statement is; null: it must be asked of the engine.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="tables">The tables that it names, as they are now.</param>
    public StatementShape? Find(string sql, IReadOnlyList<SqlTable> tables) =>
        _texts.TryGetValue(sql, out var known) && known.Tables.SequenceEqual(tables.Select(table => (table.Name, table.Schema))) ? known.Shape : null;

    /// <summary>Remembers a statement if that is safe.</summary>
    public void Add(string sql, IReadOnlyList<SqlTable> tables, StatementShape shape)
    {
        if (sql.Length > TextLengthMax || shape.Kind != StatementKind.Select || !tables.All(HasColumnsOfItsOwn) || MayNameMore(sql))
        {
            return;
        }

        // Rare, and what is still asked for comes back at once.
        if (_texts.Count >= TextsMax)
        {
            _texts.Clear();
        }

        _texts[sql] = (shape, [.. tables.Select(table => (table.Name, table.Schema))]);
    }

    private static bool HasColumnsOfItsOwn(SqlTable table) => table is { Manifest: not null } or { Batches: not null } or { Kept: not null };

    /// <summary>Whether its columns may follow from a file, from a text that a function takes for a query, or from values.</summary>
    private static bool MayNameMore(string sql)
    {
        var before = new SqlToken(SqlTokenKind.Other, "", 0, 0);
        foreach (var token in SqlTokens.Read(sql))
        {
            var isSource = before.Is("FROM") || before.Is("JOIN") || before.IsMark(',') || before.IsMark('(');
            if ((token.Kind == SqlTokenKind.Text && isSource)
                || (token.Kind == SqlTokenKind.QuotedName && token.Value.AsSpan().IndexOfAny("./*:") >= 0)
                || (token.IsName && IsReader(token.Value)))
            {
                return true;
            }

            before = token;
        }

        return false;
    }

    private static bool IsReader(string name) =>
        name.StartsWith("read_", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("_scan", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("query", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("pivot", StringComparison.OrdinalIgnoreCase);
}
