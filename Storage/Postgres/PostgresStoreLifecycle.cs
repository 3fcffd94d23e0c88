using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansFlow.Storage.Postgres;

/// <summary>Opens the store before anything can need it and closes it after everything has stopped. A silo that was taken over stops.</summary>
internal sealed class PostgresStoreLifecycle(PostgresStore store, IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>
{
    private CancellationTokenRegistration _lost;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(PostgresStoreLifecycle),
        ServiceLifecycleStage.RuntimeInitialize,
        async cancellationToken =>
        {
            await store.OpenAsync(cancellationToken);
            _lost = store.Lost.UnsafeRegister(static state => ((IServiceProvider)state!).GetService<IHostApplicationLifetime>()?.StopApplication(), services);
        },
        async _ =>
        {
            await _lost.DisposeAsync();
            await store.DisposeAsync();
        });
}
