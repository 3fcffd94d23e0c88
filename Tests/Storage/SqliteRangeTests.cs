using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Storage;

/// <summary>The rules are <see cref="RangeReads"/>'.</summary>
public sealed class SqliteRangeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public Task Range_GivesTheStatesWhoseNamesLieInIt() => CheckAsync(RangeReads.GiveWhatLiesInTheRangeAsync);

    [Fact]
    public Task Range_GivesStatesAndEtagsThatCanBeWritten() => CheckAsync(RangeReads.GiveStatesAndEtagsAsync);

    [Fact]
    public Task Range_WithACorruptState_NamesItAndGivesTheOthers() => CheckAsync(RangeReads.NameWhatIsCorruptAsync);

    [Fact]
    public Task Range_OfManyGrainsAtOnce_GivesEachItsOwn() => CheckAsync(RangeReads.OfManyGrainsAtOnceGiveEachItsOwnAsync);

    public void Dispose() => _folder.Dispose();

    private async Task CheckAsync(Func<RowGrainStorage, Task> check)
    {
        await using var store = new StoreFixture(_folder.Database);
        await check(store.Storage);
    }
}
