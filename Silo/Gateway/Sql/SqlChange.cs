using OrleansFlow.Catalogs;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What a statement that changes tables does, and to which.</summary>
internal enum SqlChangeKind
{
    Create,
    Insert,
    Rewrite,
    Drop,
}

/// <summary>A statement that changes one table.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Target">The table.</param>
/// <param name="ReadsTarget">Whether it names the table once more.</param>
internal sealed record SqlChange(SqlChangeKind Kind, string Target, bool ReadsTarget)
{
    private const string Supported = "CREATE TABLE name AS ..., INSERT INTO name ..., UPDATE name ..., DELETE FROM name ... and DROP TABLE name";

    private static readonly (string[] Words, SqlChangeKind Kind)[] Forms =
    [
        (["create", "table"], SqlChangeKind.Create),
        (["insert", "into"], SqlChangeKind.Insert),
        (["update"], SqlChangeKind.Rewrite),
        (["delete", "from"], SqlChangeKind.Rewrite),
        (["drop", "table"], SqlChangeKind.Drop),
    ];

    /// <summary>Whether a statement begins as one that changes something.</summary>
    public static bool IsChange(string sql) =>
        SqlNames.Chains(sql).FirstOrDefault() is [var word] && Forms.Any(form => Is(word, form.Words[0]));

    /// <summary>Reads the beginning of a statement.</summary>
    /// <exception cref="FlowException"><c>unsupported</c>: it is none of the forms.</exception>
    public static SqlChange Parse(string sql)
    {
        var chains = SqlNames.Chains(sql).ToList();
        foreach (var (words, kind) in Forms)
        {
            if (chains.Count > words.Length && words.Index().All(word => chains[word.Index] is [var found] && Is(found, word.Item)) && TargetOf(chains[words.Length]) is { } target)
            {
                var reads = chains.Skip(words.Length + 1).Any(chain => TargetOf(chain) is { } other && Is(other, target));
                return new SqlChange(kind, target, reads);
            }
        }

        throw new FlowException(FlowErrorCode.Unsupported, $"This statement is not run as an update here; there are {Supported}, of registered tables.");
    }

    private static string? TargetOf(IReadOnlyList<string> chain) => chain switch
    {
        [var table] => table,
        [var space, var table] when Is(space, ICatalogGrain.DefaultNamespace) || Is(space, SqlTableName.Registered) => table,
        [var catalog, var space, var table] when Is(catalog, SqlTableName.Registered) && Is(space, ICatalogGrain.DefaultNamespace) => table,
        _ => null,
    };

    private static bool Is(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
