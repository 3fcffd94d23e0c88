using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Storage;

public sealed class SqliteStoreOwnershipTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Open_WhileAnotherOwnsTheStore_IsRefusedNamingTheOwner()
    {
        await using var owner = new StoreFixture(_folder.Database);

        var exception = Assert.Throws<FlowException>(() => new StoreFixture(_folder.Database));

        Assert.Equal(FlowErrorCode.StoreInUse, exception.Code);
        Assert.Contains($"process {Environment.ProcessId}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_AfterTheOwnerHasGone_Succeeds()
    {
        await using (var owner = new StoreFixture(_folder.Database))
        {
        }

        await using var next = new StoreFixture(_folder.Database);
    }

    [Fact]
    public void Open_OfAFileThatIsNoDatabase_IsRefusedAndLeavesItAlone()
    {
        File.WriteAllText(_folder.Database, new string('n', 5000));

        var exception = Assert.Throws<FlowException>(() => new StoreFixture(_folder.Database));

        Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
        Assert.Equal(5000, new FileInfo(_folder.Database).Length);
    }

    [Fact]
    public async Task Open_OfANewerSchema_IsRefused()
    {
        await using (var store = new StoreFixture(_folder.Database))
        {
        }

        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.Database};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var exception = Assert.Throws<FlowException>(() => new StoreFixture(_folder.Database));

        Assert.Contains("99", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
