using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Schema;
using OrleansFlow.Tests.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Schema;

public sealed class PostgresStoreMigratorTests(PostgresFixture postgres)
{
    private readonly string _schema = postgres.NewSchema();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrate_OfANewStore_MakesTheTablesAndTheStoreRow()
    {
        var migrator = StoreMigrator.ForPostgres(await postgres.ConnectAsync(Cancellation), _schema);

        Assert.Null(await migrator.ReadAsync(Cancellation));
        Assert.Equal(new StoreMigrationResult(0, StoreMigrator.LatestVersion), await migrator.MigrateAsync(Cancellation));
        Assert.Equal(new StoreInfo(StoreMigrator.LatestVersion, Generation: 1, OwnerEpoch: 0), await migrator.ReadAsync(Cancellation));
        Assert.False((await migrator.MigrateAsync(Cancellation)).Changed);
    }

    [Fact]
    public async Task Migrate_ByManyAtOnce_LeavesOneWholeStore()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StoreMigrator.ForPostgres(connectionString, _schema).MigrateAsync(Cancellation)));

        Assert.All(all, result => Assert.Equal(StoreMigrator.LatestVersion, result.ToVersion));
        Assert.Equal(new StoreInfo(StoreMigrator.LatestVersion, 1, 0), await StoreMigrator.ForPostgres(connectionString, _schema).ReadAsync(Cancellation));
    }

    [Fact]
    public async Task Migrate_OnAServerWithLz4_CompressesStatesWithIt()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);
        await StoreMigrator.ForPostgres(connectionString, _schema).MigrateAsync(Cancellation);
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"""
            SELECT attcompression = 'l' OR NOT 'lz4' = ANY (SELECT unnest(enumvals) FROM pg_settings WHERE name = 'default_toast_compression')
            FROM pg_attribute WHERE attrelid = '{_schema}.grain_state'::regclass AND attname = 'payload'
            """;

        Assert.True((bool)(await command.ExecuteScalarAsync(Cancellation))!);
    }

    [Fact]
    public async Task Migrate_OfANewerStore_IsRefusedNamingBothVersions()
    {
        var connectionString = await postgres.ConnectAsync(Cancellation);
        await StoreMigrator.ForPostgres(connectionString, _schema).MigrateAsync(Cancellation);
        await PostgresSql.ExecuteAsync(connectionString, $"UPDATE {_schema}.store SET schema_version = 99", Cancellation);

        var exception = await Assert.ThrowsAsync<FlowException>(() => StoreMigrator.ForPostgres(connectionString, _schema).MigrateAsync(Cancellation));

        Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
        Assert.Contains("99", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_WithoutAServer_FailsNamingHostAndDatabaseButNotThePassword()
    {
        var exception = await Assert.ThrowsAsync<FlowException>(
            () => StoreMigrator.ForPostgres("Host=127.0.0.1;Port=1;Database=nowhere;Username=me;Password=secret-word", _schema).MigrateAsync(Cancellation));

        Assert.Equal(FlowErrorCode.StoreUnavailable, exception.Code);
        Assert.Contains("'nowhere' on 127.0.0.1:1", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("with\"quote")]
    [InlineData("")]
    public void ForPostgres_WithABadSchema_IsRefused(string schema)
    {
        var exception = Assert.Throws<FlowException>(() => StoreMigrator.ForPostgres("Host=h", schema));

        Assert.Equal(FlowErrorCode.BadOption, exception.Code);
    }
}
