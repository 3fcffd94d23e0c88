using System.Threading.Channels;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors;

public class ImpulseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Numbers_ComeEachOnceOverAllSubtasks_WithTheirEventTimes()
    {
        using var rows = new RowCollector();
        await using var runner = Runner(rows, new ImpulseConfig { MessageCount = 1_000, EventTimeIntervalMicros = 10, StartTimeMicros = 500 }, parallelism: 3, TimeProvider.System);

        await runner.RunAsync(Token);

        var seen = Read(rows);
        Assert.Equal(Enumerable.Range(0, 1_000).Select(number => (long)number), seen.Select(row => row.Counter).Order());
        Assert.All(seen, row => Assert.Equal(500 + (row.Counter * 10), row.Micros));
        Assert.Equal([0, 1, 2], seen.Select(row => row.Subtask).Distinct().Order());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rate_IsKeptOverAllSubtasks()
    {
        // Five a second at each of the two, and the first one at once: 32 in three seconds.
        const int Steps = 15;
        var clock = new ArmingClock();
        var seen = 0;
        var registry = new OperatorRegistry().AddKnown().Add("count", _ => new LambdaOperator
        {
            Process = (batch, _, _, _) =>
            {
                Interlocked.Add(ref seen, batch.RowCount);
                batch.Dispose();
                return ValueTask.CompletedTask;
            },
        });
        await using var runner = Runner(registry, "count", new ImpulseConfig { EventRate = 10, EventTimeIntervalMicros = 1 }, parallelism: 2, clock);
        var run = runner.RunAsync(Token);
        for (var step = 0; step < Steps; step++)
        {
            // A source that is still about to arm its timer would arm it for a moment that the clock has left behind.
            await clock.ArmedAsync(2, Token);
            Assert.InRange(Volatile.Read(ref seen), 0, 2 * (step + 1));
            clock.Advance(TimeSpan.FromMilliseconds(200));
        }

        await clock.ArmedAsync(2, Token);
        await runner.StopAsync(StopMode.Graceful, Token);
        await run;

        Assert.Equal(2 * (Steps + 1), seen);
    }

    [Fact]
    public void Lanes_AreSharedSoThatEveryNumberIsOneSubtasks_HoweverOftenTheParallelismChanges()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            const long End = 500;
            var taken = new List<long>();
            var lanes = new List<ImpulseLane> { new(0, 1) };
            for (var step = 0; step < 6; step++)
            {
                var parallelism = random.Next(1, 5);
                var shares = Enumerable.Range(0, parallelism).Select(index => ImpulseLane.Share(lanes, index, parallelism)).ToList();
                lanes = [.. shares.SelectMany(share => share).Select(lane =>
                {
                    var count = Math.Min(lane.CountBelow(End), random.Next(20));
                    taken.AddRange(Enumerable.Range(0, (int)count).Select(i => lane.Next + (i * lane.Stride)));
                    return lane.Skip(count);
                })];
            }

            taken.AddRange(lanes.SelectMany(lane => Enumerable.Range(0, (int)lane.CountBelow(End)).Select(i => lane.Next + (i * lane.Stride))));
            Assert.Equal(Enumerable.Range(0, (int)End).Select(number => (long)number), taken.Order());
        }
    }

    private static LocalRunner Runner(RowCollector rows, ImpulseConfig config, uint parallelism, TimeProvider clock) =>
        Runner(new OperatorRegistry().AddKnown().Add(CollectSink.Kind, _ => new CollectSink(rows)), CollectSink.Kind, config, parallelism, clock);

    private static LocalRunner Runner(OperatorRegistry registry, string sink, ImpulseConfig config, uint parallelism, TimeProvider clock)
    {
        var program = Jobs.Of(
            [Jobs.Node(1, parallelism, Jobs.Op("s", ImpulseSource.Kind, ImpulseSource.Schema, config)), Jobs.Node(2, parallelism, Jobs.Op("k", sink))], Jobs.Edge(1, 2));
        return new LocalRunner(Jobs.Setup(program, registry) with { Clock = clock, Limits = new StreamEngineLimits { SourceBatchLinger = TimeSpan.Zero } });
    }

    private static List<(long Counter, long Subtask, long Micros)> Read(RowCollector rows)
    {
        var all = new List<(long, long, long)>();
        foreach (var batch in rows.Take())
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    all.Add((batch.Column<Int64Array>(0).Values[row], batch.Column<Int64Array>(1).Values[row], batch.Column<TimestampArray>(2).Values[row]));
                }
            }
        }

        return all;
    }

    /// <summary>A clock that tells when timers are armed.</summary>
    private sealed class ArmingClock : TimeProvider
    {
        private readonly ManualTimeProvider _clock = new();
        private readonly Channel<bool> _armed = Channel.CreateUnbounded<bool>();

        public override long TimestampFrequency => _clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow();

        public override long GetTimestamp() => _clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new ToldTimer(_clock.CreateTimer(callback, state, dueTime, period), _armed);

        public void Advance(TimeSpan by) => _clock.Advance(by);

        public async Task ArmedAsync(int count, CancellationToken cancellationToken)
        {
            while (_clock.ArmedTimerCount < count)
            {
                await _armed.Reader.ReadAsync(cancellationToken);
            }
        }

        private sealed class ToldTimer(ITimer timer, Channel<bool> armed) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                var changed = timer.Change(dueTime, period);
                armed.Writer.TryWrite(true);
                return changed;
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
