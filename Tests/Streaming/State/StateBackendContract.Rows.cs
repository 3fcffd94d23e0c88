using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public abstract partial class StateBackendContract
{
    [Fact]
    public async Task Rows_AreWrittenOnceAndComeBackInTheOrderOfTheirEpochs()
    {
        var state = Backend.Open(new("op", 0, 1), null);
        var table = await state.OpenRowsAsync("t", StateRows.Timed(), None);
        var written = new List<SubtaskState>();
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            table.Append(StateRows.Batch((epoch, $"a{epoch}", epoch), (7, $"b{epoch}", epoch)));
            written.Add(await state.WriteAsync(epoch));
        }

        Assert.Equal([1L, 2L, 3L], written[2].Tables[0].Files.Select(file => file.Epoch));
        Assert.All(written[2].Tables[0].Files, file => Assert.Equal(2, file.Rows));
        Assert.True(written[2].Bytes > 0 && written[2].Bytes == written[2].Tables[0].Files[2].Bytes);
        Assert.Equal(["1=a1", "7=b1", "2=a2", "7=b2", "3=a3", "7=b3"], await StateRows.ReadAsync(await OpenRowsAsync(1, 0, StateRows.Timed(), written[2])));
        Assert.Equal(["1=a1", "7=b1"], await StateRows.ReadAsync(await OpenRowsAsync(1, 0, StateRows.Timed(), written[0])));
    }

    [Fact]
    public async Task File_SaysItsHashesAndItsLatestTime()
    {
        var state = Backend.Open(new("op", 0, 1), null);
        var table = await state.OpenRowsAsync("t", StateRows.Timed(), None);
        table.Append(StateRows.Batch((1, "", 5), (2, "", 9)));
        table.Append(StateRows.Batch((3, "", 7)));
        var file = (await state.WriteAsync(1)).Tables[0].Files.Single();
        var hashes = new[] { StateRows.HashOf(1), StateRows.HashOf(2), StateRows.HashOf(3) };

        Assert.Equal((hashes.Min(), hashes.Max(), 9L, 3L), (file.MinHash, file.MaxHash, file.MaxTimeMicros, file.Rows));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    [InlineData(2, 5)]
    [InlineData(5, 2)]
    public async Task Rows_UnderAnotherParallelism_GoToExactlyTheOwnerOfTheirKey(int before, int after)
    {
        var subtasks = new List<SubtaskState>();
        for (var i = 0; i < before; i++)
        {
            var state = Backend.Open(new("op", i, before), null);
            var table = await state.OpenRowsAsync("t", StateRows.Timed(), None);
            var own = Enumerable.Range(0, 500).Where(key => KeyRange.OwnerOf(StateRows.HashOf(key), before) == i);
            table.Append(StateRows.Batch([.. own.Select(key => ((long)key, "x", 0L))]));
            subtasks.Add(await state.WriteAsync(1));
        }

        var seen = new List<string>();
        for (var i = 0; i < after; i++)
        {
            var rows = await StateRows.ReadAsync(await OpenRowsAsync(after, i, StateRows.Timed(), [.. subtasks]));
            Assert.All(rows, row => Assert.Equal(i, KeyRange.OwnerOf(StateRows.HashOf(long.Parse(row.Split('=')[0], null)), after)));
            seen.AddRange(rows);
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(key => $"{key}=x").Order(), seen.Order());
    }

    [Fact]
    public async Task RowsWithoutKey_StayWithTheirSubtaskAndAreNeverLost()
    {
        var options = StateRows.Timed() with { KeyColumns = [] };
        var subtasks = new List<SubtaskState>();
        for (var i = 0; i < 3; i++)
        {
            var state = Backend.Open(new("op", i, 3), null);
            (await state.OpenRowsAsync("t", options, None)).Append(StateRows.Batch((i, "x", 0)));
            subtasks.Add(await state.WriteAsync(1));
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal([$"{i}=x"], await StateRows.ReadAsync(await OpenRowsAsync(3, i, options, [.. subtasks])));
        }

        var two = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            two.AddRange(await StateRows.ReadAsync(await OpenRowsAsync(2, i, options, [.. subtasks])));
        }

        Assert.Equal(["0=x", "1=x", "2=x"], two.Order());
    }

    [Fact]
    public async Task RowsWithAHashOfTheirOwn_AreSharedByIt()
    {
        var schema = new Arrow.ArrowSchema(new Arrow.ArrowField("hash", Arrow.ArrowType.UInt64));
        var options = new RowTableOptions { Kind = TableKind.Timed, Schema = schema, HashColumn = 0 };
        var state = Backend.Open(new("op", 0, 1), null);
        using var builder = new Arrow.RecordBatchBuilder(schema);
        builder.AppendRow(5UL).AppendRow(ulong.MaxValue);
        (await state.OpenRowsAsync("t", options, None)).Append(builder.Build());
        var upper = await OpenRowsAsync(2, 1, options, await state.WriteAsync(1));

        await foreach (var batch in upper.RestoreAsync(None))
        {
            using (batch)
            {
                Assert.Equal([ulong.MaxValue], batch.Column<Arrow.UInt64Array>(0).Values.ToArray());
            }
        }
    }

    [Fact]
    public async Task TimedRows_LeaveWhenTheWatermarkHasPassedThemByTheRetention()
    {
        var options = StateRows.Timed(TimeSpan.FromMicroseconds(10));
        var state = Backend.Open(new("op", 0, 1), null);
        var table = await state.OpenRowsAsync("t", options, None);
        table.Append(StateRows.Batch((1, "old", 1), (2, "mixed", 20)));
        await state.WriteAsync(1, watermarkMicros: 0);
        table.Append(StateRows.Batch((3, "new", 21)));
        var two = await state.WriteAsync(2, watermarkMicros: 20);
        var three = await state.WriteAsync(3, watermarkMicros: 30);
        var four = await state.WriteAsync(4, watermarkMicros: 31);

        // A file stays while one of its rows counts; the rows that do not are left out on restore. At the edge a row still counts.
        Assert.Equal([1L, 2L], two.Tables[0].Files.Select(file => file.Epoch));
        Assert.Equal(["2=mixed", "3=new"], await StateRows.ReadAsync(await OpenRowsAsync(1, 0, options, two)));
        Assert.Equal(["2=mixed", "3=new"], await StateRows.ReadAsync(await OpenRowsAsync(1, 0, options, three)));
        Assert.Equal([2L], four.Tables[0].Files.Select(file => file.Epoch));
        Assert.Equal(["3=new"], await StateRows.ReadAsync(await OpenRowsAsync(1, 0, options, four)));
    }

    [Fact]
    public async Task RestoredWatermark_IsTheSubtasksOwn_AndOfAnotherParallelismTheLeast()
    {
        var subtasks = new[] { new SubtaskState { WatermarkMicros = 9 }, new SubtaskState { WatermarkMicros = 4 } };

        Assert.Equal([9L, 4L], Enumerable.Range(0, 2).Select(index => Backend.Open(new("op", index, 2), OperatorStates.Merge("op", subtasks)).RestoredWatermarkMicros));
        Assert.Equal([4L, 4L, 4L], Enumerable.Range(0, 3).Select(index => Backend.Open(new("op", index, 3), OperatorStates.Merge("op", subtasks)).RestoredWatermarkMicros));
        Assert.Empty(OperatorStates.Merge("op", [subtasks[0], subtasks[0]]).WatermarksMicros);
        Assert.Equal(4, Backend.Open(new("op", 0, 1), OperatorStates.Merge("op", subtasks)).RestoredWatermarkMicros);
        Assert.Null(Backend.Open(new("op", 0, 1), OperatorStates.Merge("op", [.. subtasks, new SubtaskState()])).RestoredWatermarkMicros);
        Assert.Null(Backend.Open(new("op", 0, 1), null).RestoredWatermarkMicros);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task CommitDataOfSinks_IsInTheCheckpoint()
    {
        var subtasks = new List<SubtaskState>();
        foreach (var data in new[] { "", "two" })
        {
            subtasks.Add(await Backend.Open(new("sink", subtasks.Count, 2), null).WriteAsync(1, commit: data));
        }

        var commit = Assert.Single(OperatorStates.Merge("sink", subtasks).Commits);
        Assert.Equal(("sink", 1U, "two"), (commit.OperatorId, commit.SubtaskIndex, commit.Data.ToStringUtf8()));
    }

    [Theory]
    [InlineData(2, false, "has version 1 in the checkpoint; the program has version 2 and reads no other")]
    [InlineData(3, true, "has version 1 in the checkpoint; the program has version 3 and reads 2 and 3")]
    public async Task UnknownVersion_IsRefusedWithBothVersions(int version, bool migrates, string expected)
    {
        var old = Backend.Open(new("op", 0, 1), null);
        (await old.OpenRowsAsync("t", StateRows.Timed(), None)).Append(StateRows.Batch((1, "one", 1)));
        (await old.OpenGlobalAsync("g", 1, None)).Put("a", "1");
        var written = await old.WriteAsync(1);
        var options = StateRows.Timed() with { Version = version, Migrate = migrates ? batch => batch : null };
        var rows = await Assert.ThrowsAsync<FlowException>(async () => await OpenRowsAsync(1, 0, options, written));
        var global = await Assert.ThrowsAsync<FlowException>(async () => await Backend.Open(new("op", 0, 1), OperatorStates.Merge("op", [written]))
            .OpenGlobalAsync("g", new GlobalTableOptions { Version = version, Migrate = migrates ? entry => entry : null }, None));

        Assert.Equal((FlowErrorCode.Unsupported, FlowErrorCode.Unsupported), (rows.Code, global.Code));
        Assert.Contains(expected, rows.Message, StringComparison.Ordinal);
        Assert.Contains(expected, global.Message, StringComparison.Ordinal);
    }
}
