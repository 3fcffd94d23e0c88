namespace OrleansFlow.Storage.Sqlite;

/// <summary>Grain states in a <see cref="SqliteStore"/>; concurrent writes of the silo share one transaction and one fsync.</summary>
internal sealed class SqliteGrainStorage(SqliteStore store, GrainStateJson json) : RowGrainStorage(json)
{
    /// <inheritdoc/>
    public override async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var write = new StateWrite(grainId.ToString(), new StateRow(stateName, grainState.ETag, Json.Write(grainState.State)));
        await store.WriteAsync(write);
        SetVersion(grainState, write.NextVersion);
    }

    /// <inheritdoc/>
    public override async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await store.WriteAsync(new StateWrite(grainId.ToString(), new StateRow(stateName, grainState.ETag, payload: null)));
        SetEmpty(grainState);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken)
    {
        // Without a frame of its own: each one that waits costs its caller as much as the row. The write itself tells the etags.
        cancellationToken.ThrowIfCancellationRequested();
        StoreWrite write;
        if (changes.Count == 1)
        {
            write = new StateWrite(grain, RowOf(changes[0]), changes[0]);
        }
        else
        {
            var rows = new StateRow[changes.Count];
            for (var index = 0; index < rows.Length; index++)
            {
                rows[index] = RowOf(changes[index]);
            }

            write = new StateBatchWrite(grain, rows, changes);
        }

        return store.WriteAsync(write).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task<(byte[]? Payload, long Version)> FindAsync(string grain, string stateName) => store.ReadAsync((grain, stateName), static (connection, key) => connection.FindState(key.grain, key.stateName));

    /// <inheritdoc/>
    protected override Task<List<FoundRow>> FindRangeAsync(RowRange range, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return store.ReadAsync(range, static (connection, asked) => connection.FindStates(asked));
    }

    private StateRow RowOf(GrainStateChange change) =>
        new(change.Name, change.ETag, change.State is { } state ? Json.Write(state, change.StateType) : null);
}
