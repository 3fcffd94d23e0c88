using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Tests.Storage;

public sealed class SqliteReminderTableTests : IDisposable
{
    private static readonly DateTime StartUtc = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Upsert_AcrossARestartOfTheStore_IsReadBack()
    {
        var grain = GrainId.Create("run", "one");
        await using (var first = new StoreFixture(_folder.Database))
        {
            await new SqliteReminderTable(first.Store).UpsertRow(Entry(grain, "wake"));
        }

        await using var second = new StoreFixture(_folder.Database);
        var entry = await new SqliteReminderTable(second.Store).ReadRow(grain, "wake");

        Assert.Equal(grain, entry.GrainId);
        Assert.Equal(StartUtc, entry.StartAt);
        Assert.Equal(TimeSpan.FromMinutes(1), entry.Period);
    }

    [Fact]
    public async Task Remove_WithAnOldEtag_DoesNothing()
    {
        await using var store = new StoreFixture(_folder.Database);
        var table = new SqliteReminderTable(store.Store);
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
        await using var store = new StoreFixture(_folder.Database);
        var table = new SqliteReminderTable(store.Store);
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
        await using var store = new StoreFixture(_folder.Database);
        var table = new SqliteReminderTable(store.Store);
        await table.UpsertRow(Entry(GrainId.Create("run", "one"), "a"));
        await table.UpsertRow(Entry(GrainId.Create("run", "one"), "b"));
        await table.UpsertRow(Entry(GrainId.Create("run", "two"), "a"));

        var rows = await table.ReadRows(GrainId.Create("run", "one"));

        Assert.Equal(["a", "b"], rows.Reminders.Select(entry => entry.ReminderName).Order());
    }

    public void Dispose() => _folder.Dispose();

    private static ReminderEntry Entry(GrainId grain, string name) =>
        new() { GrainId = grain, ReminderName = name, StartAt = StartUtc, Period = TimeSpan.FromMinutes(1) };
}
