namespace OrleansFlow.Tests.Embedded.Remote;

public sealed class RemoteSequenceTests : IAsyncLifetime
{
    private readonly string _key = Guid.NewGuid().ToString("N");
    private RemoteCluster _cluster = null!;

    private IRemoteTestGrain Grain => _cluster.Client.GetGrain<IRemoteTestGrain>(_key);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await RemoteCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory(Timeout = 30_000)]
    [InlineData(0, 100)]
    [InlineData(1, 100)]
    [InlineData(100, 100)]
    [InlineData(101, 100)]
    [InlineData(1000, 7)]
    [InlineData(10, 1)]
    public async Task Sequence_ArrivesWholeAndInOrder(int count, int batchSize)
    {
        var numbers = new List<int>();
        await foreach (var number in Grain.NumbersAsync(count, -1, CancellationToken).WithBatchSize(batchSize))
        {
            numbers.Add(number);
        }

        Assert.Equal(Enumerable.Range(0, count), numbers);
        Assert.Equal(0, await Grain.OpenSequencesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Sequence_OfRecords_TakesArguments()
    {
        var names = new List<string>();
        await foreach (var order in Grain.OrdersAsync("n", 3))
        {
            names.Add(order.Name + order.Amounts.Single());
        }

        Assert.Equal(["n00", "n11", "n22"], names);
    }

    [Fact(Timeout = 30_000)]
    public async Task Sequence_ThatFails_GivesItsElementsFirst()
    {
        var numbers = new List<int>();
        var failure = await Assert.ThrowsAsync<OutOfStockException>(async () =>
        {
            await foreach (var number in Grain.NumbersAsync(20, 13, CancellationToken))
            {
                numbers.Add(number);
            }
        });

        Assert.Equal(7, failure.Missing);
        Assert.Equal(Enumerable.Range(0, 13), numbers);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reader_ThatLeavesEarly_EndsTheIterator()
    {
        await foreach (var number in Grain.NumbersAsync(1000, -1, CancellationToken).WithBatchSize(10))
        {
            if (number == 15)
            {
                break;
            }
        }

        Assert.Equal(0, await Grain.OpenSequencesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Reader_WhoseConnectionBreaks_GetsAnError_AndTheIteratorEnds()
    {
        await using var reader = Grain.NumbersAsync(1000, -1, CancellationToken.None).WithBatchSize(10).GetAsyncEnumerator(CancellationToken);
        Assert.True(await reader.MoveNextAsync());

        _cluster.Gateway.Break("the cable was pulled");

        await RemoteSignals.ReachedAsync(_key + "sequence");
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
            }
        });
    }
}
