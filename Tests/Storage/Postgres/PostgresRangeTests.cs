using OrleansFlow.Errors;
using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Storage.Postgres;

/// <summary>The rules are <see cref="RangeReads"/>'.</summary>
public sealed class PostgresRangeTests(PostgresFixture postgres)
{
    private readonly string _schema = postgres.NewSchema();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Range_GivesTheStatesWhoseNamesLieInIt() => CheckAsync(RangeReads.GiveWhatLiesInTheRangeAsync);

    [Fact]
    public Task Range_GivesStatesAndEtagsThatCanBeWritten() => CheckAsync(RangeReads.GiveStatesAndEtagsAsync);

    [Fact]
    public Task Range_WithACorruptState_NamesItAndGivesTheOthers() => CheckAsync(RangeReads.NameWhatIsCorruptAsync);

    [Fact]
    public Task Range_OfManyGrainsAtOnce_GivesEachItsOwn() => CheckAsync(RangeReads.OfManyGrainsAtOnceGiveEachItsOwnAsync);

    [Fact]
    public Task Read_ThatTheServerRefuses_FailsAloneAmongManyOthers() => CheckAsync(async storage =>
    {
        await storage.WriteAsync("note/one", [new GrainStateChange("a", typeof(Note), new Note { Text = "1" }, null)], Cancellation);

        // A text of this server cannot hold U+0000.
        var refused = Enumerable.Range(0, 3).Select(_ => storage.ReadRangeAsync("note/one", "\0", "b", 10, Cancellation)).ToList();
        var others = Enumerable.Range(0, 300).Select(_ => storage.ReadRangeAsync("note/one", "a", "b", 10, Cancellation)).ToList();

        foreach (var read in refused)
        {
            Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(() => read)).Code);
        }

        foreach (var read in others)
        {
            Assert.Equal("1", Assert.Single(await read).Read<Note>().Text);
        }
    });

    private async Task CheckAsync(Func<RowGrainStorage, Task> check)
    {
        await using var store = await PostgresStoreFixture.OpenAsync(await postgres.ConnectAsync(Cancellation), _schema);
        await check(store.Storage);
    }
}
