using Microsoft.Data.Sqlite;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Grain states in a <see cref="SqliteStore"/>; concurrent writes of the silo share one transaction and one fsync.</summary>
internal sealed class SqliteGrainStorage(SqliteStore store, GrainStateJson json) : RowGrainStorage(json)
{
    /// <inheritdoc/>
    public override async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var write = new StateWrite(grainId.ToString(), stateName, grainState.ETag, Json.Write(grainState.State));
        await store.WriteAsync(write);
        SetVersion(grainState, write.NextVersion);
    }

    /// <inheritdoc/>
    public override async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await store.WriteAsync(new StateWrite(grainId.ToString(), stateName, grainState.ETag, payload: null));
        SetEmpty(grainState);
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var writes = changes
            .Select(change => new StateWrite(grain, change.Name, change.ETag, change.State is { } state ? Json.Write(state, change.StateType) : null))
            .ToList();
        await store.WriteAsync(new StateBatchWrite(writes)).WaitAsync(cancellationToken);
        for (var index = 0; index < writes.Count; index++)
        {
            changes[index].NextETag = changes[index].State is null ? null : EtagOf(writes[index].NextVersion);
        }
    }

    /// <inheritdoc/>
    protected override Task<(byte[]? Payload, long Version)> FindAsync(string grain, string stateName) => store.ReadAsync((grain, stateName), Find);

    private static (byte[]? Payload, long Version) Find(SqliteConnection connection, (string Grain, string Name) key)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT version, CAST(payload AS BLOB) FROM grain_state WHERE grain = $grain AND name = $name";
        command.Parameters.AddWithValue("$grain", key.Grain);
        command.Parameters.AddWithValue("$name", key.Name);
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetFieldValue<byte[]>(1), reader.GetInt64(0)) : (null, 0);
    }
}
