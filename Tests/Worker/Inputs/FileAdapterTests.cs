using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Inputs;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Goal: every row of every file comes once, in the same batches each time, and no path leads out of the allowed folders. Method: real files, the real engine.</summary>
public sealed class FileAdapterTests : IDisposable
{
    private readonly AdapterContext _context = new();
    private readonly string _data;

    public FileAdapterTests()
    {
        _data = Path.Combine(_context.TempFolder, "data");
        Directory.CreateDirectory(_data);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Files_OfAPattern_ComeInOrderOfTheirPathsInBatchesOfTheAskedSize()
    {
        Csv("data/b.csv", 10, 3);
        Csv("data/a.csv", 0, 5);
        Csv("data/deep/er/c.csv", 20, 1);
        _context.Write("data/x.txt", "not asked for");

        Assert.Equal(["0,1", "2,3", "4", "10,11", "12"], await ReadAsync("""{"paths":["*.csv"],"batch_rows":2}"""));
        Assert.Equal(["0,1,2,3,4", "10,11,12", "20"], await ReadAsync("""{"paths":["**/*.csv"]}"""));
        Assert.Equal(["20"], await ReadAsync("""{"paths":["d*/e?/*.csv"]}"""));
        Assert.Equal(["10,11,12", "0,1,2,3,4"], await ReadAsync("""{"paths":["b.csv","*.csv"]}""", count: 2));
        Assert.Equal([], await ReadAsync("""{"paths":["*.parquet"]}"""));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("parquet")]
    [InlineData("csv")]
    [InlineData("json")]
    public async Task File_OfEachForm_IsReadAndGoesOnAfterAnyBatch(string format)
    {
        await WriteAsync($"rows.{format}", 100, format);
        var args = "{\"paths\":[\"rows." + format + "\"],\"batch_rows\":7,\"columns\":[\"n\"]}";
        var whole = await ReadPlacesAsync(args);

        Assert.Equal(15, whole.Count);
        Assert.Equal(Enumerable.Range(0, 100), whole.SelectMany(batch => batch.Rows.Split(',')).Select(text => int.Parse(text, CultureInfo.InvariantCulture)));
        Assert.Equal($"{Path.Combine(_data, "rows." + format)}@7", whole[1].Uid);
        foreach (var done in (int[])[1, 8, 14, 15])
        {
            Assert.Equal(whole[done..], await ReadPlacesAsync(args, whole[done - 1].Position));
        }
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("parquet", 3)]
    [InlineData("csv", 3)]
    [InlineData("parquet", 40)]
    public async Task Files_OfSeveralTasks_AreDividedWithEachRowOnce(string format, int tasks)
    {
        await WriteAsync($"a.{format}", 50, format);
        await WriteAsync($"b.{format}", 33, format, first: 50);
        await WriteAsync($"c.{format}", 17, format, first: 83);
        var rows = new List<int>();
        for (var task = 0; task < tasks; task++)
        {
            _context.Share = (task, tasks);
            rows.AddRange((await ReadAsync("{\"paths\":[\"*." + format + "\"],\"batch_rows\":10}")).SelectMany(batch => batch.Split(',')).Select(text => int.Parse(text, CultureInfo.InvariantCulture)));
        }

        Assert.Equal(Enumerable.Range(0, 100), rows.Order());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task File_WithoutRows_IsNoBatch_AndOneThatIsGoneIsNamed()
    {
        _context.Write("data/empty.csv", "n\n");

        Assert.Equal([], await ReadAsync("""{"paths":["empty.csv"]}"""));
        var gone = await Assert.ThrowsAsync<FlowException>(() => ReadAsync("""{"paths":["gone.csv"]}"""));
        Assert.Equal(FlowErrorCode.DataFileMissing, gone.Code);
        Assert.Contains("'gone.csv'", gone.Message, StringComparison.Ordinal);
        Csv("data/later.csv", 0, 1);
        var moved = await Assert.ThrowsAsync<FlowException>(() => ReadPlacesAsync("""{"paths":["later.csv"]}""", "3@0123"));
        Assert.Equal(FlowErrorCode.DataFileMissing, moved.Code);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task File_OfTheGraphsFiles_IsFoundByItsName_UnderTheSamePolicy()
    {
        _context.NamedFiles["flights"] = Csv("data/f.csv", 7, 1);
        _context.NamedFiles["secret"] = Csv("other/s.csv", 8, 1);

        Assert.Equal(["7"], await ReadAsync("""{"paths":["flights"]}"""));
        Assert.Equal(FlowErrorCode.BadInputArgs, (await Assert.ThrowsAsync<FlowException>(() => ReadAsync("""{"paths":["secret"]}"""))).Code);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("/etc/passwd")]
    [InlineData("/etc/*")]
    [InlineData("../other/s.csv")]
    [InlineData("../*/s.csv")]
    [InlineData("deep/../../other/s.csv")]
    [InlineData("link/s.csv")]
    [InlineData("link/*.csv")]
    [InlineData("s-link.csv")]
    [InlineData("s-*.csv")]
    [InlineData("/**")]
    public async Task Path_ThatLeadsOutOfTheAllowedFolders_IsRefusedAndNamed(string path)
    {
        Csv("other/s.csv", 8, 1);
        Directory.CreateSymbolicLink(Path.Combine(_data, "link"), Path.Combine(_context.TempFolder, "other"));
        File.CreateSymbolicLink(Path.Combine(_data, "s-link.csv"), Path.Combine(_context.TempFolder, "other", "s.csv"));

        var refused = await Assert.ThrowsAsync<FlowException>(() => ReadAsync("{\"paths\":[\"" + path + "\"],\"format\":\"csv\"}"));

        Assert.Equal(FlowErrorCode.BadInputArgs, refused.Code);
        Assert.Contains($"'{path}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("OrleansFlow:Worker:Inputs:Roots", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Paths_WithoutAllowedFolders_OrWithTooManyFiles_AreRefused()
    {
        Csv("data/a.csv", 0, 1);
        Csv("data/b.csv", 0, 1);

        Assert.Contains("may read no files", (await Assert.ThrowsAsync<FlowException>(() => ReadAsync("""{"paths":["a.csv"]}""", new InputAdapterOptions()))).Message, StringComparison.Ordinal);
        var options = Options(_data);
        options.FilesMax = 1;
        Assert.Equal(["0"], await ReadAsync("""{"paths":["a.csv"]}""", options));
        Assert.Contains("more than 1 files", (await Assert.ThrowsAsync<FlowException>(() => ReadAsync("""{"paths":["*.csv"]}""", options))).Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("rows.xyz", "n\n1\n", "auto", FlowErrorCode.BadInputArgs)]
    [InlineData("rows.parquet", "no parquet", "auto", FlowErrorCode.EngineError)]
    [InlineData("rows.csv", "m\n1\n", "auto", FlowErrorCode.EngineError)]
    public async Task File_ThatIsNotWhatItShouldBe_FailsForGood(string name, string text, string format, FlowErrorCode code)
    {
        _context.Write(Path.Combine("data", name), text);

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadAsync("{\"paths\":[\"" + name + "\"],\"columns\":[\"n\"],\"format\":\"" + format + "\"}"));

        Assert.Equal((code, RetryAdvice.Never), (failure.Code, failure.Kind.Retry));
    }

    private static InputAdapterOptions Options(string root)
    {
        var options = new InputAdapterOptions();
        options.Roots.Add(root);
        return options;
    }

    private string Csv(string name, int first, int count) =>
        _context.Write(name, "n\n" + string.Concat(Enumerable.Range(first, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n}\n"))));

    private async Task WriteAsync(string name, int rows, string format, int first = 0)
    {
        await using var engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        await using var session = engine.OpenSession();
        await session.ExecuteAsync(
            $"COPY (SELECT range AS n, 'x' AS other FROM range({first}, {first + rows})) TO {EngineText.Literal(Path.Combine(_data, name))} (FORMAT {format})", null, Token);
    }

    private async Task<List<string>> ReadAsync(string args, int count = int.MaxValue) => [.. (await ReadPlacesAsync(args)).Take(count).Select(batch => batch.Rows)];

    private async Task<List<string>> ReadAsync(string args, InputAdapterOptions options) => [.. (await ReadPlacesAsync(args, null, options)).Select(batch => batch.Rows)];

    private async Task<List<(string Uid, string Rows, string? Position)>> ReadPlacesAsync(string args, string? position = null, InputAdapterOptions? options = null)
    {
        var adapter = new FileAdapter(Microsoft.Extensions.Options.Options.Create(options ?? Options(_data)));
        List<(string, string, string?)> batches = [];
        await foreach (var input in adapter.ReadAsync(_context.Call("pull.files", args, position), Token))
        {
            using var batch = input.Batch!;
            Assert.Equal(input.Uid, $"{((RowsInput)input.Payload!).Source}@{((RowsInput)input.Payload).FirstRow}");
            batches.Add((input.Uid, string.Join(',', Values(batch)), input.Position));
        }

        return batches;
    }

    private static long[] Values(RecordBatch batch) => batch.Column<Int64Array>("n").Values.ToArray();
}
