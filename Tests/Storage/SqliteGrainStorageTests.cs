using Orleans.Storage;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Storage;

public sealed class SqliteGrainStorageTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("note", "one");
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Read_OfAGrainThatNeverWrote_GivesAFreshStateWithoutRecord()
    {
        await using var store = new StoreFixture(_folder.Database);

        var state = await store.ReadAsync(Grain);

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal("", state.State.Text);
    }

    [Fact]
    public async Task Write_AcrossARestartOfTheStore_IsReadBack()
    {
        await using (var first = new StoreFixture(_folder.Database))
        {
            await first.WriteAsync(Grain, "kept");
        }

        await using var second = new StoreFixture(_folder.Database);
        var state = await second.ReadAsync(Grain);

        Assert.True(state.RecordExists);
        Assert.Equal("kept", state.State.Text);
    }

    [Fact]
    public async Task Write_WithAStaleEtag_IsRefusedAndTheStoredStateStands()
    {
        await using var store = new StoreFixture(_folder.Database);
        await store.WriteAsync(Grain, "first");
        var mine = await store.ReadAsync(Grain);
        await store.WriteAsync(Grain, "theirs", await store.ReadAsync(Grain));

        await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync(Grain, "mine", mine));

        Assert.Equal("theirs", (await store.ReadAsync(Grain)).State.Text);
    }

    [Fact]
    public async Task Write_OfANewStateWhereOneExists_IsRefused()
    {
        await using var store = new StoreFixture(_folder.Database);
        await store.WriteAsync(Grain, "first");

        await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync(Grain, "second"));
    }

    [Fact]
    public async Task Write_ThatConflictsWithinAGroup_FailsAloneAndItsNeighboursAreKept()
    {
        await using var store = new StoreFixture(_folder.Database);
        await store.WriteAsync(Grain, "first");

        var conflicting = Enumerable.Range(0, 50).Select(_ => store.WriteAsync(Grain, "conflict")).ToList();
        var good = Enumerable.Range(0, 50).Select(index => store.WriteAsync(GrainId.Create("note", $"good-{index}"), "good")).ToList();
        await Task.WhenAll(good);

        foreach (var write in conflicting)
        {
            await Assert.ThrowsAsync<InconsistentStateException>(() => write);
        }

        Assert.Equal("first", (await store.ReadAsync(Grain)).State.Text);
        Assert.Equal("good", (await store.ReadAsync(GrainId.Create("note", "good-49"))).State.Text);
    }

    [Fact]
    public async Task Clear_RemovesTheRecordAndALaterWriteStartsAnew()
    {
        await using var store = new StoreFixture(_folder.Database);
        var state = await store.WriteAsync(Grain, "first");

        await store.Storage.ClearStateAsync("note", Grain, state);

        Assert.False((await store.ReadAsync(Grain)).RecordExists);
        await store.WriteAsync(Grain, "again", state);
        Assert.Equal("again", (await store.ReadAsync(Grain)).State.Text);
    }

    [Fact]
    public async Task TwoNamesOfOneGrain_AreTwoStates()
    {
        await using var store = new StoreFixture(_folder.Database);
        await store.WriteAsync(Grain, "note");

        Assert.False((await store.ReadAsync(Grain, "other")).RecordExists);
    }

    [Fact]
    public async Task Read_OfARowThatIsNoJson_NamesTheGrainAndKeepsTheRow()
    {
        await using (var first = new StoreFixture(_folder.Database))
        {
            await first.WriteAsync(Grain, "good");
        }

        Spoil();
        await using var second = new StoreFixture(_folder.Database);

        for (var read = 0; read < 2; read++)
        {
            var exception = await Assert.ThrowsAsync<FlowException>(() => second.ReadAsync(Grain));
            Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
            Assert.Contains(Grain.ToString(), exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Write_ToAFullStore_IsRefusedWithStoreFullAndLeavesStoredStateWhole()
    {
        await using var store = new StoreFixture(_folder.Database, options => options.PagesMax = 64);
        await store.WriteAsync(Grain, "small");

        var exception = await Assert.ThrowsAsync<FlowException>(() => store.WriteAsync(GrainId.Create("note", "large"), new string('x', 1_000_000)));

        Assert.Equal(FlowErrorCode.StoreFull, exception.Code);
        Assert.Equal("small", (await store.ReadAsync(Grain)).State.Text);
        Assert.False((await store.ReadAsync(GrainId.Create("note", "large"))).RecordExists);
        await store.WriteAsync(GrainId.Create("note", "small-too"), "fits");
    }

    [Fact]
    public async Task Write_ThatDoesNotFitIntoAGroup_FailsAloneAndItsNeighboursAreKept()
    {
        await using var store = new StoreFixture(_folder.Database, options => options.PagesMax = 64);

        var large = store.WriteAsync(GrainId.Create("note", "large"), new string('x', 1_000_000));
        var small = Enumerable.Range(0, 20).Select(index => store.WriteAsync(GrainId.Create("note", $"small-{index}"), "fits")).ToList();
        await Task.WhenAll(small);

        await Assert.ThrowsAsync<FlowException>(() => large);
    }

    public void Dispose() => _folder.Dispose();

    private void Spoil()
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE grain_state SET payload = 'no json {'";
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
