using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <content>Rows, and how they are read.</content>
public sealed partial class ChangingWindowOperatorTests
{
    private static ArrowSchema Output => ChangingWindowOperator.OutputOf(Input, Config(0, 0).Window, ["c", "m"], [ArrowType.Int64, ArrowType.Int64]);

    /// <summary>The first key of a subtask of two.</summary>
    private static long KeyOf(int subtask)
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

    private static OperatorDefinition Definition() => new("w", ChangingWindowOperator.Kind, default, [Input], Output);

    private static ChangingWindowConfig Config(double lateness, double early) => new()
    {
        Window = new WindowConfig
        {
            Tumbling = new TumblingWindow { WidthMicros = 10 * Second },
            KeyColumns = { 0 },
            Aggregates = { new WindowAggregate { Kind = WindowAggregateKind.Count }, new WindowAggregate { Kind = WindowAggregateKind.Max, Argument = 1 } },
        },
        AllowedLatenessMicros = (long)(lateness * Second),
        EarlyIntervalMicros = (long)(early * Second),
    };

    private static OperatorState StateOf(params SubtaskState[] subtasks) => OperatorStates.Merge("one", subtasks);

    private static RecordBatch Of(params (long Key, long Number, long Seconds)[] rows)
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

    private static ValueTask MoveToAsync(OperatorHarness one, long seconds) => one.Operator.OnWatermarkAsync(Watermark.At(seconds * Second), one, Token);

    private static async Task TickAsync(OperatorHarness one, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await one.Operator.OnTickAsync(one, Token);
        }
    }

    /// <summary>What came since this was asked before: sign, key, count, max and the window's first second.</summary>
    private static List<string> Said(OperatorHarness one)
    {
        var said = new List<string>();
        foreach (var batch in one.Batches)
        {
            Assert.Equal(Output, batch.Schema);
            for (var row = 0; row < batch.RowCount; row++)
            {
                long Value(int column) => batch.Column<Int64Array>(column).Values[row];
                var start = batch.Column<TimestampArray>(3).Values[row] / Second;
                said.Add($"{(batch.Column<BooleanArray>(5).GetBoolean(row) ? '-' : '+')}{Value(0)} {Value(1)} {Value(2)} @{start}");
            }

            batch.Dispose();
        }

        one.Batches.Clear();
        return said;
    }

    private async Task<OperatorHarness> StartAsync(double lateness, double early, OperatorState? restored = null, int index = 0, int parallelism = 1) =>
        await OperatorHarness.StartAsync(ChangingWindowOperator.Create(Definition(), Config(lateness, early)), Input, _backend, restored, index: index, parallelism: parallelism);
}
