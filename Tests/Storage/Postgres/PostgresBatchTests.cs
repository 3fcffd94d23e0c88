using Orleans.Storage;
using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Storage.Postgres;

public sealed class PostgresBatchTests(PostgresFixture postgres)
{
    private static readonly GrainId Grain = GrainId.Create("note", "one");
    private readonly string _schema = postgres.NewSchema();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteAsync_InsertsUpdatesAndDeletesTogether()
    {
        await using var store = await OpenAsync();
        GrainStateChange[] first = [Change("head", "h1", null), Change("part-0", "p0", null), Change("part-1", "p1", null)];
        await store.Storage.WriteAsync(Grain.ToString(), first, Cancellation);
        GrainStateChange[] second = [Change("head", "h2", first[0].NextETag), Change("part-0", null, first[1].NextETag), Change("part-2", "p2", null), Change("never", null, null)];

        await store.Storage.WriteAsync(Grain.ToString(), second, Cancellation);

        Assert.Equal("h2", (await store.ReadAsync(Grain, "head")).State.Text);
        Assert.False((await store.ReadAsync(Grain, "part-0")).RecordExists);
        Assert.Equal("p1", (await store.ReadAsync(Grain, "part-1")).State.Text);
        Assert.Equal((await store.ReadAsync(Grain, "part-2")).ETag, second[2].NextETag);
        Assert.Equal((await store.ReadAsync(Grain, "head")).ETag, second[0].NextETag);
        Assert.Null(second[1].NextETag);
    }

    [Fact]
    public async Task WriteAsync_WithOneStaleEtag_ChangesNothingAndItsNeighboursAreKept()
    {
        await using var store = await OpenAsync();
        GrainStateChange[] first = [Change("head", "h1", null), Change("part", "p1", null)];
        await store.Storage.WriteAsync(Grain.ToString(), first, Cancellation);

        var stale = Enumerable.Range(0, 5).Select(_ => store.Storage.WriteAsync(
            Grain.ToString(), [Change("head", "h2", first[0].NextETag), Change("part", "p2", "7"), Change("new", "n", null)], Cancellation)).ToList();
        var good = Enumerable.Range(0, 20).Select(index => store.Storage.WriteAsync(
            $"note/{index}", [Change("head", "h", null), Change("part", "p", null)], Cancellation)).ToList();
        await Task.WhenAll(good);

        foreach (var write in stale)
        {
            await Assert.ThrowsAsync<InconsistentStateException>(() => write);
        }

        Assert.Equal("h1", (await store.ReadAsync(Grain, "head")).State.Text);
        Assert.False((await store.ReadAsync(Grain, "new")).RecordExists);
        Assert.Equal("p", (await store.ReadAsync(GrainId.Create("note", "19"), "part")).State.Text);
    }

    [Fact]
    public async Task WriteAsync_WithNothing_DoesNothing()
    {
        await using var store = await OpenAsync();

        await store.Storage.WriteAsync(Grain.ToString(), [], Cancellation);
    }

    private static GrainStateChange Change(string name, string? text, string? etag) =>
        new(name, typeof(Note), text is null ? null : new Note { Text = text }, etag);

    private async Task<PostgresStoreFixture> OpenAsync() => await PostgresStoreFixture.OpenAsync(await postgres.ConnectAsync(Cancellation), _schema);
}
