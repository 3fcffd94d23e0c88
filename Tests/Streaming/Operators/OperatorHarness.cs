using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Tests.Streaming.Operators;

/// <summary>One operator alone, with its state and what it gives out.</summary>
internal sealed class OperatorHarness(StreamOperator one, ISubtaskState state, ArrowSchema input, TimeProvider clock) : IOperatorOutput, IAsyncDisposable
{
    private long _epoch;

    public List<Watermark> Watermarks { get; } = [];

    public List<RecordBatch> Batches { get; } = [];

    /// <summary>Rows and watermarks in the order in which they came: "rows 3", "5 us".</summary>
    public List<string> Log { get; } = [];

    public StreamOperator Operator => one;

    public static async Task<OperatorHarness> StartAsync(
        StreamOperator one, ArrowSchema input, IStateBackend? backend = null, OperatorState? restored = null, TimeProvider? clock = null, int index = 0, int parallelism = 1, StreamMemory? memory = null)
    {
        var harness = new OperatorHarness(one, (backend ?? new MemoryStateBackend()).Open(new SubtaskPlace("one", index, parallelism), restored), input, clock ?? new ManualTimeProvider());
        await one.StartAsync(harness.Context(index, parallelism, memory ?? StreamMemory.Unbounded), TestContext.Current.CancellationToken);
        return harness;
    }

    public ValueTask ProcessAsync(RecordBatch batch) => one.ProcessAsync(batch, 0, this, TestContext.Current.CancellationToken);

    /// <summary>Takes a checkpoint, with the next number or a higher one.</summary>
    public async Task<SubtaskState> CheckpointAsync(long? epoch = null)
    {
        _epoch = epoch - 1 ?? _epoch;
        await one.OnBarrierAsync(new CheckpointBarrier(++_epoch, 0, clock.GetUtcNow(), ThenStop: false), this, TestContext.Current.CancellationToken);
        await using var snapshot = state.Freeze(_epoch, null, one.CommitData);
        return await snapshot.WriteAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask EmitAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        Batches.Add(batch);
        Log.Add($"rows {batch.RowCount}");
        return ValueTask.CompletedTask;
    }

    public ValueTask EmitWatermarkAsync(Watermark watermark, CancellationToken cancellationToken)
    {
        Watermarks.Add(watermark);
        Log.Add(watermark.ToString());
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        Batches.ForEach(batch => batch.Dispose());
        await one.DisposeAsync();
        await state.DisposeAsync();
    }

    private OperatorContext Context(int index, int parallelism, StreamMemory memory) => new()
    {
        OperatorId = "one",
        NodeId = 1,
        SubtaskIndex = index,
        Parallelism = parallelism,
        State = state,
        InputSides = [0],
        InputSchemas = [input],
        OutputSchema = null,
        Clock = clock,
        Allocator = ArrowAllocator.Default,
        Memory = memory,
        ReportErrorAsync = static (_, _) => ValueTask.CompletedTask,
    };
}
