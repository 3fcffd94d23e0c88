using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Worker.Jobs;

/// <summary>The operators of one run, and what has to live as long as they do.</summary>
/// <param name="registry">Makes them.</param>
/// <param name="owned">Disposed after the last of them; null for nothing.</param>
internal sealed class JobOperators(OperatorRegistry registry, IAsyncDisposable? owned = null) : IAsyncDisposable
{
    /// <summary>Makes them.</summary>
    public OperatorRegistry Registry { get; } = registry;

    public ValueTask DisposeAsync() => owned?.DisposeAsync() ?? ValueTask.CompletedTask;
}
