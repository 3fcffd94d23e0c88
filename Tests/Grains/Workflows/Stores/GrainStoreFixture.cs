using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansFlow.Client.Workflows.Stores;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Conformance;

namespace OrleansFlow.Tests.Grains.Workflows.Stores;

/// <summary>A store over the grains of a silo whose clock moves when told, and that is killed when the store is opened again.</summary>
internal sealed class GrainStoreFixture : IWorkflowStoreFixture
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    private readonly FlowCluster _cluster;
    private GrainWorkflowStore _store;

    private GrainStoreFixture(FlowCluster cluster) => (_cluster, _store) = (cluster, Open(cluster));

    public IWorkflowStore Store => _store;

    public FlowCluster Cluster => _cluster;

    public TimeProvider Time => _cluster.Clock;

    public TimeSpan LeaseDuration => Duration;

    public static async Task<GrainStoreFixture> OpenAsync(bool batches) => new(await FlowCluster.StartAsync(batches, static (silo, client) =>
    {
        // A check moves the clock by days at once, also past calls that are under way.
        silo?.Services.Configure<LeaseOptions>(static leases => leases.Duration = Duration);
        silo?.Configure<SiloMessagingOptions>(static calls => calls.ResponseTimeout = TimeSpan.FromDays(30));
        client?.Configure<ClientMessagingOptions>(static calls => calls.ResponseTimeout = TimeSpan.FromDays(30));
    }));

    public async ValueTask AdvanceAsync(TimeSpan by, CancellationToken cancellationToken)
    {
        // A timer that is being set is to be set by the time that it was meant for.
        for (var spin = 0; spin < FlowCluster.ReactionSpins; spin++)
        {
            await Task.Yield();
        }

        _cluster.Clock.Advance(by);
    }

    public async ValueTask ReopenAsync(CancellationToken cancellationToken)
    {
        await _store.DisposeAsync();
        await _cluster.CrashAsync();

        // As a silo does that starts; and time stands until every run that goes on was read.
        foreach (var shard in WorkflowShards.Keys)
        {
            var index = _cluster.Grains.GetGrain<IWorkflowIndexGrain>(shard);
            await index.StartAsync(cancellationToken);
            foreach (var line in await index.ListAsync(new WorkflowFilter(), null, 1_000, cancellationToken))
            {
                await _cluster.Grains.GetGrain<IWorkflowRunGrain>(line.Run.Value).GetAsync(cancellationToken);
            }
        }

        _store = Open(_cluster);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private static GrainWorkflowStore Open(FlowCluster cluster) => new(cluster.Grains, new GrainWorkflowStoreOptions { Time = cluster.Clock });
}
