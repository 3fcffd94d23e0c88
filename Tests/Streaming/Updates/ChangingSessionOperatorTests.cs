using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: when results of sessions with a gap of 5 s go out, are corrected, merged and taken back, of rows (key, number, second).</summary>
public sealed class ChangingSessionOperatorTests : IDisposable
{
    private const long Second = 1_000_000;

    private static readonly ArrowSchema Input = new(new ArrowField("k", ArrowType.Int64), new ArrowField("n", ArrowType.Int64), EventTime.Field);

    private readonly MemoryStateBackend _backend = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ArrowSchema Output => ChangingSessionOperator.OutputOf(Input, Config(0, 0).Window, ["c", "m"], [ArrowType.Int64, ArrowType.Int64]);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task LateRowBetweenTwoSessions_TakesBothBack_AndGivesTheOneThatTheyBecame()
    {
        await using var one = await StartAsync(lateness: 30, early: 0);
        await one.ProcessAsync(Of((1, 5, 3), (1, 7, 11), (2, 1, 4)));
        await MoveToAsync(one, 20);
        Assert.Equal(["+2 1 1 4-9", "+1 1 5 3-8", "+1 1 7 11-16"], Said(one).OrderBy(line => line[1] == '1'));

        await one.ProcessAsync(Of((1, 6, 7)));
        Assert.Empty(Said(one));
        await TickAsync(one, 1);

        Assert.Equal(["+1 3 7 3-16", "-1 1 5 3-8", "-1 1 7 11-16"], Said(one).Order(StringComparer.Ordinal));
        await MoveToAsync(one, 100);
        Assert.Empty(Said(one));
    }

    [Fact]
    public async Task LateRowThatReachesBeyondTheWatermark_OpensItsSessionAgain_UntilItsNewEnd()
    {
        await using var one = await StartAsync(lateness: 30, early: 0);
        await one.ProcessAsync(Of((1, 5, 3)));
        await MoveToAsync(one, 8);
        Assert.Equal(["+1 1 5 3-8"], Said(one));

        await one.ProcessAsync(Of((1, 6, 7)));
        await TickAsync(one, 3);
        Assert.Empty(Said(one));
        await MoveToAsync(one, 12);

        Assert.Equal(["-1 1 5 3-8", "+1 2 6 3-12"], Said(one));
    }

    [Fact]
    public async Task RowsOfAsMuchLateness_AreTaken_AndThoseBehindThemLeftOut()
    {
        await using var one = await StartAsync(lateness: 20, early: 0);
        await MoveToAsync(one, 30);
        await one.ProcessAsync(Of((1, 5, 10), (1, 5, 9)));
        await TickAsync(one, 1);

        Assert.Equal(["+1 1 5 10-15"], Said(one));
        Assert.Equal(1, ((ChangingSessionOperator)one.Operator).LateRowCount);
    }

    [Fact]
    public async Task LateRowThatChangesNoResult_TakesNothingBack()
    {
        await using var one = await StartAsync(lateness: 20, early: 0, count: false);
        await one.ProcessAsync(Of((1, 5, 3), (1, 2, 4)));
        await MoveToAsync(one, 10);
        Assert.Equal(["+1 5 5 3-9"], Said(one));

        await one.ProcessAsync(Of((1, 1, 3)));
        await TickAsync(one, 1);

        Assert.Empty(Said(one));
    }

    [Fact]
    public async Task EarlyResults_GoOutAtTheInterval_OnlyWhereTheyChanged()
    {
        await using var one = await StartAsync(lateness: 0, early: 1);
        await one.ProcessAsync(Of((1, 5, 3)));
        await TickAsync(one, 2);
        Assert.Equal(["+1 1 5 3-8"], Said(one));

        await one.ProcessAsync(Of((1, 6, 5)));
        await TickAsync(one, 1);
        Assert.Equal(["-1 1 5 3-8", "+1 2 6 3-10"], Said(one));
        await MoveToAsync(one, 10);
        Assert.Empty(Said(one));
    }

    [Fact]
    public async Task Restored_ItTakesBackWhatItGaveBefore_AndGivesNothingTwice()
    {
        OperatorState state;
        await using (var before = await StartAsync(lateness: 30, early: 0))
        {
            await before.ProcessAsync(Of((1, 5, 3), (1, 7, 11), (2, 1, 18)));
            await MoveToAsync(before, 20);
            Said(before);
            await before.ProcessAsync(Of((1, 9, 12)));
            state = OperatorStates.Merge("one", [await before.CheckpointAsync(1)]);
            Assert.Equal(["-1 1 7 11-16", "+1 2 9 11-17"], Said(before));
        }

        await using var after = await StartAsync(lateness: 30, early: 0, state);
        await MoveToAsync(after, 20);
        await after.ProcessAsync(Of((1, 8, 7)));
        await TickAsync(after, 1);
        Assert.Equal(["+1 4 9 3-17", "-1 1 5 3-8", "-1 2 9 11-17"], Said(after).Order(StringComparer.Ordinal));
        await after.Operator.OnWatermarkAsync(Watermark.End, after, Token);

        Assert.Equal(["+2 1 1 18-23"], Said(after));
    }

    [Fact]
    public async Task KeysThatAreForgotten_LeaveThoseThatStayAsTheyAre()
    {
        await using var one = await StartAsync(lateness: 30, early: 0);
        await one.ProcessAsync(Of([.. Enumerable.Range(0, 5_000).Select(key => ((long)key, 1L, 3L)), (7_777, 5, 60), (8_888, 2, 61)]));
        await MoveToAsync(one, 39);
        Assert.Equal(5_000, Said(one).Count);
        await MoveToAsync(one, 70);
        Assert.Equal(["+7777 1 5 60-65", "+8888 1 2 61-66"], Said(one));

        await one.ProcessAsync(Of((7_777, 6, 62), (4_999, 3, 63), (9_999, 4, 64)));
        await TickAsync(one, 1);

        Assert.Equal(["+4999 1 3 63-68", "+7777 2 6 60-67", "+9999 1 4 64-69", "-7777 1 5 60-65"], Said(one).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void WindowThatIsNoSession_IsRefused()
    {
        var config = Config(1, 0);
        config.Window.Tumbling = new TumblingWindow { WidthMicros = 5 };

        var exception = Assert.Throws<FlowException>(() => ChangingSessionOperator.Create(Definition(), config));

        Assert.Equal(FlowErrorCode.BadGraph, exception.Code);
        Assert.Contains("a window of kind Tumbling is no session", exception.Message, StringComparison.Ordinal);
    }

    private static OperatorDefinition Definition() => new("w", ChangingSessionOperator.Kind, default, [Input], Output);

    private static ChangingWindowConfig Config(double lateness, double early, bool count = true) => new()
    {
        Window = new WindowConfig
        {
            Session = new SessionWindow { GapMicros = 5 * Second },
            KeyColumns = { 0 },
            Aggregates =
            {
                count ? new WindowAggregate { Kind = WindowAggregateKind.Count } : new WindowAggregate { Kind = WindowAggregateKind.Max, Argument = 1 },
                new WindowAggregate { Kind = WindowAggregateKind.Max, Argument = 1 },
            },
        },
        AllowedLatenessMicros = (long)(lateness * Second),
        EarlyIntervalMicros = (long)(early * Second),
    };

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

    /// <summary>What came since this was asked before: sign, key, count, max, and the session's first second and its end.</summary>
    private static List<string> Said(OperatorHarness one)
    {
        var said = new List<string>();
        foreach (var batch in one.Batches)
        {
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

    private async Task<OperatorHarness> StartAsync(double lateness, double early, OperatorState? restored = null, bool count = true) =>
        await OperatorHarness.StartAsync(ChangingSessionOperator.Create(Definition(), Config(lateness, early, count)), Input, _backend, restored);
}
