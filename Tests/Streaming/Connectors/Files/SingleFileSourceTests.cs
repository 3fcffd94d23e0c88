using System.IO.Compression;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Files;

public sealed class SingleFileSourceTests : IDisposable
{
    private const int RowCount = 40_000;
    private static readonly ArrowSchema Schema = new(new ArrowField("n", ArrowType.Int64), new ArrowField("t", ArrowType.Utf8));

    private readonly string _folder = Directory.CreateTempSubdirectory("file-source-").FullName;
    private readonly MemoryStateBackend _state = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _state.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("rows.json", FormatKind.Json)]
    [InlineData("rows.json.gz", FormatKind.Json)]
    [InlineData("rows.csv", FormatKind.Csv)]
    [InlineData("rows.csv.gz", FormatKind.Csv)]
    [InlineData("rows.parquet", FormatKind.Parquet)]
    [InlineData("rows.arrow", FormatKind.Arrow)]
    public async Task File_IsReadOnceOverAStopAtACheckpoint_WhateverItsForm(string name, FormatKind kind)
    {
        var config = new FileSourceConfig { Path = await WriteAsync(name), Format = new FormatConfig { Kind = kind } };
        var (first, checkpoint) = await RunAsync(config, parallelism: 1, stopAfterRows: 5_000, null);
        Assert.InRange(first.Count, 5_000, RowCount - 1);
        var (second, _) = await RunAsync(config, parallelism: 3, stopAfterRows: null, checkpoint);

        Assert.Equal(Enumerable.Range(0, RowCount).Select(Line), first.Concat(second));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FileThatIsThrough_IsNotReadAgainAfterARestart()
    {
        var config = new FileSourceConfig { Path = Path.Combine(_folder, "in.json"), Format = new FormatConfig { Kind = FormatKind.Json } };
        await File.WriteAllTextAsync(config.Path, "{\"n\":1,\"t\":\"a\"}", Token);
        var checkpoint = await ThroughAsync(config);
        await File.AppendAllTextAsync(config.Path, "\n{\"n\":2,\"t\":\"b\"}", Token);

        Assert.Empty((await RunAsync(config, 1, null, checkpoint)).Rows);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FileThatBecameShorter_EndsTheRestartedJob()
    {
        var config = new FileSourceConfig { Path = await WriteAsync("rows.json"), Format = new FormatConfig { Kind = FormatKind.Json } };
        var (_, checkpoint) = await RunAsync(config, 1, 5_000, null);
        await File.WriteAllTextAsync(config.Path, "{\"n\":1}", Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync(config, 1, null, checkpoint));

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BadRecord_EndsTheJob_AndSaysWhereItIs()
    {
        var config = new FileSourceConfig { Path = Path.Combine(_folder, "in.json"), Format = new FormatConfig { Kind = FormatKind.Json } };
        await File.WriteAllTextAsync(config.Path, "{\"n\":1}\n{\"n\":\"x\"}\n", Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync(config, 1, null, null));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Equal($"Source 's' cannot read the record at byte 8 of '{config.Path}': column 'n' (int64) does not take 'x'. With bad_data = 'drop' such records are left out.", failure.Message);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task BadRecords_AreLeftOutAndReported_IfThatIsAskedFor()
    {
        var config = new FileSourceConfig { Path = Path.Combine(_folder, "in.json"), Format = new FormatConfig { Kind = FormatKind.Json, DropsBadData = true } };
        await File.WriteAllTextAsync(config.Path, "{\"n\":1,\"t\":\"a\"}\nno\n{\"n\":\"x\"}\n{\"n\":2,\"t\":\"b\"}\n" + string.Concat(Enumerable.Repeat("no\n", 10_000)), Token);
        using var rows = new RowCollector();
        await using var runner = Runner(config, rows, 1, null);
        var events = runner.WatchAsync(Token);
        await runner.RunAsync(Token);

        Assert.Equal(["1|a", "2|b"], Lines(rows));
        var told = new List<string>();
        await foreach (var one in events)
        {
            if (one.NonfatalError is { } error)
            {
                told.Add(error.Message);
            }
        }

        Assert.StartsWith("Source 's' left out ", Assert.Single(told), StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("none.json", FormatKind.Json, FlowErrorCode.DataFileMissing)]
    [InlineData("none.parquet", FormatKind.Parquet, FlowErrorCode.DataFileMissing)]
    [InlineData("none.arrow", FormatKind.Arrow, FlowErrorCode.DataFileMissing)]
    [InlineData("wrong.parquet", FormatKind.Parquet, FlowErrorCode.BadInput)]
    [InlineData("wrong.arrow", FormatKind.Arrow, FlowErrorCode.BadInput)]
    [InlineData("wrong.csv", FormatKind.Csv, FlowErrorCode.BadInput)]
    public async Task FileThatIsMissingOrOfAnotherForm_EndsTheJob(string name, FormatKind kind, FlowErrorCode code)
    {
        var path = Path.Combine(_folder, name);
        if (name.StartsWith("wrong", StringComparison.Ordinal))
        {
            await File.WriteAllTextAsync(path, "this is another form", Token);
        }

        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync(new FileSourceConfig { Path = path, Format = new FormatConfig { Kind = kind } }, 1, null, null));

        Assert.Equal(code, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    private static string Line(int number) => $"{number}|text {number}";

    private async Task<string> WriteAsync(string name)
    {
        var path = Path.Combine(_folder, name);
        if (name.EndsWith(".arrow", StringComparison.Ordinal))
        {
            using var stream = File.Create(path);
            using var writer = new ArrowFileWriter(stream, Schema);
            for (var first = 0; first < RowCount; first += 6_000)
            {
                using var builder = new RecordBatchBuilder(Schema);
                for (var i = first; i < Math.Min(RowCount, first + 6_000); i++)
                {
                    builder.AppendRow((long)i, $"text {i}");
                }

                using var batch = builder.Build();
                await writer.WriteAsync(batch, Token);
            }

            await writer.EndAsync(Token);
            return path;
        }

        if (name.EndsWith(".parquet", StringComparison.Ordinal))
        {
            await using var engine = await EngineInstance.OpenAsync(null, Token);
            await using var session = engine.OpenSession();
            await session.ExecuteAsync($"COPY (SELECT i AS n, 'text ' || i AS t FROM range({RowCount}) r(i)) TO {EngineText.Literal(path)} (ROW_GROUP_SIZE 2048)", null, Token);
            return path;
        }

        var lines = Enumerable.Range(0, RowCount).Select(i => name.Contains("json", StringComparison.Ordinal) ? $"{{\"n\":{i},\"t\":\"text {i}\"}}" : $"{i},text {i}");
        await using var file = File.Create(path);
        await using var packed = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : (Stream)file;
        await using var text = new StreamWriter(packed);
        await text.WriteAsync(string.Join("\n", name.Contains("csv", StringComparison.Ordinal) ? lines.Prepend("n,t") : lines));
        return path;
    }

    private async Task<CheckpointManifest> ThroughAsync(FileSourceConfig config)
    {
        // An endless job beside it, so that a checkpoint can be taken when the file is through.
        using var rows = new RowCollector();
        var idle = new OperatorRegistry().AddKnown().Add("idle", _ => LambdaSource.Silent()).Add(CollectSink.Kind, _ => new CollectSink(rows));
        var program = Jobs.Of(
            [
                Jobs.Node(1, 1, Jobs.Op("s", SingleFileSource.Kind, Schema, config)), Jobs.Node(2, 1, Jobs.Op("k", CollectSink.Kind)),
                Jobs.Node(3, 1, Jobs.Op("i", "idle", Schema)), Jobs.Node(4, 1, Jobs.Op("j", BlackholeSink.Kind)),
            ],
            Jobs.Edge(1, 2),
            Jobs.Edge(3, 4));
        await using var runner = new LocalRunner(Jobs.Setup(program, idle, state: _state));
        var events = runner.WatchAsync(Token).GetAsyncEnumerator(Token);
        var run = runner.RunAsync(Token);
        for (var ended = 0; ended < 2; ended += events.Current.TaskFinished is null ? 0 : 1)
        {
            await events.MoveNextAsync();
        }

        var checkpoint = await runner.CheckpointAsync(thenStop: true, Token);
        await run;
        await events.DisposeAsync();
        return checkpoint;
    }

    private async Task<(List<string> Rows, CheckpointManifest? Checkpoint)> RunAsync(FileSourceConfig config, uint parallelism, int? stopAfterRows, CheckpointManifest? restored)
    {
        using var rows = new RowCollector();
        var (enough, asked, seen) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        await using var runner = Runner(config, rows, parallelism, restored, async count =>
        {
            if ((seen += count) >= stopAfterRows)
            {
                // The source stands before a full queue until the checkpoint is under way.
                enough.TrySetResult();
                await asked.Task.WaitAsync(Token);
            }
        });
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
        return (Lines(rows), checkpoint);
    }

    private LocalRunner Runner(FileSourceConfig config, RowCollector rows, uint parallelism, CheckpointManifest? restored, Func<int, Task>? heard = null)
    {
        var registry = new OperatorRegistry().AddKnown().Add("show", _ => new LambdaOperator
        {
            Process = async (batch, _, _, _) =>
            {
                var count = batch.RowCount;
                rows.Add(batch);
                await (heard?.Invoke(count) ?? Task.CompletedTask);
            },
        });
        var program = Jobs.Of([Jobs.Node(1, parallelism, Jobs.Op("s", SingleFileSource.Kind, Schema, config)), Jobs.Node(2, 1, Jobs.Op("k", "show"))], Jobs.Edge(1, 2, EdgeKind.Shuffle));
        return new LocalRunner(Jobs.Setup(program, registry, state: _state), restored);
    }

    private static List<string> Lines(RowCollector rows)
    {
        var lines = new List<string>();
        foreach (var batch in rows.Take())
        {
            using (batch)
            {
                lines.AddRange(Formats.DecodedRows.Lines(batch));
            }
        }

        return lines;
    }
}
