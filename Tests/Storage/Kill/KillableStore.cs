using Orleans.Storage;
using OrleansFlow.Storage;
using OrleansFlow.Tests.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Kill;

/// <summary>Either store, opened by what a command line can say.</summary>
internal sealed class KillableStore(IGrainStorage states, IGrainStorageBatch batches, IAsyncDisposable owned) : IAsyncDisposable
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";

    // The least that is allowed: each round waits so long for the process that was killed.
    private static readonly TimeSpan OwnerTimeout = TimeSpan.FromMilliseconds(500);

    public IGrainStorage States { get; } = states;

    public IGrainStorageBatch Batches { get; } = batches;

    /// <param name="kind"><see cref="Sqlite"/> or <see cref="Postgres"/>.</param>
    /// <param name="place">Path of the database file, or connection string.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<KillableStore> OpenAsync(string kind, string place, CancellationToken cancellationToken)
    {
        if (kind == Sqlite)
        {
            var sqlite = new StoreFixture(place);
            return new KillableStore(sqlite.Storage, sqlite.Storage, sqlite);
        }

        var postgres = new PostgresStoreFixture(place, "flow", options => options.OwnerTimeout = OwnerTimeout);
        await postgres.Store.OpenAsync(cancellationToken);
        return new KillableStore(postgres.Storage, postgres.Storage, postgres);
    }

    public async Task<GrainState<Note>> ReadAsync(GrainId grain, string name)
    {
        var state = new GrainState<Note>(new Note());
        await States.ReadStateAsync(name, grain, state);
        return state;
    }

    public ValueTask DisposeAsync() => owned.DisposeAsync();
}
