using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Worker.Jobs;

/// <summary>The operators of one run, and what has to live as long as they do.</summary>
/// <param name="registry">Makes them.</param>
/// <param name="owned">Disposed after the last of them, in order; a null stands for nothing.</param>
internal sealed class JobOperators(OperatorRegistry registry, params IReadOnlyList<IAsyncDisposable?> owned) : IAsyncDisposable
{
    /// <summary>Makes them.</summary>
    public OperatorRegistry Registry { get; } = registry;

    public async ValueTask DisposeAsync()
    {
        foreach (var one in owned)
        {
            await (one?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }
}
