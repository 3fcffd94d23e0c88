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
        await store.WriteAsync(new StateBatchWrite(writes, changes.All(change => change.MayWait))).WaitAsync(cancellationToken);
        for (var index = 0; index < writes.Count; index++)
        {
            changes[index].NextETag = changes[index].State is null ? null : EtagOf(writes[index].NextVersion);
        }
    }

    /// <inheritdoc/>
    protected override Task<(byte[]? Payload, long Version)> FindAsync(string grain, string stateName) => store.ReadAsync((grain, stateName), static (connection, key) => connection.FindState(key.grain, key.stateName));

    /// <inheritdoc/>
    protected override Task<List<FoundRow>> FindRangeAsync(RowRange range, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return store.ReadAsync(range, static (connection, asked) => connection.FindStates(asked));
    }
}
