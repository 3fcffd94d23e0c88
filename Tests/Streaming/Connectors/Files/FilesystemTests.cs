using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Connectors.Files;

public sealed class FilesystemTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("filesystem-").FullName;
    private readonly MemoryStateBackend _state = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _state.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(FormatKind.Json)]
    [InlineData(FormatKind.Csv)]
    [InlineData(FormatKind.Parquet)]
    [InlineData(FormatKind.Arrow)]
    public async Task WhatTheSinkWrites_TheSourceReads_EachRowOnce(FormatKind kind)
    {
        var sink = new FilesystemSinkConfig { Url = _folder, Rows = new RowSinkConfig { Format = new FormatConfig { Kind = kind } }, RollingRowsMax = 700 };
        var impulse = new ImpulseConfig { MessageCount = 10_000, EventTimeIntervalMicros = 1, StartTimeMicros = 0 };
        var program = Jobs.Of(
            [Jobs.Node(1, 2, Jobs.Op("s", ImpulseSource.Kind, ImpulseSource.Schema, impulse)), Jobs.Node(2, 2, Jobs.Op("k", FilesystemSink.Kind, null, sink))], Jobs.Edge(1, 2));
        var setup = Jobs.Setup(program, new OperatorRegistry().AddKnown()) with { Limits = new StreamEngineLimits { SourceBatchRows = 512 } };
        await using (var runner = new LocalRunner(setup))
        {
            await runner.RunAsync(Token);
        }

        Assert.InRange(FilesystemSource.FilesOf(_folder).Count, 8, 40);
        Assert.DoesNotContain(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories), file => file.Contains("_staged", StringComparison.Ordinal));

        var (all, _) = await ReadAsync(_folder, kind, parallelism: 3, stopAfterRows: null, null);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(number => (long)number), all.Order());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Files_AreReadOnceOverAStopAtACheckpoint_AtAnotherParallelism()
    {
        const int Files = 20;
        const int RowsOfAFile = 5_000;
        for (var file = 0; file < Files; file++)
        {
            await File.WriteAllLinesAsync(Path.Combine(_folder, $"{file:D2}.json"), Enumerable.Range(file * RowsOfAFile, RowsOfAFile).Select(number => $"{{\"counter\":{number}}}"), Token);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "_hidden.json"), "nonsense", Token);
        await File.WriteAllTextAsync(Path.Combine(_folder, "other.txt"), "nonsense", Token);
        var pattern = Path.Combine(_folder, "*.json");
        var (first, checkpoint) = await ReadAsync(pattern, FormatKind.Json, parallelism: 2, stopAfterRows: 9_000, null);
        Assert.InRange(first.Count, 9_000, (Files * RowsOfAFile) - 1);
        var (second, _) = await ReadAsync(pattern, FormatKind.Json, parallelism: 3, stopAfterRows: null, checkpoint);

        Assert.Equal(Enumerable.Range(0, Files * RowsOfAFile).Select(number => (long)number), first.Concat(second).Order());
    }

    [Fact]
    public async Task Files_AppearOnlyWithTheCommit_AndRepeatingItChangesNothing()
    {
        await using var sink = await SinkAsync();
        await sink.ProcessAsync(Rows.Of(2));
        Assert.Empty(Visible());
        await sink.CheckpointAsync();
        var staged = sink.Operator.CommitData;
        Assert.Empty(Visible());

        await sink.Operator.CommitAsync(1, staged, Token);
        await sink.Operator.CommitAsync(1, staged, Token);

        Assert.Equal(["{\"number\":0}\n{\"number\":1}\n"], Visible());
        Assert.True(sink.Operator.CommitData.IsEmpty);
    }

    [Fact]
    public async Task CommitThatWasLost_IsMadeUpForByTheRestoredSink_AndWhatNoCheckpointKnowsIsRemoved()
    {
        OperatorState state;
        await using (var before = await SinkAsync())
        {
            await before.ProcessAsync(Rows.Of(2));
            state = OperatorStates.Merge("one", [await before.CheckpointAsync()]);
            await before.ProcessAsync(Rows.Of(1, 77));
            await before.CheckpointAsync();
        }

        await using var after = await SinkAsync(state);

        Assert.Equal(["{\"number\":0}\n{\"number\":1}\n"], Visible());
        Assert.Single(Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories));
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

        Assert.Equal(["{\"number\":0}\n", "{\"number\":9}\n"], Visible());
    }

    [Fact]
    public async Task StagedFileThatIsGone_FailsTheCommitLoudly()
    {
        await using var sink = await SinkAsync();
        await sink.ProcessAsync(Rows.Of(2));
        await sink.CheckpointAsync();
        Directory.Delete(Path.Combine(_folder, "_staged"), recursive: true);

        var failure = await Assert.ThrowsAsync<FlowException>(() => sink.Operator.CommitAsync(1, sink.Operator.CommitData, Token).AsTask());

        Assert.Equal(FlowErrorCode.StateCorrupt, failure.Code);
    }

    [Fact]
    public async Task File_EndsWhenItIsOldEnough()
    {
        var clock = new ManualTimeProvider();
        await using var sink = await SinkAsync(clock: clock, config: new FilesystemSinkConfig { Url = _folder, RollingIntervalMicros = 60_000_000 });
        Assert.Equal(TimeSpan.FromSeconds(1), sink.Operator.TickInterval);
        await sink.ProcessAsync(Rows.Of(1));
        await sink.Operator.OnTickAsync(sink, Token);
        await sink.ProcessAsync(Rows.Of(1, 1));
        clock.Advance(TimeSpan.FromMinutes(1));
        await sink.Operator.OnTickAsync(sink, Token);
        await sink.ProcessAsync(Rows.Of(1, 2));
        await sink.CheckpointAsync();

        await sink.Operator.CommitAsync(1, sink.Operator.CommitData, Token);

        Assert.Equal(["{\"number\":0}\n{\"number\":1}\n", "{\"number\":2}\n"], Visible());
    }

    [Fact]
    public async Task Rows_AreDividedByColumnsAndEventTime()
    {
        var schema = new ArrowSchema(new ArrowField("k", ArrowType.Utf8), new ArrowField("n", ArrowType.Int64), EventTime.Field);
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow("a/b", 1L, DateTimeOffset.UnixEpoch);
        builder.AppendRow(null, 2L, DateTimeOffset.UnixEpoch.AddHours(1));
        builder.AppendRow("a/b", 3L, DateTimeOffset.UnixEpoch.AddMinutes(5));
        var config = new FilesystemSinkConfig { Url = _folder, PartitionFields = { "k" }, PartitionTimeFormat = "yyyy-MM-dd/HH", FilePrefix = "p-" };
        await using var sink = await OperatorHarness.StartAsync(new FilesystemSink(config), schema, _state);
        await sink.ProcessAsync(builder.Build());
        await sink.CheckpointAsync();

        await sink.Operator.CommitAsync(1, sink.Operator.CommitData, Token);

        Assert.Equal(
            ["k=__HIVE_DEFAULT_PARTITION__/1970-01-01/01: {\"n\":2}\n", "k=a%2Fb/1970-01-01/00: {\"n\":1}\n{\"n\":3}\n"],
            FilesystemSource.FilesOf(_folder).Select(file => $"{Path.GetRelativePath(_folder, Path.GetDirectoryName(file)!)}: {File.ReadAllText(file)}").Order(StringComparer.Ordinal));
    }

    private List<string> Visible() => [.. FilesystemSource.FilesOf(_folder).Select(File.ReadAllText)];

    private Task<OperatorHarness> SinkAsync(OperatorState? restored = null, FilesystemSinkConfig? config = null, TimeProvider? clock = null) =>
        OperatorHarness.StartAsync(new FilesystemSink(config ?? new FilesystemSinkConfig { Url = _folder }), Rows.Numbers, _state, restored, clock);

    private async Task<(List<long> Rows, CheckpointManifest? Checkpoint)> ReadAsync(string path, FormatKind kind, uint parallelism, int? stopAfterRows, CheckpointManifest? restored)
    {
        var schema = new ArrowSchema(new ArrowField("counter", ArrowType.Int64));
        var numbers = new List<long>();
        var (enough, asked) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var registry = new OperatorRegistry().AddKnown().Add("show", _ => new LambdaOperator
        {
            Process = async (batch, _, _, _) =>
            {
                using (batch)
                {
                    numbers.AddRange(batch.Column<Int64Array>(0).Values);
                }

                if (numbers.Count >= stopAfterRows)
                {
                    enough.TrySetResult();
                    await asked.Task.WaitAsync(Token);
                }
            },
        });
        var config = new FilesystemSourceConfig { Path = path, Format = new FormatConfig { Kind = kind } };
        var program = Jobs.Of([Jobs.Node(1, parallelism, Jobs.Op("s", FilesystemSource.Kind, schema, config)), Jobs.Node(2, 1, Jobs.Op("k", "show"))], Jobs.Edge(1, 2, EdgeKind.Shuffle));
        await using var runner = new LocalRunner(Jobs.Setup(program, registry, state: _state), restored);
        var run = runner.RunAsync(Token);
        CheckpointManifest? checkpoint = null;
        if (stopAfterRows is not null)
        {
            await enough.Task;
            var taken = runner.CheckpointAsync(thenStop: true, Token);
            asked.SetResult();
            checkpoint = await taken;
        }

        await run;
        return (numbers, checkpoint);
    }
}
