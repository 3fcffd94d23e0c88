using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Schema;

namespace OrleansFlow.Tests.Storage.Schema;

public sealed class SqliteStoreMigratorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrate_OfANewStore_MakesTheTablesAndTheStoreRow()
    {
        var migrator = StoreMigrator.ForSqlite(_folder.Database);

        Assert.Null(await migrator.ReadAsync(Cancellation));
        Assert.Equal(new StoreMigrationResult(0, StoreMigrator.LatestVersion), await migrator.MigrateAsync(Cancellation));
        Assert.Equal(new StoreInfo(StoreMigrator.LatestVersion, Generation: 1, OwnerEpoch: 0), await migrator.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task Migrate_Twice_ChangesNothing()
    {
        var migrator = StoreMigrator.ForSqlite(_folder.Database);
        await migrator.MigrateAsync(Cancellation);

        Assert.False((await migrator.MigrateAsync(Cancellation)).Changed);
    }

    [Fact]
    public async Task Migrate_ByManyAtOnce_LeavesOneWholeStore()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => StoreMigrator.ForSqlite(_folder.Database).MigrateAsync(Cancellation))));

        Assert.All(all, result => Assert.Equal(StoreMigrator.LatestVersion, result.ToVersion));
        Assert.Equal(new StoreInfo(StoreMigrator.LatestVersion, 1, 0), await StoreMigrator.ForSqlite(_folder.Database).ReadAsync(Cancellation));
    }

    [Fact]
    public async Task Migrate_OfAVersion1Store_KeepsItsRowsAndAddsTheStoreRow()
    {
        Execute(
            """
            CREATE TABLE grain_state (grain TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (grain, name));
            CREATE TABLE reminder (
                grain TEXT NOT NULL, name TEXT NOT NULL, hash INTEGER NOT NULL, start_ticks INTEGER NOT NULL, period_ticks INTEGER NOT NULL,
                etag TEXT NOT NULL, PRIMARY KEY (grain, name));
            INSERT INTO grain_state VALUES ('note/one', 'note', 7, '{"text":"kept"}');
            PRAGMA user_version = 1;
            """);

        var result = await StoreMigrator.ForSqlite(_folder.Database).MigrateAsync(Cancellation);

        Assert.Equal(1, result.FromVersion);
        await using var store = new StoreFixture(_folder.Database);
        Assert.Equal("kept", (await store.ReadAsync(GrainId.Create("note", "one"))).State.Text);
    }

    [Fact]
    public async Task Open_RaisesTheOwnerEpochEachTime()
    {
        for (var opened = 1; opened <= 2; opened++)
        {
            await using var store = new StoreFixture(_folder.Database);
            Assert.Equal(opened, (await StoreMigrator.ForSqlite(_folder.Database).ReadAsync(Cancellation))!.OwnerEpoch);
        }
    }

    [Fact]
    public async Task Migrate_OfANewerStore_IsRefusedNamingBothVersions()
    {
        Execute("PRAGMA user_version = 99");

        var exception = await Assert.ThrowsAsync<FlowException>(() => StoreMigrator.ForSqlite(_folder.Database).MigrateAsync(Cancellation));

        Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
        Assert.Contains("99", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Execute(string sql)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={_folder.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Literals of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
