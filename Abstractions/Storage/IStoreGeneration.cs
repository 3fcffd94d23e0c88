namespace OrleansFlow.Storage;

/// <summary>
/// How often the store was put back to an earlier state. It prefixes every lease epoch, so that what was leased before a restore can never
/// write again, although the restored rows know nothing of it.
/// </summary>
public interface IStoreGeneration
{
    /// <summary>1 for a store that was never restored; grows by one with each restore.</summary>
    long Generation { get; }
}
