using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>One statement's engine, its session, the batches it reads, and its time. Disposing ends all of it.</summary>
internal sealed class SqlLease : IAsyncDisposable
{
    private readonly SqlEngines _owner;
    private readonly SqlSession _session;
    private readonly CancellationTokenSource _time;
    private readonly List<RecordBatch> _batches = [];
    private readonly List<string> _cleanup = [];
    private readonly List<string> _sources = [];
    private int _disposed;

    public SqlLease(SqlEngines owner, SqlSession session, TimeSpan timeLimit, TimeProvider clock)
    {
        _owner = owner;
        _session = session;
        TimeLimit = timeLimit;
        _time = new CancellationTokenSource(timeLimit, clock);
    }

    public EngineSession Session => _session.Session;

    public TimeSpan TimeLimit { get; }

    /// <summary>Fires when the statement has had its time.</summary>
    public CancellationToken TimeIsUp => _time.Token;

    /// <summary>Whether the statement may have left something in the engine that only its end removes.</summary>
    public bool ChangedSomething { get; set; }

    /// <summary>Rows that are read; null while there are none.</summary>
    public EngineResult? Result { get; set; }

    /// <summary>Whether a step of the statement failed or was cancelled, so that its session is not used again.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Begins with the statement's tables. Names that the engine kept of others are gone then.</summary>
    public Task BeginAsync(IEnumerable<SqlTable> tables, CancellationToken cancellationToken) =>
        _session.ForgetOthersAsync(tables.Where(StaysNamed).Select(table => table.Name), cancellationToken);

    /// <summary>Makes a table readable under its full name.</summary>
    public async Task RegisterAsync(SqlTable table, CancellationToken cancellationToken)
    {
        if (StaysNamed(table))
        {
            var rows = table.Open();
            _batches.AddRange(rows);
            await _session.KeepAsync(table.Name, table.Schema, rows, cancellationToken);
            return;
        }

        var view = SqlSession.ViewOf(table.Name);
        if ((table.Definition ?? table.Attached?.Definition) is { } definition)
        {
            if (table.Attached?.Frame is { } frame)
            {
                await Session.ExecuteAsync(frame.Before, null, cancellationToken);
                _cleanup.Add(frame.After);
            }

            await _session.CreateViewAsync(table.Name, definition, cancellationToken);
            _cleanup.Insert(0, $"DROP VIEW {view}");
            return;
        }

        var source = $"source_{_sources.Count}";
        _sources.Add(source);
        if (table.Read is { } read)
        {
            await Session.RegisterStreamAsync(source, table.Schema, read, cancellationToken);
        }
        else if (table.ReadColumns is { } readColumns)
        {
            await Session.RegisterColumnsAsync(source, table.Schema, table.Rows, readColumns, cancellationToken);
        }
        else
        {
            var batches = table.Open();
            _batches.AddRange(batches);
            await Session.RegisterBatchesAsync(source, table.Schema, batches, cancellationToken);
        }

        _cleanup.Add($"DROP VIEW {view}");
        await _session.CreateViewAsync(table.Name, $"SELECT * FROM temp.{source}", cancellationToken);
    }

    /// <summary>Makes a table of the engine out of batches, which the lease takes over in any case.</summary>
    public async Task RegisterTargetAsync(string fullName, ArrowSchema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellationToken)
    {
        _batches.AddRange(batches);
        _sources.Add("target");
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
        if (!clean || HasFailed)
        {
            // Also ends the reading of rows that nobody takes any more.
            await Session.DisposeAsync();
        }

        await _owner.EndAsync(_session.Engine, HasFailed ? null : _session, clean);
        foreach (var batch in _batches)
        {
            batch.Dispose();
        }

        _time.Dispose();
    }

    private static bool StaysNamed(SqlTable table) => table is { Manifest: not null } or { Batches: not null };

    private async Task<bool> TryCleanAsync()
    {
        if (ChangedSomething || Result is { IsComplete: false })
        {
            return false;
        }

        try
        {
            if (_cleanup.Count > 0)
            {
                await Session.ExecuteAsync(string.Join("; ", _cleanup), null, CancellationToken.None);
            }

            if (_sources.Count > 0)
            {
                await Session.UnregisterAsync(_sources, CancellationToken.None);
            }

            await (HasFailed ? _session.ForgetOthersAsync([], CancellationToken.None) : _session.EmptyAsync());
            return true;
        }
        catch (Exception exception) when (exception is EngineException or InvalidOperationException)
        {
            // The engine is closed instead of being used again.
            return false;
        }
    }
}
