using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Sequences;

public sealed class SequenceTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    private ISequenceGrain Grain => _cluster.Client.GetGrain<ISequenceGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(silos: 1, clock: _clock);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory(Timeout = 30_000)]
    [InlineData(0, 100)]
    [InlineData(1, 100)]
    [InlineData(99, 100)]
    [InlineData(100, 100)]
    [InlineData(101, 100)]
    [InlineData(1000, 100)]
    [InlineData(10, 1)]
    public async Task Sequence_ArrivesWholeAndInOrder(int count, int batchSize)
    {
        var numbers = new List<int>();
        await foreach (var number in Grain.CountPlainAsync(count).WithBatchSize(batchSize))
        {
            numbers.Add(number);
        }

        Assert.Equal(Enumerable.Range(0, count), numbers);
        Assert.Equal(0, await Grain.ActiveAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Sequence_ReadTwice_IsTwoCalls()
    {
        var sequence = Grain.CountPlainAsync(5);

        Assert.Equal(5, await sequence.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(5, await sequence.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["ended", "ended"], await Grain.NotesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Sequence_ThatFails_GivesItsElementsFirst()
    {
        var numbers = new List<int>();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var number in Grain.FailAfterAsync(3))
            {
                numbers.Add(number);
            }
        });

        Assert.Equal("as asked", exception.Message);
        Assert.Equal([0, 1, 2], numbers);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reader_ThatLeavesEarly_EndsTheIterator()
    {
        await foreach (var number in Grain.HoldAfterAsync(3, _key, CancellationToken.None))
        {
            if (number == 1)
            {
                break;
            }
        }

        Assert.Equal(0, await Grain.ActiveAsync());
        Assert.Single(await Grain.NotesAsync());
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancellation_EndsTheIterator(bool byMethodToken)
    {
        using var cancellation = new CancellationTokenSource();
        var sequence = Grain.HoldAfterAsync(2, _key, byMethodToken ? cancellation.Token : CancellationToken.None);
        var seen = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var number in byMethodToken ? sequence : Cancellable(sequence, cancellation.Token))
            {
                if (++seen == 2)
                {
                    cancellation.CancelAfterEntered(_key);
                }
            }
        });

        Assert.Equal(2, seen);
        Assert.Equal(0, await Grain.ActiveAsync());
        Assert.Equal(["cancelled"], await Grain.NotesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Sequence_InterleavesWithRequests_AndHasNoTimeout()
    {
        var numbers = new List<int>();
        var reading = ReadAsync(async () =>
        {
            await foreach (var number in Grain.HoldAfterAsync(1, _key, CancellationToken.None))
            {
                numbers.Add(number);
            }
        });
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        Assert.Equal("quick", await Grain.QuickAsync());
        _clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal("quick", await Grain.QuickAsync());
        Gates.Open(_key);
        await reading;

        Assert.Equal([0, -1], numbers);
    }

    [Fact(Timeout = 30_000)]
    public async Task Deactivation_AbortsTheReader()
    {
        var reading = ReadAsync(async () =>
        {
            await foreach (var number in Grain.HoldAfterAsync(1, _key, CancellationToken.None))
            {
                // Only the waiting matters.
            }
        });
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        await Grain.DeactivateAsync();

        await Assert.ThrowsAsync<EnumerationAbortedException>(() => reading);
        Assert.Equal("quick", await Grain.QuickAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Kill_AbortsTheReader()
    {
        await _cluster.StartAdditionalSiloAsync();
        var reading = ReadAsync(async () =>
        {
            await foreach (var number in Grain.HoldAfterAsync(1, _key, CancellationToken.None))
            {
                // Only the waiting matters.
            }
        });
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 1);

        foreach (var silo in _cluster.Silos.Where(Hosts).ToList())
        {
            await _cluster.KillSiloAsync(silo);
        }

        // The second when the reader asks for more only after the kill, which a new activation answers.
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => reading);
        Assert.True(failure is SiloUnavailableException or EnumerationAbortedException, failure.ToString());
        Assert.Equal("quick", await Grain.QuickAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Elements_AreCopied()
    {
        var counts = new List<Tally>();
        await foreach (var tally in Grain.SharedAsync(5))
        {
            counts.Add(tally);
        }

        Assert.Equal([0, 1, 2, 3, 4], counts.Select(tally => tally.Count));
    }

    private static async IAsyncEnumerable<int> Cancellable(
        IAsyncEnumerable<int> sequence, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var number in sequence.WithCancellation(cancellationToken))
        {
            yield return number;
        }
    }

    // On the thread pool, so that no test context is captured.
    private static Task ReadAsync(Func<Task> read) => Task.Run(read);

    private bool Hosts(InProcessSiloHandle silo) =>
        _cluster.TryGetGrainContext(Grain.GetGrainId(), out var context) && context.Address.SiloAddress!.Equals(silo.SiloAddress);
}

internal static class CancellationExtensions
{
    /// <summary>Cancels once a grain waits at a gate.</summary>
    public static void CancelAfterEntered(this CancellationTokenSource cancellation, string gate) => _ = Task.Run(async () =>
    {
        await TestClusters.UntilAsync(() => Gates.EnteredCount(gate) > 0);
        await cancellation.CancelAsync();
    });
}
