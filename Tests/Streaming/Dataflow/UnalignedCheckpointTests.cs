using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>
/// Goal: under back-pressure a checkpoint whose barriers overtake ends, one that aligns does not, and what is restored from it gives what an undisturbed run gives.
/// Method: an operator lets a batch through only when the test says so; queues are small, so that everything before it waits.
/// </summary>
public sealed class UnalignedCheckpointTests : IDisposable
{
    private const int Batches = 10;
    private const int Keys = 23;
    private const int Total = 4_000;

    private static readonly ArrowSchema Keyed = new(new ArrowField("key", ArrowType.Int64, isNullable: false), EventTime.Field);

    private readonly string _folder = Directory.CreateTempSubdirectory("unaligned-").FullName;
    private readonly CountingAllocator _memory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CheckpointBehindRowsOfASlowSink_EndsAfterOneBatch_OnlyWhenItOvertakes(bool isUnaligned)
    {
        using var state = new MemoryStateBackend();
        CheckpointManifest? manifest = null;
        var (first, second, barrier) = (new BatchGate(), new BatchGate(), new BarrierPassing());
        await using (var runner = new LocalRunner(Setup(TenBatches(barrier), first, state, isUnaligned)))
        {
            var run = runner.RunAsync(Token);
            await first.EnteredAsync();
            var checkpoint = runner.CheckpointAsync(thenStop: false, Token);
            await barrier.Passed.WaitAsync(Token);

            first.Open();
            if (isUnaligned)
            {
                manifest = await checkpoint;
                Assert.True(runner.Counters.Single(one => one.NodeId == 2).ChannelStateBytes > 0);
                Assert.Equal(1, first.LetThrough);
            }
            else
            {
                // It is at the second batch, and the barrier behind the last one.
                await first.EnteredAsync();
                Assert.False(checkpoint.IsCompleted);
            }

            await runner.DisposeAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
            if (!isUnaligned)
            {
                await Assert.ThrowsAnyAsync<Exception>(() => checkpoint);
                Assert.True(first.Numbers.Count <= 1);
                return;
            }
        }

        second.OpenForEver();
        await using var restored = new LocalRunner(Setup(Nothing(), second, state, isUnaligned), manifest);
        await restored.RunAsync(Token);

        Assert.Equal(Enumerable.Range(1, Batches - 1).Select(batch => batch * 10L), second.Numbers);
        Assert.Equal([11L, 95L], second.Marks.Where(mark => !mark.IsEnd).Select(mark => mark.EventTimeMicros));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AlignmentThatTakesTooLong_TurnsIntoOvertaking_OnceItsTimeIsUp()
    {
        using var state = new MemoryStateBackend();
        var (gate, clock, barrier) = (new BatchGate(), new ManualTimeProvider(), new BarrierPassing());
        await using var runner = new LocalRunner(Setup(TenBatches(barrier), gate, state, isUnaligned: true, TimeSpan.FromSeconds(30)) with { Clock = clock });
        var run = runner.RunAsync(Token);
        await gate.EnteredAsync();
        var checkpoint = runner.CheckpointAsync(thenStop: false, Token);
        await barrier.Passed.WaitAsync(Token);
        gate.Open();
        await gate.EnteredAsync();
        Assert.False(checkpoint.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(30));
        gate.Open();

        var manifest = await checkpoint;
        Assert.Contains(manifest.Operators, one => one.Tables.Any(table => table.Name == "_channels-0"));
        await runner.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SourceThatWaitsForRoom_GetsThroughToTheBarrier()
    {
        using var state = new MemoryStateBackend();
        var (gate, barrier) = (new BatchGate(), new BarrierPassing());
        var endless = barrier.Among(static (context, batch, cancellationToken) => EmitAsync(context, batch * 10L, cancellationToken));
        await using var runner = new LocalRunner(Setup(endless, gate, state, isUnaligned: true) with { Limits = new StreamEngineLimits { QueueRows = 10, SourceBatchRows = 10 } });
        var run = runner.RunAsync(Token);
        await gate.EnteredAsync();
        var checkpoint = runner.CheckpointAsync(thenStop: false, Token);
        await barrier.Passed.WaitAsync(Token);
        gate.Open();

        Assert.Contains((await checkpoint).Operators, one => one.Tables.Any(table => table.Name == "_channels-0"));
        await runner.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Seeds))]
    public async Task KilledAndRestored_UnderBackPressure_CountsEveryRowOnce(int seed)
    {
        var random = new Random(seed);
        using var state = new MemoryStateBackend();
        CheckpointManifest? last = null;
        var held = 0;
        for (var life = 0; life < 4; life++)
        {
            var gate = new BatchGate();
            await using var runner = Counting(state, gate, last, parallelism: 2);
            var run = runner.Run;
            for (var step = random.Next(1, 4); step > 0 && !run.IsCompleted; step--)
            {
                await LetThroughAsync(gate, random.Next(20), run);
                last = await CheckpointAsync(runner.Runner, gate, run) ?? last;
                held += last?.Operators.Sum(one => one.Tables.Count(table => table.Name.StartsWith("_channels-", StringComparison.Ordinal))) ?? 0;
            }

            await runner.Runner.DisposeAsync();
            await run.ContinueWith(static _ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        var open = new BatchGate();
        open.OpenForEver();
        await using var end = Counting(state, open, last, parallelism: 2);
        await end.Run;

        Assert.True(held > 0, "No checkpoint held rows on their way; the case shows nothing.");
        var expected = Enumerable.Range(0, Total).Select(number => $"{{\"key\":{number % Keys},\"count\":{(number / Keys) + 1}}}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.GetFiles(_folder).SelectMany(File.ReadAllLines).Order(StringComparer.Ordinal));
        Assert.Equal(0, _memory.LiveBytes);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsOnTheirWay_AreRefusedByAnotherParallelism_WhichNamesTheWayOut()
    {
        using var state = new MemoryStateBackend();
        var (gate, barrier) = (new BatchGate(), new BarrierPassing());
        CheckpointManifest? manifest;
        await using (var first = new LocalRunner(Setup(TenBatches(barrier), gate, state, isUnaligned: true)))
        {
            var run = first.RunAsync(Token);
            await gate.EnteredAsync();
            var checkpoint = first.CheckpointAsync(thenStop: false, Token);
            await barrier.Passed.WaitAsync(Token);
            gate.Open();
            manifest = await checkpoint;
            await first.DisposeAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        }

        await using var second = new LocalRunner(Setup(Nothing(), gate, state, isUnaligned: true, parallelism: 2), manifest);
        var failure = await Assert.ThrowsAsync<FlowException>(() => second.RunAsync(Token));
        Assert.Equal(FlowErrorCode.Unsupported, failure.Code);
        Assert.Contains("stop with a checkpoint or a savepoint", failure.Message, StringComparison.Ordinal);
    }

    private static async Task LetThroughAsync(BatchGate gate, int batches, Task run)
    {
        for (var i = 0; i < batches && await Task.WhenAny(run, gate.WaitsAsync()) != run; i++)
        {
            gate.LetOneThrough();
        }
    }

    /// <summary>Takes a checkpoint while as few batches as possible get through.</summary>
    private static async Task<CheckpointManifest?> CheckpointAsync(LocalRunner runner, BatchGate gate, Task run)
    {
        var checkpoint = runner.CheckpointAsync(thenStop: false, Token);
        while (!checkpoint.IsCompleted && await Task.WhenAny(run, checkpoint, gate.WaitsAsync()) is var done && done != run && done != checkpoint)
        {
            gate.LetOneThrough();
        }

        try
        {
            return await checkpoint;
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
        {
            return null;
        }
    }

    /// <summary>Ten batches with a watermark behind the second and the last one, then nothing more.</summary>
    private static LambdaSource TenBatches(BarrierPassing barrier) => barrier.Before(Batches, static async (context, batch, cancellationToken) =>
    {
        await EmitAsync(context, batch * 10L, cancellationToken);
        if (batch is 1 or Batches - 1)
        {
            await context.EmitWatermarkAsync(Watermark.At(batch == 1 ? 11 : 95), cancellationToken);
        }
    });

    private static Task EmitAsync(SourceContext context, long first, CancellationToken cancellationToken) =>
        context.EmitAsync(Rows.Of(10, first, context.Operator.Allocator), cancellationToken).AsTask();

    private static LambdaSource Nothing() => new(static (_, _) => Task.FromResult(SourceEnd.Final));

    private StreamEngineSetup Setup(LambdaSource source, BatchGate gate, MemoryStateBackend state, bool isUnaligned, TimeSpan alignment = default, uint parallelism = 1)
    {
        var program = Jobs.Of([Jobs.Node(1, 1, Jobs.Op("s", "source", Rows.Numbers)), Jobs.Node(2, parallelism, Jobs.Op("g", "gate"))], Jobs.Edge(1, 2, EdgeKind.Shuffle, 0));
        new CheckpointBarriers { IsUnaligned = isUnaligned, AlignmentTimeout = alignment }.WriteTo(program);
        return Jobs.Setup(program, new OperatorRegistry().Add("source", _ => source).Add("gate", _ => gate.Operator(goesOn: false)), _memory, state) with
        {
            Limits = new StreamEngineLimits { SourceBatchRows = 10 },
        };
    }

    private Running Counting(MemoryStateBackend state, BatchGate gate, CheckpointManifest? restored, uint parallelism)
    {
        var impulse = new ImpulseConfig { EventRate = 0, EventTimeIntervalMicros = 1_000, MessageCount = Total, StartTimeMicros = 0 };
        var program = Jobs.Of(
            [
                Jobs.Node(1, parallelism, Jobs.Op("source", ImpulseSource.Kind, ImpulseSource.Schema, impulse)),
                Jobs.Node(2, parallelism, Jobs.Op("key", "key", Keyed)),
                Jobs.Node(3, parallelism, Jobs.Op("count", "count", CountPerKey.Schema)),
                Jobs.Node(4, parallelism, Jobs.Op("gate", "gate", CountPerKey.Schema)),
                Jobs.Node(5, parallelism, Jobs.Op("sink", SingleFileSink.Kind, null, new SingleFileSinkConfig { Path = Path.Combine(_folder, "out.jsonl") })),
            ],
            Jobs.Edge(1, 2), Jobs.Edge(2, 3, EdgeKind.Shuffle, 0), Jobs.Edge(3, 4), Jobs.Edge(4, 5));
        new CheckpointBarriers { IsUnaligned = true, AlignmentTimeout = TimeSpan.Zero }.WriteTo(program);
        var registry = new OperatorRegistry().AddKnown()
            .Add("gate", _ => gate.Operator(goesOn: true))
            .Add("key", _ => new ProjectionOperator(Keyed, [new DelegateExpression(ArrowType.Int64, KeyOf), new ColumnExpression(2, EventTime.Field.Type)]))
            .Add("count", _ => new CountPerKey());
        var limits = new StreamEngineLimits { QueueRows = 64, SourceBatchRows = 16, IsChaining = false };
        var runner = new LocalRunner(Jobs.Setup(program, registry, _memory, state) with { Limits = limits }, restored);
        return new Running(runner, runner.RunAsync(Token));
    }

    private static ArrowArray KeyOf(RecordBatch batch, ArrowAllocator allocator)
    {
        using var builder = new Int64Builder(allocator);
        foreach (var counter in batch.Column<Int64Array>(0).Values)
        {
            builder.Append(counter % Keys);
        }

        return builder.Build();
    }

    private sealed record Running(LocalRunner Runner, Task Run) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Runner.DisposeAsync();
    }
}
