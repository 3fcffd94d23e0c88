using System.Runtime.CompilerServices;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Storage.Admin;

/// <summary>What <c>flow db</c> does to stores.</summary>
public static class StoreAdmin
{
    /// <summary>States of one page.</summary>
    private const int PageRows = 500;

    /// <summary>A SQLite store.</summary>
    /// <param name="databasePath">Path of the database file.</param>
    public static IStoreAdmin ForSqlite(string databasePath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(databasePath);
        return new SqliteStoreAdmin(databasePath);
    }

    /// <summary>A PostgreSQL store.</summary>
    /// <param name="connectionString">As Npgsql reads it.</param>
    /// <param name="schema">Schema that holds the tables.</param>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>.</exception>
    public static IStoreAdmin ForPostgres(string connectionString, string schema = PostgresStoreOptions.DefaultSchema)
    {
        _ = Schema.StoreMigrator.ForPostgres(connectionString, schema);
        return new PostgresStoreAdmin(connectionString, schema);
    }

    /// <summary>Says that a PostgreSQL database was put back to an earlier state: raises the generation, and fences off whoever owned it.</summary>
    /// <returns>The new generation.</returns>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>store_in_use</c>: its owner is alive; <c>store_unavailable</c>.</exception>
    public static async Task<long> RaisePostgresGenerationAsync(string connectionString, string schema, CancellationToken cancellationToken)
    {
        await using var store = new PostgresStoreAdmin(connectionString, schema);
        _ = await store.ReadInfoAsync(cancellationToken).ConfigureAwait(false);
        await using var hold = (await store.HoldAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return await store.RaiseGenerationAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads all states, page by page.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<StoredRow>> ReadAllAsync(
        this IStoreAdmin store, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        var (grain, name) = ("", "");
        while (true)
        {
            var page = await store.ReadAsync(prefix, grain, name, PageRows, cancellationToken).ConfigureAwait(false);
            if (page.Count > 0)
            {
                yield return page;
                (grain, name) = (page[^1].Grain, page[^1].Name);
            }

            if (page.Count < PageRows)
            {
                yield break;
            }
        }
    }

    /// <summary>Copies everything into an empty store. The keys are the same text in both, so a silo goes on where the other one stopped.</summary>
    /// <returns>States copied.</returns>
    /// <exception cref="Errors.FlowException"><c>store_in_use</c>, <c>already_exists</c>, <c>not_found</c>.</exception>
    public static async Task<long> CopyAsync(IStoreAdmin source, IStoreAdmin target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        var info = await source.ReadInfoAsync(cancellationToken).ConfigureAwait(false);
        await using var sourceHold = (await source.HoldAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        await using var targetHold = (await target.HoldAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        var reminders = await source.ReadRemindersAsync(cancellationToken).ConfigureAwait(false);
        return await target.FillAsync(source.ReadAllAsync("", cancellationToken), reminders, info.Generation, cancellationToken).ConfigureAwait(false);
    }
}
