using System.Globalization;
using System.Text.Json;
using Npgsql;
using Orleans.Storage;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Postgres;

/// <summary>Grain states as JSON rows of a <see cref="PostgresStore"/>; concurrent writes of the silo share one transaction and one statement.</summary>
/// <remarks>The etag is the row's version as decimal text. A deleted state starts again at version 1.</remarks>
internal sealed class PostgresGrainStorage(PostgresStore store, GrainStateJson json) : IGrainStorage, IGrainStorageBatch
{
    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var grain = grainId.ToString();
        var (payload, version) = await store.ReadAsync((grain, stateName), FindAsync);
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
        var row = new StateRow(store.NextWriteId(), stateName, Version(grainState.ETag), json.WriteText(grainState.State));
        await store.WriteAsync(new StateWrite(grainId.ToString(), [row]));
        grainState.ETag = (row.Expected + 1).ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // Without an etag the caller knows of no row, and one that somebody else wrote meanwhile is not its to delete.
        if (Version(grainState.ETag) is var expected and > 0)
        {
            await store.WriteAsync(new StateWrite(grainId.ToString(), [new StateRow(store.NextWriteId(), stateName, expected, null)]));
        }

        grainState.ETag = null!;
        grainState.RecordExists = false;
        grainState.State = json.Empty<T>();
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (changes.Count == 0)
        {
            return;
        }

        StateRow[] rows =
        [
            .. changes.Select(change => new StateRow(
                store.NextWriteId(), change.Name, Version(change.ETag), change.State is { } state ? json.WriteText(state, change.StateType) : null)),
        ];
        await store.WriteAsync(new StateWrite(grain, rows)).WaitAsync(cancellationToken);
        for (var index = 0; index < rows.Length; index++)
        {
            changes[index].NextETag = rows[index].Payload is null ? null : (rows[index].Expected + 1).ToString(CultureInfo.InvariantCulture);
        }
    }

    private static long Version(string? etag) => long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private static async Task<(byte[]? Payload, long Version)> FindAsync(
        NpgsqlConnection connection, (string Grain, string Name) key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT version, payload FROM grain_state WHERE grain = $1 AND name = $2", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Grain });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Name });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (await reader.GetFieldValueAsync<byte[]>(1, cancellationToken), reader.GetInt64(0))
            : (null, 0);
    }
}
