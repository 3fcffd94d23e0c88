using OrleansFlow.Engine;

namespace OrleansFlow.Worker.Queries;

/// <summary>A session of a worker's engine for one task. Disposing it ends whatever runs in it.</summary>
internal sealed class EngineLease(EngineSession session, Func<bool, ValueTask> onReturnedAsync) : IAsyncDisposable
{
    private bool _isBroken;

    public EngineSession Session { get; } = session;

    /// <summary>Says that the engine failed inside: nobody gets it any more.</summary>
    public void MarkBroken() => _isBroken = true;

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await onReturnedAsync(_isBroken);
    }
}
