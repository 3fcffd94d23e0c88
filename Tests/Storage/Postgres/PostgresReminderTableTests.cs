using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Postgres;

public sealed class PostgresReminderTableTests(PostgresFixture postgres)
{
    private static readonly DateTime StartUtc = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly string _schema = postgres.NewSchema();

    [Fact]
    public async Task Upsert_AcrossARestartOfTheStore_IsReadBack()
    {
        var grain = GrainId.Create("run", "one");
        await using (var first = await OpenAsync())
        {
            await new PostgresReminderTable(first.Store).UpsertRow(Entry(grain, "wake"));
        }

        await using var second = await OpenAsync();
        var entry = await new PostgresReminderTable(second.Store).ReadRow(grain, "wake");

        Assert.Equal(grain, entry.GrainId);
        Assert.Equal(StartUtc, entry.StartAt);
        Assert.Equal(TimeSpan.FromMinutes(1), entry.Period);
    }

    [Fact]
    public async Task Remove_WithAnOldEtag_DoesNothing()
    {
        await using var store = await OpenAsync();
        var table = new PostgresReminderTable(store.Store);
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
        var table = new PostgresReminderTable(store.Store);
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
        var table = new PostgresReminderTable(store.Store);
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
        var table = new PostgresReminderTable(store.Store);
        await table.UpsertRow(Entry(GrainId.Create("run", "one"), "a"));

        await table.TestOnlyClearTable();

        Assert.Empty((await table.ReadRows(7, 7)).Reminders);
    }

    private async Task<PostgresStoreFixture> OpenAsync() =>
        await PostgresStoreFixture.OpenAsync(await postgres.ConnectAsync(TestContext.Current.CancellationToken), _schema);

    private static ReminderEntry Entry(GrainId grain, string name) =>
        new() { GrainId = grain, ReminderName = name, StartAt = StartUtc, Period = TimeSpan.FromMinutes(1) };
}
