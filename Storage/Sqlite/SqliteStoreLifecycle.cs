
namespace OrleansFlow.Storage.Sqlite;

/// <summary>Opens the store before anything can need it and closes it after everything has stopped.</summary>
internal sealed class SqliteStoreLifecycle(SqliteStore store) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SqliteStoreLifecycle),
        ServiceLifecycleStage.RuntimeInitialize,
        _ =>
        {
            store.Open();
            return Task.CompletedTask;
        },
        async _ => await store.DisposeAsync());
}
