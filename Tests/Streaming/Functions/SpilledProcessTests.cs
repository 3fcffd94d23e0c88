using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Functions;

/// <summary>Goal: a function does not notice that its state is in files. Method: all of <see cref="ProcessOperatorTests"/> with one byte of memory, and what only files can get wrong.</summary>
public sealed class SpilledProcessTests : ProcessOperatorTests
{
    private readonly StreamMemory _memory = new(1);

    private protected override StreamMemory Memory => _memory;

    public override void Dispose()
    {
        Assert.Equal(0, _memory.UsedBytes);
        _memory.Dispose();
        base.Dispose();
    }

    [Fact]
    public async Task TimersOfKeysInFiles_FireInTheirOrder_WithTheirState()
    {
        await using var one = await StartAsync(new LambdaFunction(
            static (context, key) =>
            {
                context.Value<long>("key").Set(key);
                context.SetTimer(TimerKind.EventTime, 1_000 - key);
            },
            static (context, _, time) => Say(context, $"{time} {context.Value<long>("key").GetOr(-1)}")));
        for (var key = 0L; key < 100; key += 10)
        {
            await one.ProcessAsync(Of([.. Enumerable.Range((int)key, 10).Select(some => (long)some)]));
        }

        await MoveToAsync(one, Watermark.At(949));
        Assert.Equal(Enumerable.Range(51, 49).Reverse().Select(key => $"{key}: {1_000 - key} {key}"), Said(one));
        await MoveToAsync(one, Watermark.At(1_000));

        Assert.Equal(Enumerable.Range(0, 100).Reverse().Select(key => $"{key}: {1_000 - key} {key}"), Said(one));
    }

    [Fact]
    public async Task MoreKeysThanComeBackAtOnce_WithTimersOfOneTime_AllFireOnce_AndThatIsTheWatermark()
    {
        const int Count = 20_000;
        await using var one = await StartAsync(new LambdaFunction(
            static (context, key) => context.SetTimer(TimerKind.EventTime, 10), static (context, _, time) => Say(context, $"{time}")));
        for (var from = 0; from < Count; from += 5_000)
        {
            await one.ProcessAsync(Of([.. Enumerable.Range(from, 5_000).Select(key => (long)key)]));
        }

        await MoveToAsync(one, Watermark.At(9));
        Assert.Empty(Said(one));
        await MoveToAsync(one, Watermark.At(10));

        Assert.Equal(Count, Said(one).Distinct().Count());
        Assert.Equal(Count, Said(one).Count);
        await MoveToAsync(one, Watermark.At(11));
        Assert.Equal(Count, Said(one).Count);
    }

    [Fact]
    public async Task TimerThatWasTakenBack_DoesNotFire_ThoughAFileOnceHadIt()
    {
        await using var one = await StartAsync(new LambdaFunction(
            static (context, key) =>
            {
                if (!context.RemoveTimer(TimerKind.EventTime, 10))
                {
                    context.SetTimer(TimerKind.EventTime, 10);
                }
            },
            static (context, _, time) => Say(context, $"{time}")));
        await one.ProcessAsync(Of(1, 2));
        await one.ProcessAsync(Of(2, 3));
        await one.ProcessAsync(Of(4));

        await MoveToAsync(one, Watermark.At(10));

        Assert.Equal(["1: 10", "3: 10", "4: 10"], Said(one).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task KeyThatHasNothingLeft_IsNotBackAfterARestore_ThoughThatWentToAFile()
    {
        static LambdaFunction Function() => new(static (context, key) =>
        {
            var value = context.Value<long>("seen");
            Say(context, value.TryGet(out _) ? "known" : "new");
            if (value.TryGet(out _))
            {
                value.Clear();
            }
            else
            {
                value.Set(key);
            }
        });
        OperatorState state;
        await using (var before = await StartAsync(Function()))
        {
            await before.ProcessAsync(Of(1, 2));
            await before.CheckpointAsync();
            await before.ProcessAsync(Of(1));
            await before.ProcessAsync(Of(3));
            await before.ProcessAsync(Of(4));
            state = await StateOfAsync(before);
        }

        await using var after = await StartAsync(Function(), state);
        await after.ProcessAsync(Of(1, 2, 3));

        Assert.Equal(["1: new", "2: known", "3: known"], Said(after));
    }

    /// <summary>Rows, timers, checkpoints and restores by chance, against the same function with all of its state in memory.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 20_000)]
    [InlineData(4, 60_000)]
    public async Task RandomLives_AreThoseOfStateInMemory(int seed, long memoryBytes)
    {
        using var memory = new StreamMemory(memoryBytes);
        var spilled = await LiveAsync(new Random(seed), memory);
        var held = await LiveAsync(new Random(seed), StreamMemory.Unbounded);

        Assert.NotEmpty(held);
        Assert.Equal(held, spilled);
        Assert.True(memory.SpilledFiles > 3, $"{memory.SpilledFiles} files");
        Assert.Equal(0, memory.UsedBytes);
    }

    private static async Task<List<string>> LiveAsync(Random random, StreamMemory memory)
    {
        using var backend = new MemoryStateBackend();
        var (said, now) = (new List<string>(), 0L);
        var one = await OperatorHarness.StartAsync(Make(Counting()), Rows.Numbers, backend, memory: memory);
        try
        {
            for (var step = 0; step < 200; step++)
            {
                switch (random.Next(10))
                {
                    case 0:
                        var state = await StateOfAsync(one);
                        if (random.Next(2) == 0)
                        {
                            said.AddRange(SaidInOrder(one));
                            await one.DisposeAsync();
                            one = await OperatorHarness.StartAsync(Make(Counting()), Rows.Numbers, backend, state, memory: memory);
                        }

                        break;
                    case 1 or 2:
                        now += random.Next(30);
                        await MoveToAsync(one, Watermark.At(now));
                        said.Add($"at {now}");
                        break;
                    default:
                        await one.ProcessAsync(Of([.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => (long)random.Next(400))]));
                        break;
                }
            }

            await MoveToAsync(one, Watermark.End);
            said.AddRange(SaidInOrder(one));
            return said;
        }
        finally
        {
            await one.DisposeAsync();
        }
    }

    /// <summary>Counts rows and kinds of them; a timer says what there is, and clears some of it.</summary>
    private static LambdaFunction Counting() => new(
        static (context, key) =>
        {
            var count = context.Value<long>("count");
            count.Set(count.GetOr(0) + 1);
            context.List<long>("all").Add(count.GetOr(0));
            context.Map<long, string>("kinds").Set(count.GetOr(0) % 3, new string('x', (int)(key % 50)));
            context.SetTimer(TimerKind.EventTime, (context.WatermarkMicros ?? 0) + 1 + key % 40);
            if (count.GetOr(0) % 7 == 0)
            {
                context.Map<long, string>("kinds").Remove(1);
            }
        },
        static (context, _, time) =>
        {
            var list = context.List<long>("all");
            Say(context, $"{time} {context.Value<long>("count").GetOr(0)} {list.Count} {string.Join(',', context.Map<long, string>("kinds").Entries)}");
            if (list.Count > 4)
            {
                list.Clear();
                context.Value<long>("count").Clear();
            }
        });

    /// <summary>Timers of one time fire in any order.</summary>
    private static IEnumerable<string> SaidInOrder(OperatorHarness one) => Said(one).OrderBy(line => line, StringComparer.Ordinal);
}
