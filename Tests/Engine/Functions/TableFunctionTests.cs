using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Tests.Engine.Functions;

/// <summary>Goal: table functions in C# stream batches as long as the statement wants them.</summary>
public sealed class TableFunctionTests : EngineTestBase
{
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _openCount;
    private int _closeCount;

    protected override EngineOptions Options => new()
    {
        ThreadCount = 2,
        Functions =
        [
            EngineFunction.Table(
                "my_series",
                [EngineParameter.At<long>("count"), EngineParameter.Named<long>("start"), EngineParameter.Named<string>("fails")],
                arguments => new TableRows(
                    NumberSchema, token => SeriesAsync(arguments.Get<long>("count"), arguments.Get("start", 0L), arguments.Get("fails", ""), token))
                {
                    EstimatedRowCount = arguments.Get<long>("count"),
                }),
            EngineFunction.Table("my_stuck", [], _ => new TableRows(NumberSchema, StuckAsync)),
            EngineFunction.Table(
                "my_values",
                [
                    EngineParameter.At<bool>("b"), EngineParameter.At<short>("s"), EngineParameter.At<int>("i"), EngineParameter.At<float>("f"), EngineParameter.At<double>("d"),
                    EngineParameter.At<decimal>("m"), EngineParameter.At<string>("t"), EngineParameter.At<byte[]>("x"), EngineParameter.At<DateOnly>("day"),
                    EngineParameter.At<TimeOnly>("time"), EngineParameter.At<DateTime>("at"), EngineParameter.At<DateTimeOffset>("zoned"),
                ],
                arguments => new TableRows(
                    new ArrowSchema(new ArrowField("text", ArrowType.Utf8)),
                    token => OneAsync(string.Create(
                        System.Globalization.CultureInfo.InvariantCulture,
                        $"{arguments.Get<bool>("b")} {arguments.Get<short>("s")} {arguments.Get<int>("i")} {arguments.Get<float>("f")} {arguments.Get<double>("d")} {arguments.Get<decimal>("m"):0.00##} {arguments.Get<string>("t")} {Convert.ToHexString(arguments.Get<byte[]>("x"))} {arguments.Get<DateOnly>("day"):O} {arguments.Get<TimeOnly>("time"):O} {arguments.Get<DateTime>("at"):s} {arguments.Get<DateTimeOffset>("zoned"):u}"),
                        token))),
        ],
    };

    [Fact]
    public async Task Rows_OfATableFunction_AreReadInAnyStatement()
    {
        Assert.Equal([[100_000L, 7L, 100_006L]], await RowsAsync("SELECT count(*), min(n), max(n) FROM my_series(100000, start := 7)"));
        Assert.Equal([[100L]], await RowsAsync("SELECT count(*) FROM my_series(1000) a JOIN my_series(100, start := 900) b USING (n)"));
        Assert.Equal(_openCount, _closeCount);
    }

    [Fact]
    public async Task PreparedStatement_OverATableFunction_ReadsItAnewEachTime()
    {
        await using var statement = await Session.PrepareAsync("SELECT sum(n)::BIGINT FROM my_series(10)", Token);
        for (var index = 0; index < 3; index++)
        {
            await using var result = await statement.QueryAsync(null, Token);
            Assert.Equal([[45L]], await RowsAsync(result));
        }

        Assert.Equal(3, _openCount);
    }

    [Fact]
    public async Task Argument_OfEachType_IsReadAsItIs() =>
        Assert.Equal(
            "True -3 70000 1.5 2.25 12.34 text 00FF 2024-02-29 12:34:56.0000000 2024-02-29T12:34:56 2024-02-29 10:34:56Z",
            await ValueAsync(@"SELECT text FROM my_values(true, -3::SMALLINT, 70000, 1.5, 2.25, 12.34, 'text', '\x00\xFF'::BLOB, DATE '2024-02-29', TIME '12:34:56', TIMESTAMP '2024-02-29 12:34:56', TIMESTAMPTZ '2024-02-29 12:34:56+02')"));

    [Fact]
    public async Task Argument_ThatIsNull_IsNamedByTheError()
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync("SELECT * FROM my_series(NULL)"));

        Assert.Contains("Function 'my_series' failed", error.Message, StringComparison.Ordinal);
        Assert.Contains("'count'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TableFunction_ThatThrowsWhileItIsRead_FailsTheStatementWithItsException()
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync("SELECT sum(n) FROM my_series(100000, fails := 'no more paper')"));

        Assert.Contains("Function 'my_series' failed: no more paper", error.Message, StringComparison.Ordinal);
        Assert.Equal("no more paper", Assert.IsType<InvalidDataException>(error.InnerException).Message);
        Assert.Equal(_openCount, _closeCount);
    }

    [Fact]
    public async Task TableFunction_ThatWaits_EndsWithTheCancelledStatement()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var query = Session.ExecuteAsync("SELECT sum(n) FROM my_stuck()", null, cancel.Token);
        await _waiting.Task.WaitAsync(Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => query);
        Assert.Equal(1, await ValueAsync("SELECT 1"));
    }

    [Fact]
    public async Task Limit_OverATableFunction_ClosesItEarly()
    {
        Assert.Equal(3, (await RowsAsync("SELECT n FROM my_series(1000000000) LIMIT 3")).Count);

        Assert.Equal((1, 1), (_openCount, _closeCount));
    }

    private async IAsyncEnumerable<RecordBatch> SeriesAsync(long count, long start, string failure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int BatchRowCount = 10_000;
        Interlocked.Increment(ref _openCount);
        try
        {
            for (long first = 0; first < count; first += BatchRowCount)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return Numbers(start + first, (int)Math.Min(BatchRowCount, count - first));
                if (failure.Length > 0)
                {
                    throw new InvalidDataException(failure);
                }
            }
        }
        finally
        {
            Interlocked.Increment(ref _closeCount);
        }
    }

    private async IAsyncEnumerable<RecordBatch> StuckAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _waiting.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        yield break;
    }

    private async IAsyncEnumerable<RecordBatch> OneAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        yield return Batch(new ArrowSchema(new ArrowField("text", ArrowType.Utf8)), [text]);
    }
}
