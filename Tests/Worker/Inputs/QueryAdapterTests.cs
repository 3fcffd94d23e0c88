using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Inputs;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Goal: a SELECT sees the parents and the named files as tables, and nothing else. Method: the real engine.</summary>
public sealed class QueryAdapterTests : IDisposable
{
    private readonly AdapterContext _context = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Query_OverArtifactsAndFiles_JoinsThem()
    {
        _context.Inputs["orders"] = [[1, 2], [3]];
        _context.Write("a.csv", "n,name\n1,one\n3,three\n");
        _context.Write("b.csv", "n,name\n4,four\n");

        Assert.Equal(["1,3"], await ReadAsync("""{"statement":"SELECT o.n FROM orders o JOIN names USING (n) ORDER BY 1","files":{"names":"*.csv"}}"""));
        Assert.Equal(["1,2", "3"], await ReadAsync("""{"statement":"SELECT n FROM orders ORDER BY n","from_nodes":["orders"],"batch_rows":2}"""));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Query_GoesOnAfterAnyBatch()
    {
        const string Args = """{"statement":"SELECT range AS n FROM range(7)","batch_rows":3}""";

        Assert.Equal(["0,1,2", "3,4,5", "6"], await ReadAsync(Args));
        Assert.Equal(["6"], await ReadAsync(Args, "2"));
        Assert.Equal([], await ReadAsync(Args, "3"));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT 1 AS n FROM read_csv('/etc/passwd')", FlowErrorCode.EngineError)]
    [InlineData("SELECT 1 AS n FROM 'SECRET'", FlowErrorCode.EngineError)]
    [InlineData("SELECT content AS n FROM read_text('SECRET')", FlowErrorCode.EngineError)]
    [InlineData("COPY (SELECT 1) TO 'OUT'", FlowErrorCode.EngineError)]
    [InlineData("SELECT 1 AS n; SELECT 2 AS n", FlowErrorCode.BadInputArgs)]
    [InlineData("CREATE TABLE t (n INTEGER)", FlowErrorCode.BadInputArgs)]
    [InlineData("SET enable_external_access = true", FlowErrorCode.BadInputArgs)]
    [InlineData("SELECT nothing FROM nowhere", FlowErrorCode.EngineError)]
    [InlineData("SELEC 1", FlowErrorCode.EngineError)]
    public async Task Query_ThatReachesOut_OrIsNoSelect_FailsForGood(string statement, FlowErrorCode code)
    {
        var secret = _context.Write("secret.csv", "n\n1\n");
        var args = "{\"statement\":\"" + statement.Replace("SECRET", secret, StringComparison.Ordinal).Replace("OUT", secret + ".out", StringComparison.Ordinal) + "\"}";

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadAsync(args));

        Assert.Equal((code, RetryAdvice.Never), (failure.Code, failure.Kind.Retry));
        Assert.False(File.Exists(secret + ".out"));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("""{"statement":"SELECT 1","files":{"t":7}}""", FlowErrorCode.BadInputArgs, "'t'")]
    [InlineData("""{"statement":"SELECT 1","files":{"t":"*.none"}}""", FlowErrorCode.DataFileMissing, "'*.none'")]
    [InlineData("""{"statement":"SELECT 1","files":{"orders":"a.csv"}}""", FlowErrorCode.BadInputArgs, "'orders'")]
    [InlineData("""{"statement":"SELECT 1","files":{"t":"/etc/passwd"}}""", FlowErrorCode.BadInputArgs, "/etc/passwd")]
    public async Task Files_ThatCannotBeTables_AreNamed(string args, FlowErrorCode code, string named)
    {
        _context.Inputs["orders"] = [[1]];
        _context.Write("a.csv", "n\n1\n");

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadAsync(args));

        Assert.Equal(code, failure.Code);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    private async Task<List<string>> ReadAsync(string args, string? position = null)
    {
        var options = new InputAdapterOptions();
        options.Roots.Add(_context.TempFolder);
        using var adapter = new QueryAdapter(Microsoft.Extensions.Options.Options.Create(options));
        List<string> batches = [];
        await foreach (var input in adapter.ReadAsync(_context.Call("pull.query", args, position), Token))
        {
            using var batch = input.Batch!;
            batches.Add(string.Join(',', Enumerable.Range(0, batch.RowCount).Select(row => ((Int64Array)batch.Column("n")).Values[row])));
        }

        return batches;
    }
}
