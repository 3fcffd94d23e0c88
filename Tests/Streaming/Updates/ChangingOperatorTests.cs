using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Changing windows of rows (key, number, second): an operator with them, and what comes out of it.</summary>
public abstract class ChangingOperatorTests : IDisposable
{
    protected const long Second = 1_000_000;

    private static readonly ArrowSchema Input = new(new ArrowField("k", ArrowType.Int64), new ArrowField("n", ArrowType.Int64), EventTime.Field);

    private readonly MemoryStateBackend _backend = new();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The window alone.</summary>
    protected abstract WindowConfig Window { get; }

    private ArrowSchema Output => ChangingWindowOperator.OutputOf(Input, Config(0, 0).Window, ["c", "m"], [ArrowType.Int64, ArrowType.Int64]);

    public void Dispose()
    {
        _backend.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The first key of a subtask of two.</summary>
    protected static long KeyOf(int subtask)
    {
        for (var key = 0L; ; key++)
        {
            using var rows = Of((key, 0, 0));
            var hashes = new ulong[1];
            OrleansFlow.Arrow.Kernels.RowHash.Compute(rows, [0], hashes);
            if (KeyRange.Of(subtask, 2).Contains(hashes[0]))
            {
                return key;
            }
        }
    }

    protected OperatorDefinition Definition() => new("w", ChangingWindowOperator.Kind, default, [Input], Output);

    protected ChangingWindowConfig Config(double lateness, double early, bool counts = true)
    {
        var max = new WindowAggregate { Kind = WindowAggregateKind.Max, Argument = 1 };
        var window = Window;
        window.KeyColumns.Add(0);
        window.Aggregates.Add(counts ? new WindowAggregate { Kind = WindowAggregateKind.Count } : max);
        window.Aggregates.Add(max);
        return new ChangingWindowConfig { Window = window, AllowedLatenessMicros = (long)(lateness * Second), EarlyIntervalMicros = (long)(early * Second) };
    }

    protected static OperatorState StateOf(params SubtaskState[] subtasks) => OperatorStates.Merge("one", subtasks);

    protected static RecordBatch Of(params (long Key, long Number, long Seconds)[] rows)
    {
        using var builder = new RecordBatchBuilder(Input);
        foreach (var (key, number, seconds) in rows)
        {
            builder.Column<Int64Builder>(0).Append(key);
            builder.Column<Int64Builder>(1).Append(number);
            builder.Column<TimestampBuilder>(2).Append(seconds * Second);
        }

        return builder.Build();
    }

    private protected static ValueTask MoveToAsync(OperatorHarness one, long seconds) => one.Operator.OnWatermarkAsync(Watermark.At(seconds * Second), one, Token);

    private protected static async Task TickAsync(OperatorHarness one, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await one.Operator.OnTickAsync(one, Token);
        }
    }

    /// <summary>What came since this was asked before: sign, key, count, max, and the window's first second and its end.</summary>
    private protected List<string> Said(OperatorHarness one)
    {
        var said = new List<string>();
        foreach (var batch in one.Batches)
        {
            Assert.Equal(Output, batch.Schema);
            for (var row = 0; row < batch.RowCount; row++)
            {
                long Value(int column) => batch.Column<Int64Array>(column).Values[row];
                long Time(int column) => batch.Column<TimestampArray>(column).Values[row] / Second;
                said.Add($"{(batch.Column<BooleanArray>(5).GetBoolean(row) ? '-' : '+')}{Value(0)} {Value(1)} {Value(2)} {Time(3)}-{Time(4)}");
            }

            batch.Dispose();
        }

        one.Batches.Clear();
        return said;
    }

    private protected async Task<OperatorHarness> StartAsync(double lateness, double early, OperatorState? restored = null, int index = 0, int parallelism = 1, bool counts = true) =>
        await OperatorHarness.StartAsync(ChangingWindowOperator.Create(Definition(), Config(lateness, early, counts)), Input, _backend, restored, index: index, parallelism: parallelism);
}
