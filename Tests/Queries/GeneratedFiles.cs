using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Queries;

/// <summary>Files of generated tables in a folder of their own, and an engine with a view of each table.</summary>
public abstract class GeneratedFiles(TableSet set, TableFileOptions options) : IAsyncLifetime
{
    private EngineInstance? _instance;

    public TableSet Set => set;

    public string Folder { get; } = Directory.CreateTempSubdirectory("flow-queries-").FullName;

    public EngineInstance Instance => _instance!;

    public async ValueTask InitializeAsync()
    {
        await TableFiles.WriteAsync(set, Folder, options, CancellationToken.None);
        _instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 2 }, CancellationToken.None);
        await using var session = _instance.OpenSession();
        await session.ExecuteAsync(TableFiles.CreateViewsSql(set, Folder), null, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>All rows as .NET values. Test classes that share these files may ask at the same time: each question has a session of its own.</summary>
    public async Task<List<object?[]>> RowsAsync(string sql, CancellationToken cancellationToken)
    {
        await using var session = Instance.OpenSession();
        await using var result = await session.QueryAsync(sql, null, cancellationToken);
        var rows = new List<object?[]>();
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add([.. batch.Columns.Select(column => column.GetValue(row))]);
                }
            }
        }

        return rows;
    }

    /// <summary>The single value of a query.</summary>
    public async Task<object?> ValueAsync(string sql, CancellationToken cancellationToken) =>
        Assert.Single(Assert.Single(await RowsAsync(sql, cancellationToken)));
}
