using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public abstract partial class StateBackendContract
{
    private static readonly string[] Appended = ["1=first", "2=second", "3=third"];

    [Fact]
    public async Task AbandonedSnapshot_LosesNothingOfTheNextOne()
    {
        var state = Backend.Open(new("op", 0, 1), null);
        var rows = await state.OpenRowsAsync("t", StateRows.Timed(), None);
        var global = await state.OpenGlobalAsync("g", 1, None);
        rows.Append(StateRows.Batch((1, "first", 1)));
        global.Put("a", "1");
        await state.Freeze(1, null, default).DisposeAsync();
        rows.Append(StateRows.Batch((2, "second", 2)));
        var two = await state.WriteAsync(2);

        Assert.Equal(["1=first", "2=second"], await StateRows.ReadAsync(await OpenRowsAsync(1, 0, StateRows.Timed(), two)));
        Assert.Equal("1", (await OpenGlobalAsync(1, 0, two)).Get("a"));
    }

    [Fact]
    public async Task SnapshotThatEndsAfterTheNextOneBegan_IsNotWrittenTwice()
    {
        var state = Backend.Open(new("op", 0, 1), null);
        var rows = await state.OpenRowsAsync("t", StateRows.Timed(), None);
        rows.Append(StateRows.Batch((1, "first", 1)));
        await using var one = state.Freeze(1, null, default);
        rows.Append(StateRows.Batch((2, "second", 2)));
        await using var two = state.Freeze(2, null, default);
        rows.Append(StateRows.Batch((3, "third", 3)));
        var late = await one.WriteAsync(None);
        var written = await two.WriteAsync(None);
        var three = await state.WriteAsync(3);

        foreach (var (epoch, expected) in new[] { (late, 1), (written, 2), (three, 3) })
        {
            Assert.Equal(
                Appended.Take(expected), await StateRows.ReadAsync(await OpenRowsAsync(1, 0, StateRows.Timed(), epoch)));
        }
    }

    [Fact]
    public async Task VersionBefore_IsReadThroughTheMigrationAndThenGone()
    {
        var old = Backend.Open(new("op", 0, 1), null);
        (await old.OpenRowsAsync("t", StateRows.Keyed(), None)).Append(StateRows.KeyedBatch((1, "one"), (2, "two")));
        (await old.OpenGlobalAsync("g", 1, None)).Put("a", "1");
        var restored = OperatorStates.Merge("op", [await old.WriteAsync(1)]);
        var options = StateRows.Timed() with { Version = 2, Migrate = Widened };
        var now = Backend.Open(new("op", 0, 1), Retyped(restored));
        var rows = await now.OpenRowsAsync("t", options, None);
        var global = await now.OpenGlobalAsync(
            "g", new GlobalTableOptions { Version = 2, Migrate = entry => entry with { Value = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entry.Value.Span) + "!") } }, None);

        Assert.Equal(["1=one", "2=two"], await StateRows.ReadAsync(rows));
        Assert.Equal("1!", global.Get("a"));
        var two = await now.WriteAsync(2);
        Assert.All(two.Tables, table => Assert.Equal((2U, 2L), (table.Version, table.Files.Single().Epoch)));
        Assert.Equal(["1=one", "2=two"], await StateRows.ReadAsync(await OpenRowsAsync(1, 0, StateRows.Timed() with { Version = 2 }, two)));
    }

    [Fact]
    public async Task OtherColumnsUnderTheSameVersion_AreRefused()
    {
        var old = Backend.Open(new("op", 0, 1), null);
        (await old.OpenRowsAsync("t", StateRows.Keyed(), None)).Append(StateRows.KeyedBatch((1, "one")));
        var changed = StateRows.Keyed() with { Schema = new(StateRows.KeyedSchema.Fields[0]) };
        var table = await OpenRowsAsync(1, 0, changed, await old.WriteAsync(1));
        var error = await Assert.ThrowsAsync<FlowException>(() => StateRows.ReadAsync(table));

        Assert.Equal(FlowErrorCode.StateCorrupt, error.Code);
        Assert.Contains("Give changed columns a new version", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompactedFile_TakesThePlaceOfTheOlderOnesOnly()
    {
        var state = Backend.Open(new("op", 0, 2), null);
        var table = await state.OpenRowsAsync("t", StateRows.Timed() with { KeyColumns = [] }, None);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            table.Append(StateRows.Batch((epoch, "x", epoch)));
            await state.WriteAsync(epoch);
        }

        var mine = new TableFile { Path = "compacted", Epoch = 2, Generation = 1, MinHash = 0, MaxHash = 5, Rows = 2 };
        var other = new TableFile { Path = "of the other subtask", Epoch = 2, Generation = 1, MinHash = ulong.MaxValue, MaxHash = ulong.MaxValue };
        await using var under = state.Freeze(4, null, default);
        state.Replace([new TableState { Name = "t", Files = { mine, other } }, new TableState { Name = "unknown" }]);
        var before = await under.WriteAsync(None);
        var after = await state.WriteAsync(5);

        // The snapshot that was under way names the files of before; both are complete.
        Assert.Equal([1L, 2L, 3L], before.Tables[0].Files.Select(file => file.Epoch));
        Assert.Equal([(2L, 1U), (3L, 0U)], after.Tables[0].Files.Select(file => (file.Epoch, file.Generation)));
    }

    [Fact]
    public async Task EpochsGrow_AndTablesAreOpenedOnceBeforeThem()
    {
        var state = Backend.Open(new("op", 0, 1), null);
        await state.OpenGlobalAsync("g", 1, None);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await state.OpenGlobalAsync("g", 1, None));
        await state.WriteAsync(5);
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Freeze(5, null, default));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await state.OpenRowsAsync("late", StateRows.Timed(), None));
    }

    [Fact]
    public async Task RowsOfOtherColumnsOrWithoutTime_AreRefused()
    {
        var table = await Backend.Open(new("op", 0, 1), null).OpenRowsAsync("t", StateRows.Timed(), None);
        using var builder = new Arrow.RecordBatchBuilder(StateRows.Schema);
        builder.AppendRow(1L, "x", null);

        Assert.Throws<ArgumentException>(() => table.Append(StateRows.KeyedBatch((1, "x"))));
        Assert.Throws<ArgumentException>(() => table.Append(builder.Build()));
    }

    private static Arrow.RecordBatch Widened(Arrow.RecordBatch before)
    {
        using (before)
        {
            var keys = before.Column<Arrow.Int64Array>(0);
            var values = before.Column<Arrow.StringArray>(1);
            return StateRows.Batch([.. Enumerable.Range(0, before.RowCount).Select(i => (keys.Values[i], values.GetString(i)!, 0L))]);
        }
    }

    private static OperatorState Retyped(OperatorState state)
    {
        foreach (var table in state.Tables.Where(table => table.Kind == TableKind.Keyed))
        {
            table.Kind = TableKind.Timed;
        }

        return state;
    }
}
