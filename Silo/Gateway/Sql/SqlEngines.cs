using Microsoft.Extensions.Options;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// Engines for statements: at most so many at a time, each used by one statement at a time, with limits, without network and, but for the folders that are allowed, files. An engine
/// whose statement only read is used again.
/// </summary>
internal sealed class SqlEngines : IAsyncDisposable
{
    private readonly SqlGatewayOptions _options;
    private readonly string _preparation;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _turns;
    private readonly Stack<EngineInstance> _idle = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public SqlEngines(IOptions<SqlGatewayOptions> options, TimeProvider clock)
    {
        _options = options.Value;

        // Names that are not qualified mean the registered tables. After these settings nothing can reach beyond the engine's memory and the folders that are allowed.
        var folders = string.Join(", ", _options.DataFolders.Select(folder => $"'{Path.TrimEndingDirectorySeparator(folder).Replace("'", "''", StringComparison.Ordinal)}/'"));
        _preparation = $"""
            ATTACH ':memory:' AS {SqlTableName.Registered};
            ATTACH ':memory:' AS {SqlTableName.Runs};
            SET allowed_directories = [{folders}];
            SET enable_external_access = false;
            SET lock_configuration = true
            """;
        _clock = clock;
        _turns = new SemaphoreSlim(_options.SessionsMax, _options.SessionsMax);
    }

    /// <summary>Waits for a turn and gives an engine with a session of its own.</summary>
    /// <exception cref="FlowException"><c>limit_exceeded</c>: no turn came in time; <c>deadline_exceeded</c>.</exception>
    public async Task<SqlLease> LeaseAsync(CancellationToken cancellationToken)
    {
        if (!await _turns.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            await WaitAsync(cancellationToken);
        }

        EngineInstance? engine = null;
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _idle.TryPop(out engine);
            }

            engine ??= await OpenAsync(cancellationToken);
            var session = engine.OpenSession();
            await session.ExecuteAsync($"USE {SqlTableName.Registered}", null, cancellationToken);
            return new SqlLease(this, engine, session, _options.TimeLimit, _clock);
        }
        catch
        {
            await EndAsync(engine, clean: false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        EngineInstance[] idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (var engine in idle)
        {
            await engine.DisposeAsync();
        }
    }

    /// <summary>Takes an engine back.</summary>
    /// <param name="engine">Null when none was opened.</param>
    /// <param name="clean">Whether nothing of the statement is left in it.</param>
    internal async ValueTask EndAsync(EngineInstance? engine, bool clean)
    {
        try
        {
            lock (_gate)
            {
                if (clean && !_disposed && engine is not null)
                {
                    _idle.Push(engine);
                    engine = null;
                }
            }

            if (engine is not null)
            {
                await engine.DisposeAsync();
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.SessionWait, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _turns.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"{_options.SessionsMax} statements run, and none ended within {_options.SessionWait}. Try again later, or raise {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.SessionsMax)}.");
        }
    }

    private async Task<EngineInstance> OpenAsync(CancellationToken cancellationToken)
    {
        var engine = await EngineInstance.OpenAsync(
            new EngineOptions { MemoryLimitBytes = _options.MemoryLimitBytes, ThreadCount = _options.ThreadCount }, cancellationToken);
        try
        {
            await using var session = engine.OpenSession();
            await session.ExecuteAsync(_preparation, null, cancellationToken);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }
}
