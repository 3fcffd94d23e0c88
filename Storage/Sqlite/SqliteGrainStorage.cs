using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orleans.Storage;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Grain states as JSON rows of a <see cref="SqliteStore"/>; concurrent writes of the silo share one transaction and one fsync.</summary>
/// <remarks>The etag is the row's version as decimal text. A deleted state starts again at version 1.</remarks>
internal sealed class SqliteGrainStorage(SqliteStore store, GrainStateJson json) : IGrainStorage, IGrainStorageBatch
{
    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var grain = grainId.ToString();
        var (payload, version) = await store.ReadAsync((grain, stateName), Find);
        if (payload is null)
        {
            grainState.RecordExists = false;
            grainState.ETag = null!;
            grainState.State = json.Empty<T>();
            return;
        }

        try
        {
            grainState.State = json.Read<T>(payload);
        }
        catch (JsonException exception)
        {
            throw new FlowException(
                FlowErrorCode.StateCorrupt, $"State '{stateName}' of grain '{grain}' cannot be read ({exception.Message}); its row is kept.", exception);
        }

        grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var write = new StateWrite(grainId.ToString(), stateName, grainState.ETag, json.Write(grainState.State));
        await store.WriteAsync(write);
        grainState.ETag = write.NextVersion.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await store.WriteAsync(new StateWrite(grainId.ToString(), stateName, grainState.ETag, payload: null));
        grainState.ETag = null!;
        grainState.RecordExists = false;
        grainState.State = json.Empty<T>();
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var writes = changes
            .Select(change => new StateWrite(grain, change.Name, change.ETag, change.State is { } state ? json.Write(state, change.StateType) : null))
            .ToList();
        await store.WriteAsync(new StateBatchWrite(writes)).WaitAsync(cancellationToken);
        for (var index = 0; index < writes.Count; index++)
        {
            changes[index].NextETag = changes[index].State is null ? null : writes[index].NextVersion.ToString(CultureInfo.InvariantCulture);
        }
    }

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
