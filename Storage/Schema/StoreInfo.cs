namespace OrleansFlow.Storage.Schema;

/// <summary>What a store says about itself.</summary>
/// <param name="SchemaVersion">Version of its tables; 1 or higher.</param>
/// <param name="Generation">
/// Which life of the store this is. The first is 1; restoring a backup raises it. It prefixes every lease epoch, so that nothing leased before
/// the backup can write.
/// </param>
/// <param name="OwnerEpoch">How often the store had a new owner. 0: never opened by a silo.</param>
public sealed record StoreInfo(int SchemaVersion, long Generation, long OwnerEpoch);

/// <summary>What a migration did.</summary>
/// <param name="FromVersion">Schema version before; 0: there were no tables.</param>
/// <param name="ToVersion">Schema version now.</param>
public sealed record StoreMigrationResult(int FromVersion, int ToVersion)
{
    /// <summary>Whether anything was changed.</summary>
    public bool Changed => FromVersion != ToVersion;
}
