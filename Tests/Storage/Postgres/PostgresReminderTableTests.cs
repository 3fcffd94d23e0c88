using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Postgres;

public sealed class PostgresReminderTableTests(PostgresFixture postgres) : ReminderTableTests
{
    private readonly string _schema = postgres.NewSchema();

    private protected override async Task<OpenTable> OpenAsync()
    {
        var store = await PostgresStoreFixture.OpenAsync(await postgres.ConnectAsync(TestContext.Current.CancellationToken), _schema);
        return new OpenTable(new PostgresReminderTable(store.Store), store);
    }
}
