using Orleans.Storage;
using OrleansFlow.Errors;
using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Storage;

public sealed class SqliteBatchTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("note", "one");
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Batch_OfNewChangedAndDeletedStates_AppliesAll()
    {
        await using var store = new StoreFixture(_folder.Database);
        var first = await WriteAsync(store, ("a", "1", null), ("b", "1", null));
        var second = await WriteAsync(store, ("a", "2", first[0].NextETag), ("b", null, first[1].NextETag), ("c", "2", null));

        Assert.Equal(["2", "", "2"], [await TextAsync(store, "a"), await TextAsync(store, "b"), await TextAsync(store, "c")]);
        Assert.Null(second[1].NextETag);
        await WriteAsync(store, ("a", "3", second[0].NextETag), ("b", "3", null));
        Assert.Equal("3", await TextAsync(store, "b"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Batch_WithAStaleEtagAnywhere_ChangesNothingAndItsNeighboursAreKept(int stale)
    {
        await using var store = new StoreFixture(_folder.Database);
        var first = await WriteAsync(store, ("a", "1", null), ("b", "1", null), ("c", "1", null));

        var neighbours = Enumerable.Range(0, 20).Select(index => store.WriteAsync(GrainId.Create("note", $"n{index}"), "kept")).ToList();
        var refused = WriteAsync(store, [.. first.Select((change, index) => (change.Name, "2", index == stale ? "7" : change.NextETag))]);
        await Assert.ThrowsAsync<InconsistentStateException>(() => refused);
        await Task.WhenAll(neighbours);

        Assert.Equal(["1", "1", "1"], [await TextAsync(store, "a"), await TextAsync(store, "b"), await TextAsync(store, "c")]);
        Assert.Equal("kept", (await store.ReadAsync(GrainId.Create("note", "n19"))).State.Text);
    }

    [Fact]
    public async Task Batch_ThatDoesNotFit_ChangesNothing()
    {
        await using var store = new StoreFixture(_folder.Database, options => options.PagesMax = 64);
        var first = await WriteAsync(store, ("a", "1", null));

        var exception = await Assert.ThrowsAsync<FlowException>(() => WriteAsync(store, ("a", "2", first[0].NextETag), ("b", new string('x', 1_000_000), null)));

        Assert.Equal(FlowErrorCode.StoreFull, exception.Code);
        Assert.Equal("1", await TextAsync(store, "a"));
    }

    [Fact]
    public async Task State_OfTenMegabytes_IsWrittenBesideSmallOnesAndReadBack()
    {
        await using var store = new StoreFixture(_folder.Database);
        var text = new string('x', 10 * 1024 * 1024);

        var large = store.WriteAsync(Grain, text);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(index => store.WriteAsync(GrainId.Create("note", $"n{index}"), "small")));
        await large;

        Assert.Equal(text, (await store.ReadAsync(Grain)).State.Text);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> TextAsync(StoreFixture store, string name) => (await store.ReadAsync(Grain, name)).State.Text;

    private static async Task<List<GrainStateChange>> WriteAsync(StoreFixture store, params (string Name, string? Text, string? Etag)[] states)
    {
        var changes = states.Select(state => new GrainStateChange(state.Name, typeof(Note), state.Text is { } text ? new Note { Text = text } : null, state.Etag)).ToList();
        await store.Storage.WriteAsync(Grain.ToString(), changes, CancellationToken.None);
        return changes;
    }
}
