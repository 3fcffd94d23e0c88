using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>One statement's engine, its session, the batches it reads, and its time. Disposing ends all of it.</summary>
internal sealed class SqlLease : IAsyncDisposable
{
    private readonly SqlEngines _owner;
    private readonly EngineInstance _engine;
    private readonly CancellationTokenSource _time;
    private readonly List<RecordBatch> _batches = [];
    private readonly List<string> _cleanup = [];
    private int _disposed;

    public SqlLease(SqlEngines owner, EngineInstance engine, EngineSession session, TimeSpan timeLimit, TimeProvider clock)
    {
        _owner = owner;
        _engine = engine;
        Session = session;
        TimeLimit = timeLimit;
        _time = new CancellationTokenSource(timeLimit, clock);
    }

    public EngineSession Session { get; }

    public TimeSpan TimeLimit { get; }

    /// <summary>Fires when the statement has had its time.</summary>
    public CancellationToken TimeIsUp => _time.Token;

    /// <summary>Whether the statement may have left something in the engine that only its end removes.</summary>
    public bool ChangedSomething { get; set; }

    /// <summary>Makes a table readable under its full name.</summary>
    public async Task RegisterAsync(SqlTable table, CancellationToken cancellationToken)
    {
        var source = $"source_{_cleanup.Count}";
        if (table.Read is { } read)
        {
            await Session.RegisterStreamAsync(source, table.Schema, read, cancellationToken);
        }
        else
        {
            var batches = table.Open();
            _batches.AddRange(batches);
            await Session.RegisterBatchesAsync(source, table.Schema, batches, cancellationToken);
        }

        var space = $"{EngineText.Quote(table.Name.Catalog)}.{EngineText.Quote(table.Name.Schema)}";
        var view = $"{space}.{EngineText.Quote(table.Name.Table)}";
        _cleanup.Add($"DROP VIEW {view}");
        await Session.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {space}; CREATE VIEW {view} AS SELECT * FROM temp.{source}", null, cancellationToken);
    }

    /// <summary>Makes a table of the engine out of batches, which the lease takes over in any case.</summary>
    public async Task RegisterTargetAsync(string fullName, ArrowSchema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellationToken)
    {
        _batches.AddRange(batches);
        await Session.RegisterBatchesAsync("target", schema, batches, cancellationToken);
        await Session.ExecuteAsync($"CREATE TABLE {fullName} AS SELECT * FROM temp.target", null, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        var clean = await TryCleanAsync();
        await Session.DisposeAsync();
        await _owner.EndAsync(_engine, clean);
        foreach (var batch in _batches)
        {
            batch.Dispose();
        }

        _time.Dispose();
    }

    private async Task<bool> TryCleanAsync()
    {
        if (ChangedSomething)
        {
            return false;
        }

        try
        {
            if (_cleanup.Count > 0)
            {
                await Session.ExecuteAsync(string.Join("; ", _cleanup), null, CancellationToken.None);
            }

            return true;
        }
        catch (Exception exception) when (exception is EngineException or InvalidOperationException)
        {
            // The engine is closed instead of being used again.
            return false;
        }
    }
}
