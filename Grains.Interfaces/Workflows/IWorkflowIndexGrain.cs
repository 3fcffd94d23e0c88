using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows;

/// <summary>One shard of the index of workflow runs: lists them, wakes those that sleep, and finds those that were lost with their silo.</summary>
/// <remarks>Key: the shard number as text, <c>0</c> to <see cref="ShardCount"/> - 1; see <see cref="WorkflowShards"/>.</remarks>
[Alias("OrleansFlow.IWorkflowIndexGrain")]
public interface IWorkflowIndexGrain : IGrainWithStringKey
{
    /// <summary>Number of shards.</summary>
    const int ShardCount = 16;

    /// <summary>
    /// Inserts or replaces a run's line, unless its <see cref="WorkflowLine.Order"/> is not above that of the known one. A line that is new, or that
    /// becomes live, is durable before this returns; other news are within a second, and a run whose news were lost is asked again.
    /// </summary>
    /// <param name="line">What is new.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have been recorded.</param>
    [Alias("Record")]
    Task RecordAsync(WorkflowLine line, CancellationToken cancellationToken);

    /// <summary><see cref="RecordAsync"/> for many lines, which share a commit.</summary>
    /// <param name="lines">What is new.</param>
    /// <param name="mayShare">True: other commits are about to come, and for a moment this one may wait for them.</param>
    /// <param name="cancellationToken">Gives up waiting; they may have been recorded.</param>
    [Alias("RecordMany")]
    Task RecordManyAsync(IReadOnlyList<WorkflowLine> lines, bool mayShare, CancellationToken cancellationToken);

    /// <summary>Takes a run out of the index. Durable before it returns; one that is not there is fine.</summary>
    /// <param name="run">The run.</param>
    /// <param name="startedUtc">When it was started, which says where to look.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    [Alias("Remove")]
    Task RemoveAsync(RunId run, DateTimeOffset startedUtc, CancellationToken cancellationToken);

    /// <summary>Runs of this shard in the order of their starts; of one moment, by id.</summary>
    /// <param name="filter">Which ones, and from which end.</param>
    /// <param name="after">The last line of the page before; null: from the beginning.</param>
    /// <param name="limit">Most lines; 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [Alias("List")]
    Task<IReadOnlyList<WorkflowLine>> ListAsync(WorkflowFilter filter, WorkflowPlace? after, int limit, CancellationToken cancellationToken);

    /// <summary>From a silo that starts: the activation alone takes up the runs that were lost. Returns before they are all awake.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How many runs are to be woken.</returns>
    [Alias("Start")]
    Task<int> StartAsync(CancellationToken cancellationToken);
}
