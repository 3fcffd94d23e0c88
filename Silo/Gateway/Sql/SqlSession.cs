using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Engine;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// An engine and the session in it that one statement after the other uses. The names of tables stay from one statement to the next while that names them too, because to make a name costs
/// more than a small statement; their rows do not stay. One statement at a time.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="session">Its session.</param>
internal sealed class SqlSession(EngineInstance engine, EngineSession session)
{
    private readonly Dictionary<string, (string Source, ArrowSchema Schema)> _kept = new(StringComparer.Ordinal);
    private long _sourceCount;

    public EngineInstance Engine => engine;

    public EngineSession Session => session;

    /// <summary>The engine's full name of a table.</summary>
    public static string ViewOf(SqlTableName name) => $"{SpaceOf(name)}.{EngineText.Quote(name.Table)}";

    /// <summary>Makes a name for a query.</summary>
    public Task CreateViewAsync(SqlTableName name, string query, CancellationToken cancellationToken)
    {
        var create = $"CREATE VIEW {ViewOf(name)} AS {query}";
        return session.ExecuteAsync(name.Schema == ICatalogGrain.DefaultNamespace ? create : $"CREATE SCHEMA IF NOT EXISTS {SpaceOf(name)}; {create}", null, cancellationToken);
    }

    /// <summary>Makes batches readable under a name that stays; <see cref="EmptyAsync"/> lets go of them.</summary>
    public async Task KeepAsync(SqlTableName name, ArrowSchema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellationToken)
    {
        var view = ViewOf(name);
        if (_kept.TryGetValue(view, out var kept) && kept.Schema.Equals(schema))
        {
            await session.RegisterBatchesAsync(kept.Source, schema, batches, cancellationToken);
            return;
        }

        if (kept.Source is not null)
        {
            await ForgetAsync([view], cancellationToken);
        }

        var source = $"kept_{_sourceCount++}";
        await session.RegisterBatchesAsync(source, schema, batches, cancellationToken);
        await CreateViewAsync(name, $"SELECT * FROM temp.{source}", cancellationToken);
        _kept[view] = (source, schema);
    }

    /// <summary>Forgets the names that stayed but for some, so that no statement sees one that it does not name.</summary>
    public Task ForgetOthersAsync(IEnumerable<SqlTableName> named, CancellationToken cancellationToken) =>
        _kept.Count == 0 ? Task.CompletedTask : ForgetAsync([.. _kept.Keys.Except(named.Select(ViewOf), StringComparer.Ordinal)], cancellationToken);

    /// <summary>Lets go of the rows of all names that stay.</summary>
    public async Task EmptyAsync()
    {
        foreach (var (source, schema) in _kept.Values)
        {
            await session.RegisterBatchesAsync(source, schema, [], CancellationToken.None);
        }
    }

    private static string SpaceOf(SqlTableName name) => $"{EngineText.Quote(name.Catalog)}.{EngineText.Quote(name.Schema)}";

    private async Task ForgetAsync(IReadOnlyList<string> views, CancellationToken cancellationToken)
    {
        if (views.Count == 0)
        {
            return;
        }

        await session.ExecuteAsync(string.Join("; ", views.Select(view => $"DROP VIEW {view}")), null, cancellationToken);
        await session.UnregisterAsync([.. views.Select(view => _kept[view].Source)], cancellationToken);
        foreach (var view in views)
        {
            _kept.Remove(view);
        }
    }
}
