using System.Globalization;

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
    protected override async Task<(byte[]? Payload, long Version)> FindAsync(string grain, string stateName) =>
        await store.FindAsync(RowRange.One(grain, stateName)) is [var row] ? (row.Payload, row.Version) : (null, 0);

    /// <inheritdoc/>
    protected override Task<List<FoundRow>> FindRangeAsync(RowRange range, CancellationToken cancellationToken) => store.FindAsync(range).WaitAsync(cancellationToken);

    private static long Version(string? etag) => long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
}
