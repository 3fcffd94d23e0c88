using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Sql.Tables;
using OrleansFlow.Worker.Queries.Databases;
using OrleansFlow.Worker.Queries.Outputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>
/// The engine of a worker's tasks: one for all, so that they share its memory and threads, with a session for each task. It is opened at the first
/// use; one that failed inside is replaced and closed with its last task.
/// </summary>
/// <param name="options">Limits.</param>
/// <param name="folder">Where it spills.</param>
/// <param name="functions">What every task may call.</param>
internal sealed class QueryEngines(QueryWorkerOptions options, SpillFolder folder, IReadOnlyList<EngineFunction> functions) : IAsyncDisposable
{
    private const string TempFolderName = "engine";
    private const string DatabaseFolderName = "databases";

    // window_self_join makes a join of a window's input with itself, which reads the rows of another task twice; they are there once. And how many
    // rows other tasks send is not known, so that as-of joins would compare each with each; that operator also takes NULL for less than the other one.
    private const string Settings = "SET GLOBAL disabled_optimizers = 'window_self_join'; SET GLOBAL asof_loop_join_threshold = 0";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Shared? _current;
    private int _sessionCount;
    private bool _isDisposed;

    /// <summary>Sessions that are open.</summary>
    public int SessionCount => Volatile.Read(ref _sessionCount);

    /// <exception cref="EngineException">The engine cannot be opened.</exception>
    public async Task<EngineLease> LeaseAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var shared = _current ??= new Shared(await OpenAsync(cancellationToken), new DatabaseFiles(() => folder.SubFolder(DatabaseFolderName)));
            var session = shared.Engine.OpenSession();
            shared.UserCount++;
            Interlocked.Increment(ref _sessionCount);
            return new EngineLease(shared.Engine, session, shared.Databases, isBroken => ReturnAsync(shared, isBroken));
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            _isDisposed = true;
            if (_current is { UserCount: 0 } idle)
            {
                await idle.DisposeAsync();
            }

            _current = null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<EngineInstance> OpenAsync(CancellationToken cancellationToken)
    {
        var engine = await EngineInstance.OpenAsync(
            new EngineOptions
            {
                MemoryLimitBytes = options.EngineMemoryBytes,
                ThreadCount = options.EngineThreads,

                // Where it may not spill it gets no folder: with a limit of 0 it leaves an empty file behind.
                TempFolder = options.EngineSpillBytesMax == 0 ? null : folder.SubFolder(TempFolderName),
                Functions = [.. functions, ArrowFunction.Create()],
                FileReaders = ArrowFunction.FileReaders,
            },
            cancellationToken);
        try
        {
            await using var session = engine.OpenSession();
            await session.ExecuteAsync(Settings, null, cancellationToken);
            if (options.EngineSpillBytesMax is > 0 and var spillBytesMax)
            {
                // Not among the settings at opening, where the engine takes it and does not keep to it.
                await session.ExecuteAsync(FormattableString.Invariant($"SET GLOBAL max_temp_directory_size = '{spillBytesMax}B'"), null, cancellationToken);
            }

            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    private async ValueTask ReturnAsync(Shared shared, bool isBroken)
    {
        Interlocked.Decrement(ref _sessionCount);
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            shared.UserCount--;
            if (isBroken && _current == shared)
            {
                _current = null;
            }

            if (_current != shared && shared.UserCount == 0)
            {
                await shared.DisposeAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private sealed class Shared(EngineInstance engine, DatabaseFiles databases) : IAsyncDisposable
    {
        public EngineInstance Engine { get; } = engine;

        public DatabaseFiles Databases { get; } = databases;

        /// <summary>Changed under the gate.</summary>
        public int UserCount { get; set; }

        public async ValueTask DisposeAsync()
        {
            await Engine.DisposeAsync();
            Databases.Dispose();
        }
    }
}
