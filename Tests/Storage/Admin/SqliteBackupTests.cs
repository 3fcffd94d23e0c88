using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;
using OrleansFlow.Storage;
using OrleansFlow.Storage.Admin;

namespace OrleansFlow.Tests.Storage.Admin;

public sealed class SqliteBackupTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("note", "one");
    private readonly TemporaryFolder _folder = new();

    private string Copy => Path.Combine(_folder.Path, "copy.db");

    [Fact]
    public async Task Backup_WhileTheStoreIsWritten_HoldsWholeBatchesOnly()
    {
        await using (var store = new StoreFixture(_folder.Database))
        {
            using var stop = new CancellationTokenSource();
            var first = new TaskCompletionSource();
            var writing = Task.Run(
                async () =>
                {
                    var etags = new string?[2];
                    for (var number = 0; !stop.IsCancellationRequested; number++)
                    {
                        var text = new Note { Text = new string('x', 5_000) + number };
                        GrainStateChange[] changes = [new("a", typeof(Note), text, etags[0]), new("b", typeof(Note), text, etags[1])];
                        await store.Storage.WriteAsync(Grain.ToString(), changes, CancellationToken.None);
                        etags = [.. changes.Select(change => change.NextETag)];
                        first.TrySetResult();
                    }
                },
                TestContext.Current.CancellationToken);
            await first.Task;
            SqliteBackup.Backup(_folder.Database, Copy);
            await stop.CancelAsync();
            await writing;
        }

        await using var backup = new StoreFixture(Copy);
        var text = (await backup.ReadAsync(Grain, "a")).State.Text;
        Assert.NotEmpty(text);
        Assert.Equal(text, (await backup.ReadAsync(Grain, "b")).State.Text);
    }

    [Fact]
    public async Task Backup_OntoAFileThatExists_IsRefusedAndLeavesIt()
    {
        await using var store = new StoreFixture(_folder.Database);
        await File.WriteAllTextAsync(Copy, "mine", TestContext.Current.CancellationToken);

        Assert.Equal(FlowErrorCode.AlreadyExists, Assert.Throws<FlowException>(() => SqliteBackup.Backup(_folder.Database, Copy)).Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(Copy, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Backup_OfNoStore_NamesThePath() =>
        Assert.Contains(_folder.Database, Assert.Throws<FlowException>(() => SqliteBackup.Backup(_folder.Database, Copy)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Restore_WhileASiloOwnsTheStore_IsRefused()
    {
        await using var store = new StoreFixture(_folder.Database);
        SqliteBackup.Backup(_folder.Database, Copy);

        Assert.Equal(FlowErrorCode.StoreInUse, Assert.Throws<FlowException>(() => SqliteBackup.Restore(_folder.Database, Copy)).Code);
    }

    [Fact]
    public async Task Restore_PutsTheBackupBackAndRaisesTheGenerationAboveEveryEarlierOne()
    {
        await using (var store = new StoreFixture(_folder.Database))
        {
            var state = await store.WriteAsync(Grain, "before");
            SqliteBackup.Backup(_folder.Database, Copy);
            await store.WriteAsync(Grain, "after", state);
        }

        Assert.Equal(2, SqliteBackup.Restore(_folder.Database, Copy));
        await using (var restored = new StoreFixture(_folder.Database))
        {
            Assert.Equal(("before", 2L), ((await restored.ReadAsync(Grain)).State.Text, restored.Store.Generation));
            await restored.WriteAsync(GrainId.Create("note", "two"), "of generation 2");
        }

        // The same backup again: it knows of no generation 2, the store does.
        Assert.Equal(3, SqliteBackup.Restore(_folder.Database, Copy));
        Assert.Equal(9, SqliteBackup.Restore(_folder.Database, Copy, generation: 9));
        await using (var replaced = new StoreFixture(_folder.Database + SqliteBackup.ReplacedEnding))
        {
            Assert.Equal(3, replaced.Store.Generation);
        }

        // A restore that died between its two moves left no store, only the replaced one.
        File.Delete(_folder.Database);
        Assert.Equal(4, SqliteBackup.Restore(_folder.Database, Copy));
    }

    [Fact]
    public async Task Restore_OfWhatIsNoBackup_LeavesTheStoreAsItIs()
    {
        await using (var store = new StoreFixture(_folder.Database))
        {
            await store.WriteAsync(Grain, "kept");
        }

        await File.WriteAllTextAsync(Copy, new string('n', 5_000), TestContext.Current.CancellationToken);
        Assert.Equal(FlowErrorCode.StateCorrupt, Assert.Throws<FlowException>(() => SqliteBackup.Restore(_folder.Database, Copy)).Code);
        Assert.Equal(FlowErrorCode.NotFound, Assert.Throws<FlowException>(() => SqliteBackup.Restore(_folder.Database, Copy + "2")).Code);

        await using var same = new StoreFixture(_folder.Database);
        Assert.Equal(("kept", 1L), ((await same.ReadAsync(Grain)).State.Text, same.Store.Generation));
    }

    [Fact]
    public async Task Read_ByPrefixAndPage_GivesEveryRowOnceInOrder()
    {
        await using var store = new StoreFixture(_folder.Database);
        foreach (var key in (string[])["b", "a", "c"])
        {
            await store.WriteAsync(GrainId.Create("note", key), key);
            await store.WriteAsync(GrainId.Create("other", key), key);
        }

        await using var admin = StoreAdmin.ForSqlite(_folder.Database);
        var first = await admin.ReadAsync("note/", "", "", 2, TestContext.Current.CancellationToken);
        var second = await admin.ReadAsync("note/", first[^1].Grain, first[^1].Name, 2, TestContext.Current.CancellationToken);

        Assert.Equal(["note/a", "note/b"], first.Select(row => row.Grain));
        Assert.Equal(["note/c"], second.Select(row => row.Grain));
        Assert.Equal("""{"text":"c"}""", second[0].Payload);
    }

    [Fact]
    public async Task State_OfAnUnknownVersion_FailsAloneNamingKeyAndReasonAndItsRowIsKept()
    {
        await using (var store = new StoreFixture(_folder.Database))
        {
            await store.WriteAsync(Grain, "old");
            await store.WriteAsync(GrainId.Create("note", "two"), "fine");
        }

        await using (var connection = new SqliteConnection($"Data Source={_folder.Database};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = """UPDATE grain_state SET payload = '{"format":7,"text":"new"}' WHERE grain = 'note/one'""";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var again = new StoreFixture(_folder.Database);
        var exception = await Assert.ThrowsAsync<FlowException>(() => again.ReadAsync(Grain));
        Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
        Assert.Contains("note/one", exception.Message, StringComparison.Ordinal);
        Assert.Contains("format 7 is not known", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<Orleans.Storage.InconsistentStateException>(() => again.WriteAsync(Grain, "overwritten"));
        Assert.Equal("fine", (await again.ReadAsync(GrainId.Create("note", "two"))).State.Text);
        await using var admin = StoreAdmin.ForSqlite(_folder.Database);
        Assert.Contains("new", (await admin.ReadAsync("note/one", "", "", 1, TestContext.Current.CancellationToken))[0].Payload, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
