using OrleansFlow.Engine;
using OrleansFlow.Worker.Queries.Outputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>
/// The engine of a worker's tasks: one for all, so that they share its memory and threads, with a session for each task. It is opened at the first
/// use; one that failed inside is replaced and closed with its last task.
/// </summary>
internal sealed class QueryEngines(QueryWorkerOptions options, SpillFolder folder) : IAsyncDisposable
{
    private const string TempFolderName = "engine";

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
            var shared = _current ??= new Shared(await OpenAsync(cancellationToken));
            var session = shared.Engine.OpenSession();
            shared.UserCount++;
            Interlocked.Increment(ref _sessionCount);
            return new EngineLease(session, isBroken => ReturnAsync(shared, isBroken));
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
                await idle.Engine.DisposeAsync();
            }

            _current = null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private Task<EngineInstance> OpenAsync(CancellationToken cancellationToken) => EngineInstance.OpenAsync(
        new EngineOptions { MemoryLimitBytes = options.EngineMemoryBytes, ThreadCount = options.EngineThreads, TempFolder = folder.SubFolder(TempFolderName) }, cancellationToken);

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
                await shared.Engine.DisposeAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private sealed class Shared(EngineInstance engine)
    {
        public EngineInstance Engine { get; } = engine;

        /// <summary>Changed under the gate.</summary>
        public int UserCount { get; set; }
    }
}
