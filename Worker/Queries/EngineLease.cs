using OrleansFlow.Engine;
using OrleansFlow.Worker.Queries.Databases;

namespace OrleansFlow.Worker.Queries;

/// <summary>A session of a worker's engine for one task. Disposing it ends whatever runs in it.</summary>
internal sealed class EngineLease(EngineInstance engine, EngineSession session, DatabaseFiles databases, Func<bool, ValueTask> onReturnedAsync) : IAsyncDisposable
{
    private bool _isBroken;

    /// <summary>The engine itself, for sessions of one's own; it is open as long as this.</summary>
    public EngineInstance Engine { get; } = engine;

    public EngineSession Session { get; } = session;

    /// <summary>The DuckDB files that the engine has attached.</summary>
    public DatabaseFiles Databases { get; } = databases;

    /// <summary>Says that the engine failed inside: nobody gets it any more.</summary>
    public void MarkBroken() => _isBroken = true;

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await onReturnedAsync(_isBroken);
    }
}
