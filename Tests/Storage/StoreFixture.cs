using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansFlow.Storage;
using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Tests.Storage;

/// <summary>An open store without a silo around it.</summary>
internal sealed class StoreFixture : IAsyncDisposable
{
    public StoreFixture(string database, Action<SqliteStoreOptions>? configure = null)
    {
        var options = new SqliteStoreOptions { DatabasePath = database };
        configure?.Invoke(options);
        Store = new SqliteStore(Options.Create(options), NullLogger<SqliteStore>.Instance);
        Store.Open();
        Storage = new SqliteGrainStorage(Store, new GrainStateJson(Array.Empty<IJsonTypeInfoResolver>()));
    }

    public SqliteStore Store { get; }

    public SqliteGrainStorage Storage { get; }

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

internal sealed class Note
{
    /// <summary>As the product's states have it; 0 is not written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = value <= 1 ? value : throw new JsonException($"format {value} is not known"); }

    public string Text { get; set; } = "";
}
