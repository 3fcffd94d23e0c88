using OrleansFlow.Errors;
using OrleansFlow.Storage.Admin;
using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Tests.Storage.Admin;

public sealed class StoreCopyTests(PostgresFixture postgres) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _schema = postgres.NewSchema();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Copy_ToPostgresAndBack_KeepsEveryStateReminderVersionAndGeneration()
    {
        var connection = await postgres.ConnectAsync(Cancellation);
        await using (var store = new StoreFixture(_folder.Database))
        {
            for (var index = 0; index < 1_203; index++)
            {
                await store.WriteAsync(GrainId.Create("note", $"n{index}"), $"text {index} ü");
            }

            await store.WriteAsync(GrainId.Create("note", "n0"), "twice", await store.ReadAsync(GrainId.Create("note", "n0")));
            await new SqliteReminderTable(store.Store).UpsertRow(new ReminderEntry
            {
                GrainId = GrainId.Create("run", "one"), ReminderName = "wake", StartAt = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), Period = TimeSpan.FromMinutes(1),
            });
        }

        var backup = Path.Combine(_folder.Path, "backup.db");
        SqliteBackup.Backup(_folder.Database, backup);
        SqliteBackup.Restore(_folder.Database, backup);
        var returned = Path.Combine(_folder.Path, "returned.db");
        await using var first = StoreAdmin.ForSqlite(_folder.Database);
        await using var middle = StoreAdmin.ForPostgres(connection, _schema);
        await using var last = StoreAdmin.ForSqlite(returned);

        Assert.Equal(1_203, await StoreAdmin.CopyAsync(first, middle, Cancellation));
        Assert.Equal(1_203, await StoreAdmin.CopyAsync(middle, last, Cancellation));

        Assert.Equal(await RowsAsync(first), await RowsAsync(middle));
        Assert.Equal(await RowsAsync(first), await RowsAsync(last));
        Assert.Equal(await first.ReadRemindersAsync(Cancellation), await last.ReadRemindersAsync(Cancellation));
        Assert.Equal((2L, 2L), ((await middle.ReadInfoAsync(Cancellation)).Generation, (await last.ReadInfoAsync(Cancellation)).Generation));
        Assert.Equal(FlowErrorCode.AlreadyExists, (await Assert.ThrowsAsync<FlowException>(() => StoreAdmin.CopyAsync(first, middle, Cancellation))).Code);
        Assert.Equal(3, await StoreAdmin.RaisePostgresGenerationAsync(connection, _schema, Cancellation));
    }

    [Fact]
    public async Task Copy_WhileASiloOwnsTheSource_IsRefused()
    {
        var connection = await postgres.ConnectAsync(Cancellation);
        await using var owner = new StoreFixture(_folder.Database);
        await using var source = StoreAdmin.ForSqlite(_folder.Database);
        await using var target = StoreAdmin.ForPostgres(connection, _schema);

        Assert.Equal(FlowErrorCode.StoreInUse, (await Assert.ThrowsAsync<FlowException>(() => StoreAdmin.CopyAsync(source, target, Cancellation))).Code);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<List<StoredRow>> RowsAsync(IStoreAdmin store)
    {
        var rows = new List<StoredRow>();
        await foreach (var page in store.ReadAllAsync("", Cancellation))
        {
            rows.AddRange(page);
        }

        return rows;
    }
}
