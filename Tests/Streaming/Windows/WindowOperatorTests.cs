using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Goal: a windowed job gives the same rows straight, and in three lives of other parallelism from checkpoint to checkpoint.</summary>
public sealed class WindowOperatorTests
{
    private static readonly ArrowSchema Output = WindowOperator.OutputOf(WindowEvents.Schema, Config(), ["rows", "sum"], [ArrowType.Int64, ArrowType.Int64]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("tumbling")]
    [InlineData("hopping")]
    [InlineData("session")]
    [InlineData("cumulating")]
    public async Task ThreeLives_OfDifferentParallelism_GiveTheRowsOfOne(string kind)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var events = new WindowEvents(seed, count: 2_000);
            var straight = await RunAsync(kind, events, new MemoryStateBackend(), parallelism: 1, restored: null, stopAt: null);
            var backend = new MemoryStateBackend();

            var first = await RunAsync(kind, events, backend, parallelism: 2, restored: null, stopAt: 700);
            var second = await RunAsync(kind, events, backend, parallelism: 3, first.Manifest, stopAt: 1_500);
            var third = await RunAsync(kind, events, backend, parallelism: 1, second.Manifest, stopAt: null);

            List<string> lives = [.. first.Lines, .. second.Lines, .. third.Lines];
            lives.Sort(StringComparer.Ordinal);
            Assert.NotEmpty(second.Lines);
            Assert.Equal(straight.Lines, lives);
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task TumblingJob_GivesWhatDuckDbSays()
    {
        var events = new WindowEvents(5, count: 2_000);
        await using var engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        var expected = await events.AskAsync(
            engine, "select k, count(*), sum(n)::bigint, s, s + 5000000, s + 4999999 from (select *, t - ((t % 5000000) + 5000000) % 5000000 as s from e) group by k, s", Token);

        var run = await RunAsync("tumbling", events, new MemoryStateBackend(), parallelism: 3, restored: null, stopAt: null);

        Assert.Equal(expected, run.Lines);
    }

    [Theory]
    [InlineData(0, "a width is 0 us")]
    [InlineData(-5, "a width is -5 us")]
    public void Width_ThatIsNoWidth_IsRefusedByItsValue(long width, string words)
    {
        var config = Config();
        config.Tumbling.WidthMicros = width;

        var exception = Assert.Throws<FlowException>(() => WindowOperator.Create(Definition(Output), config));

        Assert.Equal(FlowErrorCode.BadGraph, exception.Code);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SchemaOfTheProgram_ThatIsAnother_IsRefusedWithBoth()
    {
        var other = new ArrowSchema([.. Output.Fields.Take(Output.Fields.Count - 1), new ArrowField("else", ArrowType.Utf8)]);

        var exception = Assert.Throws<FlowException>(() => WindowOperator.Create(Definition(other), Config()));

        Assert.Contains("_timestamp: timestamp[us] not null", exception.Message, StringComparison.Ordinal);
        Assert.Contains("else: utf8", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AggregateOfAColumnThatIsNotThere_IsRefusedByItsPlace()
    {
        var config = Config();
        config.Aggregates[1].Argument = 17;

        var exception = Assert.Throws<FlowException>(() => WindowOperator.Create(Definition(Output), config));

        Assert.Contains("no column 17", exception.Message, StringComparison.Ordinal);
    }

    private static OperatorDefinition Definition(ArrowSchema output) => new("w", WindowOperator.Kind, default, [WindowEvents.Schema], output);

    private static WindowConfig Config(string kind = "tumbling")
    {
        var config = new WindowConfig
        {
            KeyColumns = { 0 },
            Aggregates = { new WindowAggregate { Kind = WindowAggregateKind.Count }, new WindowAggregate { Kind = WindowAggregateKind.Sum, Argument = 2 } },
        };
        switch (kind)
        {
            case "hopping":
                config.Hopping = new HoppingWindow { SlideMicros = 2_000_000, WidthMicros = 6_000_000 };
                break;
            case "session":
                config.Session = new SessionWindow { GapMicros = 1_500_000 };
                break;
            case "cumulating":
                config.Cumulating = new CumulatingWindow { StepMicros = 2_000_000, WidthMicros = 10_000_000 };
                break;
            default:
                config.Tumbling = new TumblingWindow { WidthMicros = 5_000_000 };
                break;
        }

        return config;
    }

    /// <summary>Runs the job over the events, to its end or to a checkpoint that stops it.</summary>
    private static async Task<(List<string> Lines, CheckpointManifest? Manifest)> RunAsync(
        string kind, WindowEvents events, MemoryStateBackend backend, uint parallelism, CheckpointManifest? restored, int? stopAt)
    {
        var allocator = new CountingAllocator();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var rows = new RowCollector();
        var program = Jobs.Of(
            [
                Jobs.Node(1, 1, Jobs.Op("events", "events", WindowEvents.Schema)),
                Jobs.Node(2, parallelism, Jobs.Op("window", WindowOperator.Kind, Output, Config(kind))),
                Jobs.Node(3, 1, Jobs.Op("rows", CollectSink.Kind)),
            ],
            Jobs.Edge(1, 2, EdgeKind.Shuffle, 0),
            Jobs.Edge(2, 3, EdgeKind.Shuffle));
        var registry = new OperatorRegistry()
            .Add("events", _ => new EventSource(events, stopAt, reached))
            .AddKnown()
            .Add(CollectSink.Kind, _ => new CollectSink(rows));
        CheckpointManifest? manifest = null;
        await using (var runner = new LocalRunner(Jobs.Setup(program, registry, allocator, backend), restored))
        {
            var running = runner.RunAsync(Token);
            if (stopAt is not null)
            {
                await reached.Task.WaitAsync(Token);
                manifest = await runner.CheckpointAsync(thenStop: true, Token);
            }

            await running;
        }

        var lines = new List<string>();
        foreach (var batch in rows.Take())
        {
            lines.AddRange(WindowEvents.Lines(batch));
            batch.Dispose();
        }

        lines.Sort(StringComparer.Ordinal);
        if (stopAt is null)
        {
            // The backend in memory keeps rows of checkpoints for later lives; those count in the allocator of their time.
            Assert.True(allocator.LiveBuffers == 0 || restored is not null);
        }

        return (lines, manifest);
    }

    /// <summary>Gives the events out in small batches with watermarks, from the place of the checkpoint; waits at a place for the checkpoint that stops it.</summary>
    private sealed class EventSource(WindowEvents events, int? stopAt, TaskCompletionSource reached) : StreamSource
    {
        private static readonly byte[] Key = [1];
        private IGlobalTable? _table;
        private int _next;

        public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
        {
            _table = await context.State.OpenGlobalAsync("s", 1, cancellationToken);
            _next = _table.TryGet(Key, out var value) ? BitConverter.ToInt32(value.Span) : 0;
        }

        public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
        {
            _table!.Put(Key, BitConverter.GetBytes(_next));
            return ValueTask.CompletedTask;
        }

        public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
        {
            var latest = Enumerable.Range(0, _next).Select(events.TimeOf).DefaultIfEmpty(long.MinValue).Max();
            while (_next < events.Count)
            {
                if (_next >= stopAt)
                {
                    reached.TrySetResult();
                    return (await context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken))!.Value;
                }

                if (await context.PollAsync(cancellationToken) is { } end)
                {
                    return end;
                }

                var rows = Enumerable.Range(_next, Math.Min(50, events.Count - _next)).ToArray();
                await context.EmitAsync(events.Batch(rows, context.Operator.Allocator), cancellationToken);
                latest = Math.Max(latest, rows.Max(events.TimeOf));
                _next += rows.Length;
                await context.EmitWatermarkAsync(Watermark.At(latest - WindowEvents.LagMicros), cancellationToken);
            }

            return SourceEnd.Final;
        }
    }
}
