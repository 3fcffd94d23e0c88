using OrleansFlow.Catalogs;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What a statement that changes tables does, and to which.</summary>
internal enum SqlChangeKind
{
    /// <summary>Makes a dataset.</summary>
    Create,

    /// <summary>Gives a name to files: <c>CREATE TABLE|VIEW name FROM files</c>.</summary>
    NameFiles,

    /// <summary>Gives a name to a query: <c>CREATE VIEW name AS query</c>.</summary>
    NameQuery,
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
    private const string Supported =
        "CREATE [OR REPLACE] TABLE name AS ..., CREATE TABLE|VIEW name FROM 'files', CREATE VIEW name AS ..., INSERT INTO name ..., UPDATE name ..., DELETE FROM name ..., "
        + "DROP TABLE|VIEW name";

    // ALTER and the like are changes too: they are refused as such, and not as queries.
    private static readonly string[] Heads = ["copy", "create", "insert", "update", "delete", "drop", "alter", "truncate", "merge", "attach", "detach"];

    // CREATE OR REPLACE PERSISTENT SECRET
    private const int SecretWordsMax = 4;

    /// <summary>Whether it is about a view.</summary>
    public bool IsView { get; private init; }

    /// <summary>Whether what is there gives way: <c>OR REPLACE</c>.</summary>
    public bool Replaces { get; private init; }

    /// <summary>Whether that it is there already, or not there, is fine: <c>IF NOT EXISTS</c>, <c>IF EXISTS</c>.</summary>
    public bool IsLenient { get; private init; }

    /// <summary>Place in the text of what follows the name.</summary>
    public int RestAt { get; private init; }

    /// <summary>Whether it gives a name to something that is not the cluster's own.</summary>
    public bool IsDefinition => Kind is SqlChangeKind.NameFiles or SqlChangeKind.NameQuery;

    /// <summary>Whether a statement begins as one that changes something.</summary>
    public static bool IsChange(string sql) =>
        SqlNames.Chains(sql).FirstOrDefault() is [var word] && Heads.Contains(word, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the beginning of a statement.</summary>
    /// <exception cref="FlowException"><c>unsupported</c>: it is none of the forms.</exception>
    public static SqlChange Parse(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        var at = 0;
        bool Takes(params ReadOnlySpan<string> words)
        {
            for (var index = 0; index < words.Length; index++)
            {
                if (at + index >= tokens.Count || !tokens[at + index].Is(words[index]))
                {
                    return false;
                }
            }

            at += words.Length;
            return true;
        }

        var isCreate = Takes("create");
        var replaces = isCreate && Takes("or", "replace");
        SqlChangeKind? kind = isCreate ? (Takes("table") ? SqlChangeKind.Create : Takes("view") ? SqlChangeKind.NameQuery : null)
            : Takes("insert", "into") ? SqlChangeKind.Insert
            : Takes("update") || Takes("delete", "from") ? SqlChangeKind.Rewrite
            : Takes("drop") ? (Takes("table") || Takes("view") ? SqlChangeKind.Drop : null)
            : null;
        var isView = at > 0 && tokens[at - 1].Is("view");
        var isLenient = (isCreate && Takes("if", "not", "exists")) || (kind == SqlChangeKind.Drop && Takes("if", "exists"));
        ThrowIfOfSession(tokens);
        if (kind is not { } known || ReadTarget(tokens, ref at) is not { } target)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"This statement is not run as an update here; there are {Supported}, of registered tables.");
        }

        var rest = at < tokens.Count ? tokens[at].Start : sql.Length;
        if (isCreate && at < tokens.Count && tokens[at].Is("from"))
        {
            known = SqlChangeKind.NameFiles;
        }

        return new SqlChange(known, target, Names(sql[rest..], target))
        {
            IsView = isView, Replaces = replaces, IsLenient = isLenient, RestAt = rest,
        };
    }

    // Statements of DuckDB that change what later ones of its session see; here each statement has a session of its own, on one machine or several.
    private static void ThrowIfOfSession(IReadOnlyList<SqlToken> tokens)
    {
        if (tokens.Count > 0 && (tokens[0].Is("attach") || tokens[0].Is("detach")))
        {
            throw new FlowException(
                FlowErrorCode.Unsupported,
                $"ATTACH and DETACH are not run here, because a statement's engine ends with it. Name the database in the silo's options, {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.Databases)}, "
                + "and read its tables as name.schema.table.");
        }

        if (tokens.Count > 1 && (tokens[0].Is("create") || tokens[0].Is("drop")) && tokens.Skip(1).TakeWhile(token => token.IsName).Take(SecretWordsMax).Any(token => token.Is("secret")))
        {
            throw new FlowException(
                FlowErrorCode.Unsupported,
                "Secrets are not made by statements here: the text of a statement is logged and listed, and no reader of this engine asks for a secret. "
                + "What a worker needs to know is given to its sessions by the worker's session builder (IWorkerSessionBuilder); how databases are reached stands in the options of the silo and the workers.");
        }
    }

    /// <summary>Whether a text may name a registered table.</summary>
    internal static bool Names(string sql, string table) => SqlNames.Chains(sql).Any(chain => TargetOf(chain) is { } other && Is(other, table));

    /// <summary>A chain of names as the name of a registered table; null for anything else.</summary>
    internal static string? TargetOf(IReadOnlyList<string> chain) => chain switch
    {
        [var table] => table,
        [var space, var table] when Is(space, ICatalogGrain.DefaultNamespace) || Is(space, SqlTableName.Registered) => table,
        [var catalog, var space, var table] when Is(catalog, SqlTableName.Registered) && Is(space, ICatalogGrain.DefaultNamespace) => table,
        _ => null,
    };

    private static string? ReadTarget(IReadOnlyList<SqlToken> tokens, ref int at)
    {
        var chain = new List<string>();
        while (at < tokens.Count && tokens[at].IsName)
        {
            chain.Add(tokens[at++].Value);
            if (at >= tokens.Count || !tokens[at].IsMark('.'))
            {
                return TargetOf(chain);
            }

            at++;
        }

        return null;
    }

    private static bool Is(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
