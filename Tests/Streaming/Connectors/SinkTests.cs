using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Connectors;

public sealed class SinkTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sinks-").FullName;
    private readonly MemoryStateBackend _backend = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder, "out.jsonl");

    public void Dispose()
    {
        _backend.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Lines_AppearInTheFileOnlyWithTheCommit()
    {
        await using var sink = await SinkAsync();
        await sink.ProcessAsync(Rows.Of(2));
        Assert.Equal("", Content());
        await sink.CheckpointAsync();
        var staged = sink.Operator.CommitData;
        Assert.Equal("", Content());

        await sink.Operator.CommitAsync(1, staged, Token);
        await sink.Operator.CommitAsync(1, staged, Token);

        Assert.Equal("{\"number\":0}\n{\"number\":1}\n", Content());
        Assert.True(sink.Operator.CommitData.IsEmpty);
    }

    [Fact]
    public async Task CommitThatWasLost_IsMadeUpForByTheRestoredSink()
    {
        OperatorState state;
        await using (var before = await SinkAsync())
        {
            await before.ProcessAsync(Rows.Of(2));
            state = OperatorStates.Merge("one", [await before.CheckpointAsync()]);
            await before.ProcessAsync(Rows.Of(1, 77));
        }

        await using var after = await SinkAsync(state);
        Assert.Equal("{\"number\":0}\n{\"number\":1}\n", Content());
        await after.Operator.CommitAsync(1, state.Commits[0].Data.Memory, Token);

        Assert.Equal("{\"number\":0}\n{\"number\":1}\n", Content());
        Assert.Equal([File], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task CommitsBehindTheCheckpoint_AreCutOffByTheRestoredSink()
    {
        OperatorState state;
        await using (var before = await SinkAsync())
        {
            await before.ProcessAsync(Rows.Of(1));
            state = OperatorStates.Merge("one", [await before.CheckpointAsync()]);
            await before.Operator.CommitAsync(1, default, Token);
            await before.ProcessAsync(Rows.Of(1, 5));
            await before.CheckpointAsync();
            await before.Operator.CommitAsync(2, default, Token);
            Assert.Equal("{\"number\":0}\n{\"number\":5}\n", Content());
        }

        await using var after = await SinkAsync(state);

        Assert.Equal("{\"number\":0}\n", Content());
    }

    [Fact]
    public async Task CheckpointThatWasGivenUp_IsCommittedWithTheNextOne()
    {
        await using var sink = await SinkAsync();
        await sink.ProcessAsync(Rows.Of(1));
        await sink.CheckpointAsync();
        await sink.ProcessAsync(Rows.Of(1, 9));
        await sink.CheckpointAsync();

        await sink.Operator.CommitAsync(2, sink.Operator.CommitData, Token);

        Assert.Equal("{\"number\":0}\n{\"number\":9}\n", Content());
    }

    [Fact]
    public async Task CommitThatBrokeOff_IsWrittenAgainToTheSamePlace()
    {
        await using var sink = await SinkAsync();
        await sink.ProcessAsync(Rows.Of(2));
        await sink.CheckpointAsync();
        await System.IO.File.WriteAllTextAsync(File, "{\"numb", Token);

        await sink.Operator.CommitAsync(1, sink.Operator.CommitData, Token);

        Assert.Equal("{\"number\":0}\n{\"number\":1}\n", Content());
    }

    [Fact]
    public async Task StagedLinesThatAreGone_FailTheCommitLoudly()
    {
        await using var sink = await SinkAsync();
        await sink.ProcessAsync(Rows.Of(2));
        await sink.CheckpointAsync();
        foreach (var staged in Directory.GetFiles(_folder, "*staged*"))
        {
            System.IO.File.Delete(staged);
        }

        var failure = await Assert.ThrowsAsync<FlowException>(() => sink.Operator.CommitAsync(1, sink.Operator.CommitData, Token).AsTask());

        Assert.Equal(FlowErrorCode.StateCorrupt, failure.Code);
    }

    [Fact]
    public async Task StartFromNothing_EmptiesTheFile()
    {
        await System.IO.File.WriteAllTextAsync(File, "old", Token);

        await using var sink = await SinkAsync();

        Assert.Equal("", Content());
    }

    [Fact]
    public async Task Stdout_WritesEachTypeAsJson()
    {
        using var target = new MemoryStream();
        var schema = new ArrowSchema(
            new ArrowField("i", ArrowType.Int32), new ArrowField("d", ArrowType.Float64), new ArrowField("t", ArrowType.Utf8), new ArrowField("b", ArrowType.Boolean),
            new ArrowField("at", ArrowType.Timestamp(TimeUnit.Microsecond)), new ArrowField("n", ArrowType.Int64));
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow(-3, 1.5, "a\"é", true, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(60), null);
        builder.AppendRow(4, double.NaN, "", false, DateTimeOffset.UnixEpoch, 7L);
        await using (var sink = await OperatorHarness.StartAsync(new StdoutSink(target), schema))
        {
            await sink.ProcessAsync(builder.Build());
        }

        Assert.Equal(
            "{\"i\":-3,\"d\":1.5,\"t\":\"a\\u0022\\u00E9\",\"b\":true,\"at\":\"2026-01-02T03:04:05.000006Z\",\"n\":null}\n{\"i\":4,\"d\":null,\"t\":\"\",\"b\":false,\"at\":\"1970-01-01T00:00:00.000000Z\",\"n\":7}\n",
            Encoding.UTF8.GetString(target.ToArray()));
    }

    [Fact]
    public async Task Blackhole_LetsGoOfEveryRow()
    {
        var memory = new CountingAllocator();
        await using var sink = await OperatorHarness.StartAsync(new BlackholeSink(), Rows.Numbers);

        await sink.ProcessAsync(Rows.Of(10, allocator: memory));

        Assert.Equal(0, memory.LiveBytes);
        Assert.Empty(sink.Log);
    }

    private Task<OperatorHarness> SinkAsync(OperatorState? restored = null) =>
        OperatorHarness.StartAsync(new SingleFileSink(new SingleFileSinkConfig { Path = File }), Rows.Numbers, _backend, restored);

    private string Content() => System.IO.File.ReadAllText(File);
}
