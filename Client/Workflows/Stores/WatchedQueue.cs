using Orleans;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;

namespace OrleansFlow.Client.Workflows.Stores;

/// <summary>One queue of steps. Once somebody waits for it, it is watched: what becomes ready there is pushed.</summary>
internal sealed class WatchedQueue(IGrainFactory grains, string role, GrainWorkflowStoreOptions options, Action news, CancellationToken stopping)
{
    private readonly GrainWatch _watch = new(
        $"the queue of role '{role}'", token => QueueOf(grains, role).WatchReadyAsync(token), options, news, stopping);

    /// <summary>How often there was something new.</summary>
    public long News => _watch.Words;

    /// <summary>Leases what is next; null when there is nothing.</summary>
    /// <remarks>Not given up half-way: the lease would be out, and nobody would know.</remarks>
    public Task<WorkflowStepLease?> TakeAsync(WorkerId worker, string session) => QueueOf(grains, role).TakeStepAsync(worker, session, CancellationToken.None);

    /// <summary>Begins to watch it, if nobody does.</summary>
    public void Watch() => _watch.Begin();

    /// <summary>Completes once nothing watches it any more.</summary>
    public Task WhenStoppedAsync() => _watch.WhenStoppedAsync();

    private static IRoleQueueGrain QueueOf(IGrainFactory grains, string role) => grains.GetGrain<IRoleQueueGrain>(role + "/0");
}
