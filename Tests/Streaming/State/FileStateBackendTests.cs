using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class FileStateBackendTests : StateBackendContract, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly string _folder = Directory.CreateTempSubdirectory("flow-state-").FullName;
    private readonly LocalObjectStore _store;
    private readonly FileStateBackend _backend;

    public FileStateBackendTests()
    {
        _store = new LocalObjectStore(_folder);
        _backend = new FileStateBackend(_store, "jobs/j1", generation: 3);
    }

    protected override IStateBackend Backend => _backend;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Files_LieWhereTheLayoutSays()
    {
        var state = _backend.Open(new("window 1", 2, 4), null);
        (await state.OpenRowsAsync("left/x", StateRows.Timed() with { KeyColumns = [] }, None)).Append(StateRows.Batch((1, "x", 1)));
        var file = (await state.WriteAsync(12)).Tables[0].Files.Single();

        Assert.Equal("generations/0000003/checkpoints/checkpoint-0000012/operator-window%201/table-left%2Fx-002", file.Path);
        Assert.Equal(new FileInfo(Path.Combine(_folder, "jobs/j1", file.Path)).Length, (long)file.Bytes);
    }

    [Fact]
    public async Task File_IsACompressedArrowFile_WithoutTheHashThatFollowsFromTheKey()
    {
        var state = _backend.Open(new("op", 0, 1), null);
        (await state.OpenRowsAsync("t", StateRows.Timed(), None)).Append(StateRows.Batch([.. Enumerable.Range(0, 10_000).Select(i => ((long)i, "the same text", 5L))]));
        var file = (await state.WriteAsync(1)).Tables[0].Files.Single();
        using var reader = ArrowFileReader.Open(Path.Combine(_folder, "jobs/j1", file.Path));
        using var batch = await reader.ReadBatchAsync(0, None);

        Assert.Equal(["key", "value", "_timestamp"], reader.Schema.Fields.Select(field => field.Name));
        Assert.Equal(Enumerable.Range(0, 10_000).Min(key => StateRows.HashOf(key)), file.MinHash);
        Assert.Equal(Enumerable.Range(0, 10_000).Max(key => StateRows.HashOf(key)), file.MaxHash);
        Assert.InRange((long)file.Bytes, 1, batch.ByteCount / 2);
        Assert.Equal((long)file.Bytes, _backend.BytesWritten);
    }

    [Fact]
    public async Task FileOfRowsWithoutKey_HasTheHashOfItsSubtask()
    {
        var state = _backend.Open(new("op", 1, 4), null);
        (await state.OpenRowsAsync("t", StateRows.Timed() with { KeyColumns = [] }, None)).Append(StateRows.Batch((1, "x", 5), (2, "y", 5)));
        var file = (await state.WriteAsync(1)).Tables[0].Files.Single();
        using var reader = ArrowFileReader.Open(Path.Combine(_folder, "jobs/j1", file.Path));
        using var batch = await reader.ReadBatchAsync(0, None);

        Assert.Equal([KeyRange.Of(1, 4).Min, KeyRange.Of(1, 4).Min], batch.Column<UInt64Array>(3).Values.ToArray());
    }

    [Fact]
    public async Task FileFromBefore_WithTheHashOfEachRow_IsReadAsEver()
    {
        const string Path = "generations/0000002/checkpoints/checkpoint-0000009/operator-op/table-t-000";
        var schema = new ArrowSchema(
            [.. StateRows.Schema.Fields, new ArrowField(RowTableOptions.KeyHashColumn, ArrowType.UInt64, isNullable: false)],
            [new("orleansflow.key_columns", "0"), new("orleansflow.time_column", "2"), new("orleansflow.retention_micros", "")]);
        using var content = new MemoryStream();
        await using (var writer = new ArrowFileWriter(content, schema, null, leaveOpen: true))
        {
            using var rows = StateRows.Batch((1, "one", 5), (2, "two", 5), (3, "three", 5), (4, "four", 5));
            using var builder = new UInt64Builder();
            builder.AppendRange([StateRows.HashOf(1), StateRows.HashOf(2), StateRows.HashOf(3), StateRows.HashOf(4)]);
            using var batch = new RecordBatch(schema, [.. rows.Columns.Select(column => column.Retain()), builder.Build()], 4);
            await writer.WriteAsync(batch, None);
            await writer.EndAsync(None);
        }

        await _store.PutAsync($"jobs/j1/{Path}", content.ToArray(), None);
        var file = new TableFile { Path = Path, Epoch = 9, MinHash = 0, MaxHash = ulong.MaxValue, Rows = 4, Bytes = (ulong)content.Length };
        var restored = new OperatorState { OperatorId = "op", Parallelism = 1, Tables = { new TableState { Name = "t", Kind = TableKind.Timed, Version = 1, Files = { file } } } };
        var read = new List<string>();
        for (var index = 0; index < 2; index++)
        {
            read.AddRange(await StateRows.ReadAsync(await _backend.Open(new("op", index, 2), restored).OpenRowsAsync("t", StateRows.Timed(), None)));
        }

        Assert.Equal(["1=one", "2=two", "3=three", "4=four"], read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task FileOfManyRows_IsWrittenInBatchesOfBoundedSize()
    {
        var state = _backend.Open(new("op", 0, 1), null);
        var table = await state.OpenRowsAsync("t", StateRows.Timed(), None);
        table.Append(StateRows.Batch([.. Enumerable.Range(0, 150_000).Select(i => ((long)i, "x", 5L))]));
        for (var i = 0; i < 20_000; i += 10)
        {
            table.Append(StateRows.Batch([.. Enumerable.Range(150_000 + i, 10).Select(key => ((long)key, "x", 5L))]));
        }

        var written = await state.WriteAsync(1);
        using var reader = ArrowFileReader.Open(Path.Combine(_folder, "jobs/j1", written.Tables[0].Files.Single().Path));
        Assert.Equal([65_536, 65_536, 18_928, 8_200, 8_200, 3_600], Enumerable.Range(0, reader.BatchCount).Select(reader.ReadRowCount));
        var again = _backend.Open(new("op", 0, 1), OperatorStates.Merge("op", [written]));
        Assert.Equal(Enumerable.Range(0, 170_000).Select(i => $"{i}=x"), await StateRows.ReadAsync(await again.OpenRowsAsync("t", StateRows.Timed(), None)));
    }

    [Fact]
    public async Task FreezeDoesNotWrite_AndTheOperatorGoesOnWhileTheSnapshotIsWritten()
    {
        var state = _backend.Open(new("op", 0, 1), null);
        var table = await state.OpenRowsAsync("t", StateRows.Timed(), None);
        table.Append(StateRows.Batch((1, "one", 1)));
        await using var snapshot = state.Freeze(1, null, default);
        Assert.Equal(0, _backend.BytesWritten);
        table.Append(StateRows.Batch((2, "two", 1)));
        var written = await snapshot.WriteAsync(None);

        Assert.Equal(1, written.Tables[0].Files.Single().Rows);
        Assert.Equal(1, (await state.WriteAsync(2)).Tables[0].Files[1].Rows);
    }

    [Fact]
    public async Task SnapshotThatFails_LosesNothingOfTheNextOneAndLeavesNoFile()
    {
        var faulty = new FaultyStore(_store);
        var state = new FileStateBackend(faulty, "jobs/j1", 3).Open(new("op", 0, 1), null);
        var rows = await state.OpenRowsAsync("t", StateRows.Timed(), None);
        var global = await state.OpenGlobalAsync("g", 1, None);
        rows.Append(StateRows.Batch((1, "one", 1)));
        global.Put("a", "1");
        faulty.FailsFrom(operation: 2);
        await Assert.ThrowsAsync<FlowException>(() => state.WriteAsync(1));
        faulty.Heal();
        var written = await state.WriteAsync(2);
        var again = _backend.Open(new("op", 0, 1), OperatorStates.Merge("op", [written]));

        Assert.All(written.Tables, table => Assert.Equal(2, table.Files.Single().Epoch));
        Assert.Equal(["1=one"], await StateRows.ReadAsync(await again.OpenRowsAsync("t", StateRows.Timed(), None)));
        Assert.Equal("1", (await again.OpenGlobalAsync("g", 1, None)).Get("a"));
    }

    [Fact]
    public async Task LostOrDamagedFile_IsAnErrorThatNamesIt()
    {
        var state = _backend.Open(new("op", 0, 1), null);
        (await state.OpenRowsAsync("t", StateRows.Timed(), None)).Append(StateRows.Batch([.. Enumerable.Range(0, 1_000).Select(i => ((long)i, $"{i * 77}", 5L))]));
        var restored = OperatorStates.Merge("op", [await state.WriteAsync(1)]);
        var path = Path.Combine(_folder, "jobs/j1", restored.Tables[0].Files[0].Path);
        var content = await File.ReadAllBytesAsync(path, None);
        foreach (var (damaged, code) in new (byte[]?, FlowErrorCode)[]
        {
            (content[..^5], FlowErrorCode.StateCorrupt), ([.. content[..600], .. Enumerable.Repeat((byte)0xEE, content.Length - 600)], FlowErrorCode.StateCorrupt), (null, FlowErrorCode.DataFileMissing),
        })
        {
            File.Delete(path);
            if (damaged is not null)
            {
                await File.WriteAllBytesAsync(path, damaged, None);
            }

            var table = await _backend.Open(new("op", 0, 1), restored).OpenRowsAsync("t", StateRows.Timed(), None);
            var error = await Assert.ThrowsAsync<FlowException>(() => StateRows.ReadAsync(table));
            Assert.Equal(code, error.Code);
            Assert.Contains("table-t-000", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GenerationsOfAJob_NeverWriteToTheSamePath()
    {
        var paths = new List<string>();
        foreach (var generation in new[] { 3, 4 })
        {
            var state = new FileStateBackend(_store, "jobs/j1", generation).Open(new("op", 0, 1), null);
            (await state.OpenRowsAsync("t", StateRows.Timed(), None)).Append(StateRows.Batch((1, "x", 1)));
            paths.Add((await state.WriteAsync(7)).Tables[0].Files.Single().Path);
        }

        Assert.Equal(2, paths.Distinct().Count());
    }
}
