using Orleans.Concurrency;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>One shard of the run listing, kept by <see cref="RunCatalogStore"/>. The runs themselves are the truth; a line is as new as its version.</summary>
/// <remarks>Re-entrant: what is recorded while a write is under way shares the next one.</remarks>
[Reentrant]
internal sealed class RunCatalogGrain : Grain, IRunCatalogGrain
{
    private static readonly RunStatus[] Ended = [RunStatus.Completed, RunStatus.Failed, RunStatus.Cancelled];

    private readonly RunCatalogStore _store;

    public RunCatalogGrain(IServiceProvider services) => _store = new RunCatalogStore(services, DeactivateOnIdle);

    public override Task OnActivateAsync(CancellationToken cancellationToken) => StoredState.ReadAsync(this.GetGrainId().ToString(), () => _store.LoadAsync(this.GetGrainId()));

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _store.WhenIdleAsync();

    public Task RecordAsync(RunEntry entry, CancellationToken cancellationToken) => _store.RecordAsync(RunLine.Of(entry));

    public Task RemoveAsync(RunId run, DateTimeOffset submittedUtc, CancellationToken cancellationToken) => _store.RemoveAsync(run.Value, submittedUtc);

    public async Task<IReadOnlyList<RunEntry>> ListAsync(
        int limit, DateTimeOffset? beforeUtc, RunId beforeId, IReadOnlyList<RunStatus> statuses, CancellationToken cancellationToken) =>
        [.. (await _store.ListAsync(limit, newestFirst: true, beforeUtc is { } utc ? (utc, beforeId.Value) : null, statuses)).Select(line => line.ToEntry())];

    public async Task<IReadOnlyList<RunEntry>> ListEndedAsync(int limit, DateTimeOffset? afterUtc, RunId afterId, CancellationToken cancellationToken) =>
        [.. (await _store.ListAsync(limit, newestFirst: false, afterUtc is { } utc ? (utc, afterId.Value) : null, Ended)).Select(line => line.ToEntry())];
}
