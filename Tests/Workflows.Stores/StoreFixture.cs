using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Conformance;

namespace OrleansFlow.Tests.Workflows.Stores;

/// <summary>A store under test with a clock that moves when told.</summary>
internal sealed class StoreFixture : IWorkflowStoreFixture
{
    private readonly Func<WorkflowStoreOptions, CancellationToken, ValueTask<IWorkflowStore>> _open;
    private readonly ManualTimeProvider _time = new();
    private readonly Action _cleanUp;
    private IWorkflowStore? _store;

    private StoreFixture(Func<WorkflowStoreOptions, CancellationToken, ValueTask<IWorkflowStore>> open, Action cleanUp) => (_open, _cleanUp) = (open, cleanUp);

    public IWorkflowStore Store => _store!;

    public TimeProvider Time => _time;

    public TimeSpan LeaseDuration { get; } = TimeSpan.FromSeconds(30);

    public static async ValueTask<StoreFixture> OpenAsync(
        Func<WorkflowStoreOptions, CancellationToken, ValueTask<IWorkflowStore>> open, Action? cleanUp = null, CancellationToken cancellationToken = default)
    {
        var fixture = new StoreFixture(open, cleanUp ?? (static () => { }));
        await fixture.ReopenAsync(cancellationToken);
        return fixture;
    }

    public ValueTask AdvanceAsync(TimeSpan by, CancellationToken cancellationToken)
    {
        _time.Advance(by);
        return default;
    }

    public async ValueTask ReopenAsync(CancellationToken cancellationToken)
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        _store = await _open(new WorkflowStoreOptions { Time = _time, LeaseDuration = LeaseDuration }, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _cleanUp();
    }
}
