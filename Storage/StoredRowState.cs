namespace OrleansFlow.Storage;

/// <summary>A row of a store as a state.</summary>
internal sealed class StoredRowState(GrainStateJson json, string grain, string name, long version, byte[] payload)
    : StoredGrainState(name, RowGrainStorage.EtagOf(version))
{
    /// <inheritdoc/>
    public override T Read<T>() => json.Read<T>(grain, Name, payload);
}
