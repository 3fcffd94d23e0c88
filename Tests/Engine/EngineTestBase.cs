using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Results;
using OrleansFlow.Engine.Scans;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansFlow.Tests.Engine;

/// <summary>
/// An instance, a session and a counting allocator per test. Every test ends with the proof that no native handle, exported batch, result
/// array or input buffer is left; the counters are of the process, which is why tests of this assembly do not run side by side.
/// </summary>
public abstract class EngineTestBase : IAsyncLifetime
{
    private EngineInstance? _instance;
    private EngineSession? _session;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected CountingAllocator Allocator { get; } = new();

    protected EngineInstance Instance => _instance!;

    protected EngineSession Session => _session!;

    protected virtual EngineOptions Options => new() { ThreadCount = 2 };

    public virtual async ValueTask InitializeAsync()
    {
        _instance = await EngineInstance.OpenAsync(Options, Token);
        _session = _instance.OpenSession();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Instance.DisposeAsync();
        GC.SuppressFinalize(this);
        Assert.Equal(0, EngineHandle.LiveCount);
        Assert.Equal(0, SharedArray.LiveCount);
        Assert.Equal(0, ArrowNode.LiveCount);
        Assert.Equal(0, Allocator.LiveBuffers);
        Assert.Equal(0, FunctionSlot.LiveCount);
        Assert.Equal(0, AggregateStates.LiveCount);
    }

    protected Task<long> ExecuteAsync(string sql, params object?[] parameters) => Session.ExecuteAsync(sql, parameters, Token);

    /// <summary>All rows as .NET values.</summary>
    protected Task<List<object?[]>> RowsAsync(string sql, params object?[] parameters) => RowsAsync(Session, sql, parameters);

    protected static async Task<List<object?[]>> RowsAsync(EngineSession session, string sql, params object?[] parameters)
    {
        await using var result = await session.QueryAsync(sql, parameters, Token);
        return await RowsAsync(result);
    }

    protected static async Task<List<object?[]>> RowsAsync(EngineResult result)
    {
        var rows = new List<object?[]>();
        await foreach (var batch in result.ReadAllAsync(Token))
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
    protected async Task<object?> ValueAsync(string sql, params object?[] parameters) =>
        Assert.Single(Assert.Single(await RowsAsync(sql, parameters)));

    protected RecordBatch Batch(ArrowSchema schema, params object?[][] rows)
    {
        using var builder = new RecordBatchBuilder(schema, Allocator);
        foreach (var row in rows)
        {
            builder.AppendRow(row);
        }

        return builder.Build();
    }

    /// <summary>A batch of one BIGINT column <c>n</c> with the numbers from <paramref name="first"/> on.</summary>
    protected RecordBatch Numbers(long first, int count)
    {
        using var builder = new RecordBatchBuilder(NumberSchema, Allocator);
        var column = builder.Column<Int64Builder>(0);
        for (var index = 0; index < count; index++)
        {
            column.Append(first + index);
        }

        return builder.Build();
    }

    protected static ArrowSchema NumberSchema { get; } = new(new ArrowField("n", ArrowType.Int64));
}
