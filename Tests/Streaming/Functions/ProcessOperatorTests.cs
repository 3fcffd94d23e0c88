using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Functions;

/// <summary>Goal: a process function sees its own key's state and timers, and checkpoints hold them. <see cref="SpilledProcessTests"/> does all of it with state in files.</summary>
public partial class ProcessOperatorTests : IDisposable
{
    private static readonly ArrowSchema Output = new(new ArrowField("key", ArrowType.Int64), new ArrowField("text", ArrowType.Utf8));

    private readonly MemoryStateBackend _backend = new();
    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected virtual StreamMemory Memory => StreamMemory.Unbounded;

    public virtual void Dispose()
    {
        _backend.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Value_IsOfItsKey_AndComesBackAfterARestore()
    {
        ProcessFunction Function() => new LambdaFunction(static (context, key) =>
        {
            var count = context.Value<Visits>("visits").GetOr(new Visits(0, ""))!;
            context.Value<Visits>("visits").Set(count with { Count = count.Count + 1, Last = $"at {key}" });
            Say(context, $"{count.Count + 1} {count.Last}");
        });
        OperatorState state;
        await using (var before = await StartAsync(Function()))
        {
            await before.ProcessAsync(Of(7, 8, 7));
            Assert.Equal(["7: 1 ", "8: 1 ", "7: 2 at 7"], Said(before));
            state = await StateOfAsync(before);
        }

        await using var after = await StartAsync(Function(), state);
        await after.ProcessAsync(Of(8, 7, 9));

        Assert.Equal(["8: 2 at 8", "7: 3 at 7", "9: 1 "], Said(after));
    }

    [Fact]
    public async Task ListAndMap_ComeBackAfterARestore_WithTheirOrder()
    {
        ProcessFunction Function() => new LambdaFunction(static (context, key) =>
        {
            var list = context.List<int>("all");
            var map = context.Map<string, int>("last");
            list.Add(list.Count * 10);
            map.Set(list.Count % 2 == 0 ? "even" : "odd", list.Count);
            var values = Enumerable.Range(0, list.Count).Select(index => list[index]);
            Say(context, $"{string.Join(' ', values)} | {string.Join(' ', map.Entries.Select(entry => $"{entry.Key}={entry.Value}"))}");
        });
        OperatorState state;
        await using (var before = await StartAsync(Function()))
        {
            await before.ProcessAsync(Of(1, 1));
            state = await StateOfAsync(before);
        }

        await using var after = await StartAsync(Function(), state);
        await after.ProcessAsync(Of(1));

        Assert.Equal(["1: 0 10 20 | even=2 odd=3"], Said(after));
    }

    [Fact]
    public async Task WhatIsCleared_DoesNotComeBack()
    {
        ProcessFunction Function() => new LambdaFunction(static (context, key) =>
        {
            var (value, list, map) = (context.Value<int>("x"), context.List<int>("x"), context.Map<int, int>("x"));
            if (value.TryGet(out _))
            {
                value.Clear();
                list.Clear();
                Assert.True(map.Remove(1));
                Assert.False(map.Remove(1));
                return;
            }

            Say(context, $"{list.Count} {map.TryGet(1, out var one)} {one} {map.TryGet(2, out var two)} {two}");
            value.Set(1);
            list.Add(1);
            map.Set(1, 5);
            map.Set(2, 6);
        });
        var states = new List<SubtaskState>();
        await using (var before = await StartAsync(Function()))
        {
            await before.ProcessAsync(Of(1));
            await before.CheckpointAsync();
            await before.ProcessAsync(Of(1));
            states.Add(await before.CheckpointAsync());
            Assert.Equal(["1: 0 False 0 False 0"], Said(before));
        }

        await using var after = await StartAsync(Function(), OperatorStates.Merge("one", states));
        await after.ProcessAsync(Of(1));

        Assert.Equal(["1: 0 False 0 True 6"], Said(after));
    }

    [Fact]
    public async Task SecondCheckpoint_WritesOnlyWhatChanged()
    {
        await using var one = await StartAsync(new LambdaFunction(static (context, key) => context.List<long>("all").Add(key)));
        await one.ProcessAsync(Of([.. Enumerable.Range(0, 1_000).Select(key => (long)key)]));
        await one.CheckpointAsync();
        await one.ProcessAsync(Of(3, 3));

        var second = await one.CheckpointAsync();

        Assert.Equal([1_000L, 2L], Assert.Single(second.Tables).Files.Select(file => file.Rows));
    }

    [Fact]
    public async Task KeysWithoutState_AreForgotten_AndTimersOfTheOthersStay()
    {
        await using var one = await StartAsync(new LambdaFunction(
            static (context, key) => context.SetTimer(TimerKind.EventTime, key < 5_000 ? 10 : 20), static (context, _, time) => Say(context, $"{time}")));
        await one.ProcessAsync(Of([.. Enumerable.Range(0, 5_003).Select(key => (long)key)]));
        await MoveToAsync(one, Watermark.At(10));
        await one.CheckpointAsync();
        var before = Said(one).Count;
        await one.ProcessAsync(Of(9_000));

        await MoveToAsync(one, Watermark.At(20));

        Assert.Equal(5_000, before);
        Assert.Equal(["5000: 20", "5001: 20", "5002: 20", "9000: 20"], Said(one).Skip(before).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task FunctionThatThrows_FailsWithItsName()
    {
        await using var one = await StartAsync(new LambdaFunction(static (_, _) => throw new FormatException("no number")));

        var failure = await Assert.ThrowsAsync<FlowException>(() => one.ProcessAsync(Of(1)).AsTask());

        Assert.Equal("Function LambdaFunction of operator 'one' failed at a row: no number", failure.Message);
    }

    [Fact]
    public async Task RowsThatWereNotDealtByTheKey_FailTheCheckpointBeforeStateIsLost()
    {
        await using var one = await OperatorHarness.StartAsync(Make(new LambdaFunction(static (context, key) => context.Value<long>("x").Set(key))), Rows.Numbers, _backend, index: 1, parallelism: 3);
        await one.ProcessAsync(Of([.. Enumerable.Range(0, 100).Select(key => (long)key)]));

        var failure = await Assert.ThrowsAsync<FlowException>(() => one.CheckpointAsync());

        Assert.Equal(FlowErrorCode.BadGraph, failure.Code);
        Assert.Contains("has to be a shuffle by its key columns", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeyColumnThatIsNotThere_IsRefusedByName()
    {
        var registry = new OperatorRegistry().AddProcess("f", () => new LambdaFunction(static (_, _) => { }));
        var told = FunctionOperators.Process("one", "f", ["city"], Output);

        var failure = Assert.Throws<FlowException>(() => registry.Create(new OperatorDefinition(told.Id, told.Kind, told.Config.Memory, [Rows.Numbers], Output)));

        Assert.Equal(FlowErrorCode.BadGraph, failure.Code);
        Assert.Contains("has the key column 'city'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FunctionThatIsNotRegistered_IsRefusedByName()
    {
        var told = FunctionOperators.Process("one", "rides", ["number"], Output);

        var failure = Assert.Throws<FlowException>(() => new OperatorRegistry().Create(new OperatorDefinition(told.Id, told.Kind, told.Config.Memory, [Rows.Numbers], Output)));

        Assert.Equal(FlowErrorCode.NoHandler, failure.Code);
        Assert.Contains("process:rides", failure.Message, StringComparison.Ordinal);
    }

    private protected static void Say(ProcessContext context, string text)
    {
        context.Output.Column<Int64Builder>("key").Append(context.Keys.Column<Int64Array>("number").Values[context.KeyRow]);
        context.Output.Column<Utf8Builder>("text").Append(text);
    }

    private protected static List<string> Said(OperatorHarness one) =>
    [
        .. one.Batches.SelectMany(batch => Enumerable.Range(0, batch.RowCount)
            .Select(row => $"{batch.Column<Int64Array>(0).Values[row]}: {batch.Column<StringArray>(1).GetString(row)}")),
    ];

    private protected static ValueTask MoveToAsync(OperatorHarness one, Watermark watermark) => one.Operator.OnWatermarkAsync(watermark, one, Token);

    private protected static async Task<OperatorState> StateOfAsync(OperatorHarness one) => OperatorStates.Merge("one", [await one.CheckpointAsync()]);

    private protected static ProcessOperator Make(ProcessFunction function) =>
        ProcessOperator.Create(new OperatorDefinition("one", "process:f", FunctionOperators.Process("one", "f", ["number"], Output).Config.Memory, [Rows.Numbers], Output), () => function);

    private protected static RecordBatch Of(params long[] keys)
    {
        using var builder = new Int64Builder();
        Array.ForEach(keys, key => builder.Append(key));
        return new RecordBatch(Rows.Numbers, [builder.Build()], keys.Length);
    }

    private protected Task<OperatorHarness> StartAsync(ProcessFunction function, OperatorState? restored = null) =>
        OperatorHarness.StartAsync(Make(function), Rows.Numbers, _backend, restored, _clock, memory: Memory);

    private sealed record Visits(int Count, string Last);
}
