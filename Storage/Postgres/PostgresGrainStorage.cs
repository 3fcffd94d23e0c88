using System.Globalization;
using Npgsql;

namespace OrleansFlow.Storage.Postgres;

/// <summary>Grain states in a <see cref="PostgresStore"/>; concurrent writes of the silo share one transaction and one statement.</summary>
internal sealed class PostgresGrainStorage(PostgresStore store, GrainStateJson json) : RowGrainStorage(json)
{
    /// <inheritdoc/>
    public override async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var row = new StateRow(store.NextWriteId(), stateName, Version(grainState.ETag), Json.WriteText(grainState.State));
        await store.WriteAsync(new StateWrite(grainId.ToString(), [row]));
        SetVersion(grainState, row.Expected + 1);
    }

    /// <inheritdoc/>
    public override async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // Without an etag the caller knows of no row, and one that somebody else wrote meanwhile is not its to delete.
        if (Version(grainState.ETag) is var expected and > 0)
        {
            await store.WriteAsync(new StateWrite(grainId.ToString(), [new StateRow(store.NextWriteId(), stateName, expected, null)]));
        }

        SetEmpty(grainState);
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (changes.Count == 0)
        {
            return;
        }

        StateRow[] rows =
        [
            .. changes.Select(change => new StateRow(
                store.NextWriteId(), change.Name, Version(change.ETag), change.State is { } state ? Json.WriteText(state, change.StateType) : null)),
        ];
        await store.WriteAsync(new StateWrite(grain, rows, changes.All(change => change.MayWait))).WaitAsync(cancellationToken);
        for (var index = 0; index < rows.Length; index++)
        {
            changes[index].NextETag = rows[index].Payload is null ? null : EtagOf(rows[index].Expected + 1);
        }
    }

    /// <inheritdoc/>
    protected override Task<(byte[]? Payload, long Version)> FindAsync(string grain, string stateName) => store.ReadAsync((grain, stateName), FindRowAsync);

    private static long Version(string? etag) => long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private static async Task<(byte[]? Payload, long Version)> FindRowAsync(
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
