using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A process function that counts the rows of each key, with keys at random: with its state in files, against enough memory.</summary>
/// <param name="keyCount">Different keys.</param>
/// <param name="memoryMegabytes">Memory of the state. 0: without a limit; then a loop over a dictionary is what it is held against.</param>
internal sealed class ProcessState(int keyCount, int memoryMegabytes) : Scenario
{
    private const int Rows = 4_000_000;

    private static readonly ArrowSchema Output = new(new ArrowField("count", ArrowType.Int64, isNullable: false));

    private readonly TimeProvider _clock = TimeProvider.System;
    private WindowEventsTable? _events;

    public override string Name => "process-state";

    public override string Question =>
        string.Create(CultureInfo.InvariantCulture, $"How many rows a second does a function count that keeps a value for each of {keyCount:N0} keys{(memoryMegabytes > 0 ? $" in {memoryMegabytes} MB" : "")}, on one core?");

    public override string Unit => "M rows/s";

    public override string BaselineName => memoryMegabytes > 0 ? "the same with enough memory, M rows/s" : "a bare loop over a dictionary of longs, M rows/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _events = new WindowEventsTable(Rows, keyCount, TimeSpan.FromSeconds(10));
        await MeasureAsync(cancellationToken);
        await MeasureBaselineAsync(cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) => new(await MeasureAsync(memoryMegabytes * 1_000_000L, cancellationToken));

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        memoryMegabytes > 0 ? MeasureAsync(0, cancellationToken) : Task.FromResult(MeasureLoop());

    public override async ValueTask DisposeAsync()
    {
        _events?.Dispose();
        await base.DisposeAsync();
    }

    private async Task<double> MeasureAsync(long memoryBytes, CancellationToken cancellationToken)
    {
        var input = _events!.Batches[0].Schema;
        using var memory = memoryBytes > 0 ? new StreamMemory(memoryBytes) : null;
        var told = FunctionOperators.Process("count", "count", ["key"], Output);
        await using var state = MemoryStateBackend.WithoutCheckpoints.Open(new SubtaskPlace("count", 0, 1), null);
        await using var one = ProcessOperator.Create(new OperatorDefinition(told.Id, told.Kind, told.Config.Memory, [input], Output), () => new Counting());
        await one.StartAsync(
            new OperatorContext
            {
                OperatorId = "count", NodeId = 1, SubtaskIndex = 0, Parallelism = 1, State = state, InputSides = [0], InputSchemas = [input], OutputSchema = Output, Clock = _clock,
                Allocator = ArrowAllocator.Pooled, Memory = memory ?? StreamMemory.Unbounded, ReportErrorAsync = static (_, _) => ValueTask.CompletedTask,
            },
            cancellationToken);
        var (counted, began) = (new CountedRows(), _clock.GetTimestamp());
        foreach (var batch in _events.Batches)
        {
            await one.ProcessAsync(batch.Retain(), 0, counted, cancellationToken);
        }

        return counted.RowCount == Rows && memory?.SpilledBytes != 0
            ? Rate(began)
            : throw new InvalidOperationException(counted.RowCount == Rows ? $"The state fits in {memoryMegabytes} MB; give it less, or more keys." : $"{counted.RowCount} of {Rows} rows came out.");
    }

    private double MeasureLoop()
    {
        var (counts, sum, began) = (new Dictionary<long, long>(), 0L, _clock.GetTimestamp());
        foreach (var batch in _events!.Batches)
        {
            foreach (var key in batch.Column<Int64Array>(0).Values)
            {
                ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
                sum += ++count;
            }
        }

        return sum >= Rows ? Rate(began) : throw new InvalidOperationException("Rows were lost.");
    }

    private double Rate(long began) => Rows / _clock.GetElapsedTime(began).TotalSeconds / 1e6;

    private sealed class Counting : ProcessFunction
    {
        public override void ProcessRow(ProcessContext context, RecordBatch rows, int row)
        {
            var state = context.Value<long>("count");
            var count = state.GetOr(0) + 1;
            state.Set(count);
            context.Output.Column<Int64Builder>(0).Append(count);
        }
    }

    private sealed class CountedRows : IOperatorOutput
    {
        public long RowCount { get; private set; }

        public ValueTask EmitAsync(RecordBatch batch, CancellationToken cancellationToken)
        {
            using (batch)
            {
                RowCount += batch.RowCount;
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask EmitWatermarkAsync(Watermark watermark, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
