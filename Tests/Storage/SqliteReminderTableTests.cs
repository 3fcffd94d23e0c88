using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Tests.Storage;

public sealed class SqliteReminderTableTests : ReminderTableTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private protected override Task<OpenTable> OpenAsync()
    {
        var store = new StoreFixture(_folder.Database);
        return Task.FromResult(new OpenTable(new SqliteReminderTable(store.Store), store));
    }
}
