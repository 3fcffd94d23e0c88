using Microsoft.Extensions.Options;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Gateway.Sql.Databases;

/// <summary>The databases of the options, and which of their tables a statement may mean.</summary>
internal sealed class AttachedDatabases : IAsyncDisposable
{
    private readonly SortedDictionary<string, IAttachedDatabase> _databases = new(StringComparer.OrdinalIgnoreCase);

    public AttachedDatabases(IOptions<SqlGatewayOptions> options)
    {
        foreach (var (name, one) in options.Value.Databases)
        {
            var known = name.ToLowerInvariant();
            _databases.Add(known, one.Type.Equals(DuckDbType, StringComparison.OrdinalIgnoreCase)
                ? new DuckDbFile(known, Path.GetFullPath(one.Path), one.OnWorkers ?? IsInFolders(options.Value, one.Path))
                : new PostgresTables(known, one.ConnectionString, one.OnWorkers ?? false));
        }
    }

    internal const string DuckDbType = "duckdb";
    internal const string PostgresType = "postgres";

    /// <summary>Their names.</summary>
    public IReadOnlyCollection<string> Names => _databases.Keys;

    /// <summary>The tables that a text may mean, each once: <c>name.schema.table</c> and <c>name.table</c>.</summary>
    public IReadOnlyCollection<SqlTableName> Candidates(string sql)
    {
        if (_databases.Count == 0)
        {
            return [];
        }

        var found = new HashSet<SqlTableName>();
        foreach (var chain in SqlNames.Chains(sql))
        {
            if (chain.Count < 2 || !_databases.TryGetValue(chain[0], out var database))
            {
                continue;
            }

            // "a.b.c" is a table of a schema, or a column of a table.
            found.Add(new SqlTableName(database.Name, SqlTableName.AttachedSchema, chain[1]));
            if (chain.Count > 2)
            {
                found.Add(new SqlTableName(database.Name, chain[1], chain[2]));
            }
        }

        return found;
    }

    /// <summary>Looks tables up.</summary>
    /// <returns>Those that there are, and why a database was not asked; null when all were.</returns>
    public async Task<(IReadOnlyList<SqlTable> Tables, FlowException? Missing)> FindAsync(IEnumerable<SqlTableName> names, CancellationToken cancellationToken)
    {
        var tables = new List<SqlTable>();
        FlowException? missing = null;

        // One name for the engine, however it is written.
        foreach (var name in names.Where(name => name.IsAttached).DistinctBy(name => name.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            var database = _databases[name.Catalog];
            var schema = name.Schema == SqlTableName.AttachedSchema ? database.DefaultSchema : name.Schema;
            try
            {
                if (await database.FindAsync(name, schema, name.Table, cancellationToken) is { } table)
                {
                    tables.Add(table);
                }
            }
            catch (FlowException exception)
            {
                missing ??= exception;
            }
        }

        return (tables, missing);
    }

    /// <summary>All tables of a database by schema and name; none when it cannot be read now.</summary>
    public async Task<IReadOnlyList<SqlTable>> ListAsync(string database, int countMax, CancellationToken cancellationToken)
    {
        var tables = new List<SqlTable>();
        try
        {
            foreach (var (schema, table) in await _databases[database].ListAsync(countMax, cancellationToken))
            {
                if (await _databases[database].FindAsync(new SqlTableName(database, schema, table), schema, table, cancellationToken) is { } found)
                {
                    tables.Add(found);
                }
            }
        }
        catch (FlowException)
        {
            // A list of all tables does not fail because one database is away; a statement that reads it says why.
        }

        return tables;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
        {
            await database.DisposeAsync();
        }
    }

    private static bool IsInFolders(SqlGatewayOptions options, string path) => options.DataFolders.Concat(options.WritableFolders)
        .Any(folder => Path.GetFullPath(path).StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal));
}
