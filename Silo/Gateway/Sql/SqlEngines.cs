using Microsoft.Extensions.Options;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// Engines for statements: at most so many at a time, each used by one statement at a time, with limits, without network and, but for the folders that are allowed, files. An engine
/// whose statement only read is used again, and so is its session where nothing went wrong.
/// </summary>
internal sealed class SqlEngines : IAsyncDisposable
{
    private readonly SqlGatewayOptions _options;
    private readonly string _preparation;
    private readonly TimeProvider _clock;
    private readonly IReadOnlyList<EngineFunction> _functions;
    private readonly SemaphoreSlim _turns;
    private readonly Stack<(EngineInstance Engine, SqlSession? Session)> _idle = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public SqlEngines(IOptions<SqlGatewayOptions> options, TimeProvider clock, GatewayExtensions? extensions = null)
    {
        _options = options.Value;
        _functions = [.. extensions?.LocalFunctions ?? [], ArrowFunction.Create(IsReadable)];

        // Names that are not qualified mean the registered tables. After these settings nothing can reach beyond the engine's memory and the folders that are allowed.
        var databases = string.Concat(_options.Databases.Keys.Select(name => $"ATTACH ':memory:' AS {EngineText.Quote(name.ToLowerInvariant())};"));
        var files = string.Join(", ", _options.Databases.Values.Where(database => database.Path.Length > 0)
            .SelectMany(database => (string[])[database.Path, database.Path + ".wal"]).Select(path => EngineText.Literal(Path.GetFullPath(path))));
        var folders = string.Join(", ", _options.DataFolders.Concat(_options.WritableFolders).Select(folder => EngineText.Literal(Path.TrimEndingDirectorySeparator(folder) + "/")));
        _preparation = $"""
            ATTACH ':memory:' AS {SqlTableName.Registered};
            ATTACH ':memory:' AS {SqlTableName.Runs};
            {databases}
            SET allowed_paths = [{files}];
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
            SqlSession? session;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                (engine, session) = _idle.TryPop(out var idle) ? idle : default;
            }

            engine ??= await OpenAsync(cancellationToken);
            if (session is null)
            {
                session = new SqlSession(engine, engine.OpenSession());
                await session.Session.ExecuteAsync($"USE {SqlTableName.Registered}", null, cancellationToken);
            }

            return new SqlLease(this, session, _options.TimeLimit, _clock);
        }
        catch
        {
            // With its session.
            await EndAsync(engine, null, clean: false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        (EngineInstance Engine, SqlSession? Session)[] idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (var (engine, _) in idle)
        {
            await engine.DisposeAsync();
        }
    }

    /// <summary>Takes an engine back.</summary>
    /// <param name="engine">Null when none was opened.</param>
    /// <param name="session">Its session, which is as new; null: it is closed.</param>
    /// <param name="clean">Whether nothing of the statement is left in it.</param>
    internal async ValueTask EndAsync(EngineInstance? engine, SqlSession? session, bool clean)
    {
        try
        {
            lock (_gate)
            {
                if (clean && !_disposed && engine is not null)
                {
                    _idle.Push((engine, session));
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

    // What the settings say to the engine's own readers, for the one that is not the engine's.
    private bool IsReadable(string path) => _options.DataFolders.Concat(_options.WritableFolders)
        .Any(folder => (path + Path.DirectorySeparatorChar).StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal));

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
            new EngineOptions { MemoryLimitBytes = _options.MemoryLimitBytes, ThreadCount = _options.ThreadCount, Functions = _functions, FileReaders = ArrowFunction.FileReaders },
            cancellationToken);
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
