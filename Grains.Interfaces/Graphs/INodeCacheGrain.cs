using OrleansFlow.Tasks;

namespace OrleansFlow.Graphs;

/// <summary>Where the outcome of one piece of work can be found. Key: its content key.</summary>
[Alias("OrleansFlow.INodeCacheGrain")]
public interface INodeCacheGrain : IGrainWithStringKey
{
    /// <summary>The newest outcome that can still be taken; null when there is none.</summary>
    [Alias("Find")]
    Task<CachedOutcome?> FindAsync(CancellationToken cancellationToken);

    /// <summary>Remembers an outcome; durable before it returns. The newest one counts.</summary>
    [Alias("Remember")]
    Task RememberAsync(CachedOutcome outcome, CancellationToken cancellationToken);
}

/// <summary>A node that did a piece of work.</summary>
/// <param name="Run">Its run.</param>
/// <param name="Node">Its id.</param>
/// <param name="ExpiresUtc">Until when its outcome can be taken; null for as long as the run is kept.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.CachedOutcome")]
public sealed record CachedOutcome([property: Id(0)] RunId Run, [property: Id(1)] string Node, [property: Id(2)] DateTimeOffset? ExpiresUtc);
