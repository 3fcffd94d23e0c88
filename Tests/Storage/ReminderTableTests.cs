namespace OrleansFlow.Tests.Storage;

/// <summary>What every reminder table keeps, whatever store is beneath it.</summary>
public abstract class ReminderTableTests
{
    private static readonly DateTime StartUtc = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public async Task Upsert_AcrossARestartOfTheStore_IsReadBack()
    {
        var grain = GrainId.Create("run", "one");
        await using (var first = await OpenAsync())
        {
            await first.Table.UpsertRow(Entry(grain, "wake"));
        }

        await using var second = await OpenAsync();
        var entry = await second.Table.ReadRow(grain, "wake");

        Assert.Equal(grain, entry.GrainId);
        Assert.Equal(StartUtc, entry.StartAt);
        Assert.Equal(TimeSpan.FromMinutes(1), entry.Period);
    }

    [Fact]
    public async Task Remove_WithAnOldEtag_DoesNothing()
    {
        await using var store = await OpenAsync();
        var table = store.Table;
        var grain = GrainId.Create("run", "one");
        var old = await table.UpsertRow(Entry(grain, "wake"));
        var current = await table.UpsertRow(Entry(grain, "wake"));

        Assert.NotEqual(old, current);
        Assert.False(await table.RemoveRow(grain, "wake", old));
        Assert.True(await table.RemoveRow(grain, "wake", current));
        Assert.Null(await table.ReadRow(grain, "wake"));
    }

    [Fact]
    public async Task ReadRows_OfComplementaryRanges_FindsEachReminderOnce()
    {
        await using var store = await OpenAsync();
        var table = store.Table;
        for (var index = 0; index < 40; index++)
        {
            await table.UpsertRow(Entry(GrainId.Create("run", $"r{index}"), "wake"));
        }

        var inside = await table.ReadRows(0x4000_0000, 0xC000_0000);
        var outside = await table.ReadRows(0xC000_0000, 0x4000_0000);
        var whole = await table.ReadRows(7, 7);

        Assert.Equal(40, inside.Reminders.Count + outside.Reminders.Count);
        Assert.Empty(inside.Reminders.Select(entry => entry.GrainId).Intersect(outside.Reminders.Select(entry => entry.GrainId)));
        Assert.Equal(40, whole.Reminders.Count);
    }

    [Fact]
    public async Task ReadRows_OfAGrain_GivesOnlyItsOwn()
    {
        await using var store = await OpenAsync();
        var table = store.Table;
        await table.UpsertRow(Entry(GrainId.Create("run", "one"), "a"));
        await table.UpsertRow(Entry(GrainId.Create("run", "one"), "b"));
        await table.UpsertRow(Entry(GrainId.Create("run", "two"), "a"));

        var rows = await table.ReadRows(GrainId.Create("run", "one"));

        Assert.Equal(["a", "b"], rows.Reminders.Select(entry => entry.ReminderName).Order());
    }

    [Fact]
    public async Task Clear_DeletesEveryReminder()
    {
        await using var store = await OpenAsync();
        await store.Table.UpsertRow(Entry(GrainId.Create("run", "one"), "a"));

        await store.Table.TestOnlyClearTable();

        Assert.Empty((await store.Table.ReadRows(7, 7)).Reminders);
    }

    /// <summary>Opens the store of this test, the same one each time.</summary>
    private protected abstract Task<OpenTable> OpenAsync();

    private static ReminderEntry Entry(GrainId grain, string name) =>
        new() { GrainId = grain, ReminderName = name, StartAt = StartUtc, Period = TimeSpan.FromMinutes(1) };

    /// <summary>A table and the store to close after it.</summary>
    private protected sealed class OpenTable(IReminderTable table, IAsyncDisposable store) : IAsyncDisposable
    {
        public IReminderTable Table => table;

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
