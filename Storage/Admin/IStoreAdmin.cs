using OrleansFlow.Errors;
using OrleansFlow.Storage.Schema;

namespace OrleansFlow.Storage.Admin;

/// <summary>A store as an operator sees it: rows, without a silo and without the types of their states. Reading needs no ownership.</summary>
/// <remarks>Every method throws <see cref="FlowException"/> with <c>store_unavailable</c> or <c>state_corrupt</c> when the store itself fails.</remarks>
public interface IStoreAdmin : IAsyncDisposable
{
    /// <summary>Path, or host and database, for messages.</summary>
    string Description { get; }

    /// <summary>What the store says about itself.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: there is no store.</exception>
    Task<StoreInfo> ReadInfoAsync(CancellationToken cancellationToken);

    /// <summary>Reads states in the order of grain and name (ordinal).</summary>
    /// <param name="prefix">Only grains whose id begins so; empty: all.</param>
    /// <param name="afterGrain">Only what comes after the state <paramref name="afterName"/> of this grain; empty: from the first on.</param>
    /// <param name="afterName">See <paramref name="afterGrain"/>.</param>
    /// <param name="limit">Most states to read, 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<StoredRow>> ReadAsync(string prefix, string afterGrain, string afterName, int limit, CancellationToken cancellationToken);

    /// <summary>Reads every reminder.</summary>
    Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken);

    /// <summary>Holds the store alone while it is read or filled as a whole.</summary>
    /// <returns>Ends the hold.</returns>
    /// <exception cref="FlowException"><c>store_in_use</c>.</exception>
    Task<IAsyncDisposable> HoldAsync(CancellationToken cancellationToken);

    /// <summary>Fills an empty store in one transaction.</summary>
    /// <param name="pages">The states.</param>
    /// <param name="reminders">The reminders.</param>
    /// <param name="generation">Its generation from now on.</param>
    /// <param name="cancellationToken">Gives up; the store is empty then.</param>
    /// <returns>States written.</returns>
    /// <exception cref="FlowException"><c>already_exists</c>: it is not empty.</exception>
    Task<long> FillAsync(
        IAsyncEnumerable<IReadOnlyList<StoredRow>> pages, IReadOnlyList<StoredReminder> reminders, long generation, CancellationToken cancellationToken);
}
