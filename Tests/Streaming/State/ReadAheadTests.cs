using System.Runtime.CompilerServices;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Tests.Streaming.State;

/// <summary>Goal: reading ahead changes when items are read, and nothing else.</summary>
public sealed class ReadAheadTests : IDisposable
{
    private readonly List<Item> _made = [];
    private readonly SemaphoreSlim _madeMore = new(0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _madeMore.Dispose();

    [Fact]
    public async Task Items_ComeInOrder_EachOfThemOnce()
    {
        var read = new List<int>();
        await foreach (var item in ReadAhead.ReadAsync(MakeAsync(5, failsAt: -1, Token), Token))
        {
            using (item)
            {
                read.Add(item.Number);
            }
        }

        Assert.Equal([0, 1, 2, 3, 4], read);
        Assert.All(_made, item => Assert.Equal(1, item.DisposeCount));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task NextItem_IsMadeWhileTheCallerHasThisOne()
    {
        var read = 0;
        await foreach (var item in ReadAhead.ReadAsync(MakeAsync(3, failsAt: -1, Token), Token))
        {
            item.Dispose();
            for (var waits = item.Number switch { 0 => 2, 1 => 1, _ => 0 }; waits > 0; waits--)
            {
                await _madeMore.WaitAsync(Token);
            }

            read++;
        }

        Assert.Equal(3, read);
    }

    [Fact]
    public async Task CallerThatStops_LeavesNothingUndisposed()
    {
        await foreach (var item in ReadAhead.ReadAsync(MakeAsync(1_000, failsAt: -1, Token), Token))
        {
            item.Dispose();
            if (item.Number == 1)
            {
                break;
            }
        }

        Assert.InRange(_made.Count, 2, 3);
        Assert.All(_made, item => Assert.Equal(1, item.DisposeCount));
    }

    [Fact]
    public async Task Error_ComesBehindTheItemsBeforeIt()
    {
        var read = 0;
        var exception = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (var item in ReadAhead.ReadAsync(MakeAsync(5, failsAt: 3, Token), Token))
            {
                item.Dispose();
                read++;
            }
        });

        Assert.Equal((3, "item 3"), (read, exception.Message));
        Assert.All(_made, item => Assert.Equal(1, item.DisposeCount));
    }

    private async IAsyncEnumerable<Item> MakeAsync(int count, int failsAt, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = 0; number < count; number++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            if (number == failsAt)
            {
                throw new InvalidDataException($"item {number}");
            }

            var item = new Item(number);
            _made.Add(item);
            _madeMore.Release();
            yield return item;
        }
    }

    private sealed class Item(int number) : IDisposable
    {
        public int Number => number;

        public int DisposeCount { get; private set; }

        public void Dispose() => DisposeCount++;
    }
}
