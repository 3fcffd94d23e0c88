using OrleansFlow.Tasks;

namespace OrleansFlow.Graphs;

/// <summary>Listing of runs. Key: the shard number as text, <c>0</c> to <see cref="ShardCount"/> - 1.</summary>
[Alias("OrleansFlow.IRunCatalogGrain")]
public interface IRunCatalogGrain : IGrainWithStringKey
{
    /// <summary>Number of shards.</summary>
    const int ShardCount = 8;

    /// <summary>Inserts or replaces a run's entry; an older version of it never replaces a newer one. Durable before it returns.</summary>
    [Alias("Record")]
    Task RecordAsync(RunEntry entry, CancellationToken cancellationToken);

    /// <summary>Runs of this shard, newest first, at most <paramref name="limit"/>, submitted before <paramref name="beforeUtc"/> (or at it with a smaller id).</summary>
    [Alias("List")]
    Task<IReadOnlyList<RunEntry>> ListAsync(int limit, DateTimeOffset? beforeUtc, RunId beforeId, IReadOnlyList<RunStatus> statuses, CancellationToken cancellationToken);

    /// <summary>Runs of this shard that have ended, the one that was submitted first first: what a sweep looks at.</summary>
    /// <param name="limit">Most runs.</param>
    /// <param name="afterUtc">Only runs submitted after this (or at it with a larger id); null: from the oldest on.</param>
    /// <param name="afterId">The id that goes with it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [Alias("ListEnded")]
    Task<IReadOnlyList<RunEntry>> ListEndedAsync(int limit, DateTimeOffset? afterUtc, RunId afterId, CancellationToken cancellationToken);

    /// <summary>Takes a run out of the listing. Durable before it returns; one that is not listed is fine.</summary>
    /// <param name="run">The run.</param>
    /// <param name="submittedUtc">When it was submitted, which says where to look.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [Alias("Remove")]
    Task RemoveAsync(RunId run, DateTimeOffset submittedUtc, CancellationToken cancellationToken);
}

/// <summary>One line of the run listing.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunEntry")]
public sealed record RunEntry
{
    /// <summary>The run, without its nodes.</summary>
    [Id(0)]
    public required RunView Run { get; init; }

    /// <summary>Grows with each change of the run.</summary>
    [Id(1)]
    public required long Version { get; init; }
}
