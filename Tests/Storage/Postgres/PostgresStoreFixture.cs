using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansFlow.Storage;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Postgres;

/// <summary>An open PostgreSQL store without a silo around it.</summary>
internal sealed class PostgresStoreFixture : IAsyncDisposable
{
    public PostgresStoreFixture(string connectionString, string schema, Action<PostgresStoreOptions>? configure = null)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Schema = schema, OwnerTimeout = TimeSpan.FromSeconds(1) };
        configure?.Invoke(options);
        Store = new PostgresStore(Options.Create(options), TimeProvider.System, NullLogger<PostgresStore>.Instance);
        Storage = new PostgresGrainStorage(Store, new GrainStateJson(Array.Empty<IJsonTypeInfoResolver>()));
    }

    public PostgresStore Store { get; }

    public PostgresGrainStorage Storage { get; }

    public static async Task<PostgresStoreFixture> OpenAsync(string connectionString, string schema, Action<PostgresStoreOptions>? configure = null)
    {
        var fixture = new PostgresStoreFixture(connectionString, schema, configure);
        await fixture.Store.OpenAsync(TestContext.Current.CancellationToken);
        return fixture;
    }

    public async Task<GrainState<Note>> ReadAsync(GrainId grain, string name = "note")
    {
        var state = new GrainState<Note>(new Note());
        await Storage.ReadStateAsync(name, grain, state);
        return state;
    }

    public async Task<GrainState<Note>> WriteAsync(GrainId grain, string text, GrainState<Note>? known = null)
    {
        var state = known ?? new GrainState<Note>(new Note());
        state.State = new Note { Text = text };
        await Storage.WriteStateAsync("note", grain, state);
        return state;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
