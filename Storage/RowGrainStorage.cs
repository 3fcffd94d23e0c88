using System.Globalization;
using Orleans.Storage;

namespace OrleansFlow.Storage;

/// <summary>Grain states as JSON rows of a store. Who derives from it says how rows are found and written.</summary>
/// <remarks>The etag is the row's version as decimal text. A deleted state starts again at version 1.</remarks>
internal abstract class RowGrainStorage(GrainStateJson json) : IGrainStorage, IGrainStorageBatch, IGrainStorageRange
{
    protected GrainStateJson Json => json;

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var grain = grainId.ToString();
        var (payload, version) = await FindAsync(grain, stateName);
        if (payload is null)
        {
            SetEmpty(grainState);
            return;
        }

        grainState.State = json.Read<T>(grain, stateName, payload);
        SetVersion(grainState, version);
    }

    /// <inheritdoc/>
    public abstract Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    /// <inheritdoc/>
    public abstract Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    /// <inheritdoc/>
    public abstract Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredGrainState>> ReadRangeAsync(string grain, string from, string before, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        var rows = await FindRangeAsync(new RowRange(grain, from, before, limit), cancellationToken);
        var states = new StoredGrainState[rows.Count];
        for (var index = 0; index < states.Length; index++)
        {
            states[index] = new StoredRowState(json, grain, rows[index].Name, rows[index].Version, rows[index].Payload);
        }

        return states;
    }

    internal static string EtagOf(long version) => version.ToString(CultureInfo.InvariantCulture);

    protected static void SetVersion<T>(IGrainState<T> grainState, long version)
    {
        grainState.ETag = EtagOf(version);
        grainState.RecordExists = true;
    }

    protected void SetEmpty<T>(IGrainState<T> grainState)
    {
        grainState.RecordExists = false;
        grainState.ETag = null!;
        grainState.State = json.Empty<T>();
    }

    /// <returns>The row's JSON and version; null and 0 when there is none.</returns>
    protected abstract Task<(byte[]? Payload, long Version)> FindAsync(string grain, string stateName);

    /// <returns>The rows in the order of their names.</returns>
    protected abstract Task<List<FoundRow>> FindRangeAsync(RowRange range, CancellationToken cancellationToken);
}
