using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Joins.Lookups;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Connectors.Files;

/// <summary>Goal: a file that is looked up answers as it is now, and one that cannot be looked up says why.</summary>
public sealed class FileLookupTests : IDisposable
{
    private static readonly ArrowSchema Keys = new([new ArrowField("id", ArrowType.Int64)]);

    private static readonly ArrowSchema Columns = new([new ArrowField("city", ArrowType.Utf8), new ArrowField("id", ArrowType.Int64)]);

    private readonly string _path = Path.GetTempFileName();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_path);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FileThatHasChanged_AnswersAsItIsNow()
    {
        await WriteAsync("""{"id": 1, "city": "a"}""", """{"id": null, "city": "x"}""", """{"id": null, "city": "y"}""");
        await using var lookup = await StartAsync();
        Assert.Equal("a for 1", await AskAsync(lookup, 0, 1, 2));

        await WriteAsync("""{"id": 2, "city": "bb"}""", """{"id": 1, "city": "cc"}""");

        Assert.Equal("cc for 1, bb for 2", await AskAsync(lookup, 0, 1, 2));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EmptyFile_HasNoRows()
    {
        await WriteAsync();
        await using var lookup = await StartAsync();

        Assert.Equal("", await AskAsync(lookup, 1, 2));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task KeyThatIsThereTwice_IsRefused()
    {
        await WriteAsync("""{"id": 1, "city": "a"}""", """{"id": 1, "city": "b"}""");

        var failure = await Assert.ThrowsAsync<FlowException>(() => StartAsync());

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("has several rows of one key (id)", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FileThatIsTooLarge_IsRefused()
    {
        await WriteAsync("""{"id": 1, "city": "a"}""");

        var failure = await Assert.ThrowsAsync<FlowException>(() => StartAsync(bytesMax: 1));

        Assert.Equal(FlowErrorCode.LimitExceeded, failure.Code);
        Assert.Contains("more than 1 bytes of memory (lookup.file.max_bytes)", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FileThatIsNotThere_IsTold()
    {
        File.Delete(_path);

        Assert.Equal(FlowErrorCode.DataFileMissing, (await Assert.ThrowsAsync<FlowException>(() => StartAsync())).Code);
    }

    private Task WriteAsync(params string[] lines) => File.WriteAllLinesAsync(_path, lines, Token);

    private async Task<FileLookup> StartAsync(long bytesMax = 0)
    {
        var config = new FileLookupConfig { Path = _path, Format = new FormatConfig { Kind = FormatKind.Json }, RowsBytesMax = bytesMax };
        var lookup = new FileLookup(config, new LookupDefinition("one", default, Keys, Columns));
        try
        {
            await lookup.StartAsync(Context(), Token);
            return lookup;
        }
        catch
        {
            await lookup.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> AskAsync(FileLookup lookup, params long[] ids)
    {
        using var builder = new RecordBatchBuilder(Keys);
        foreach (var id in ids)
        {
            builder.Column<PrimitiveBuilder<long>>(0).Append(id);
        }

        using var keys = builder.Build();
        var answer = await lookup.LookupAsync(keys, Token);
        using var rows = answer.Rows;
        return string.Join(", ", answer.KeyRows.Select((key, row) => $"{ArrowFormatter.FormatValue(rows.Column(0), row)} for {ids[key]}"));
    }

    private static OperatorContext Context() => new()
    {
        OperatorId = "one",
        NodeId = 1,
        SubtaskIndex = 0,
        Parallelism = 1,
        State = new MemoryStateBackend().Open(new SubtaskPlace("one", 0, 1), null),
        InputSides = [0],
        InputSchemas = [Keys],
        OutputSchema = null,
        Clock = TimeProvider.System,
        Allocator = ArrowAllocator.Default,
        ReportErrorAsync = static (_, _) => ValueTask.CompletedTask,
    };
}
