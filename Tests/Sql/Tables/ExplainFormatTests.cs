using System.Text.Json;
using OrleansFlow.Sql.Explain;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>
/// EXPLAIN for programs and for drawing, as golden files beside the shapes. FLOW_UPDATE_SHAPES=1 writes them anew; look at what changed before you keep it.
/// </summary>
public sealed class ExplainFormatTests : IAsyncLifetime
{
    private const string Sql = "SELECT b.k, count(*) AS n FROM big b JOIN small s ON b.k = s.k WHERE s.name <> 'a \"b\" <c>' GROUP BY b.k ORDER BY n DESC";

    private static readonly bool MustUpdate = Environment.GetEnvironmentVariable("FLOW_UPDATE_SHAPES") == "1";
    private static readonly StageOptions Two = new() { TaskCountMax = 2, PartitionsPerTask = 3, BytesPerTask = 1, BroadcastBytesMax = 1_000 };

    private DistributedPlanner _planner = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _planner = await DistributedPlanner.OpenAsync(Token);
        await _planner.AddTableAsync("big", "SELECT 1 AS k, 'x' AS s", 100_000, Token);
        await _planner.AddTableAsync("small", "SELECT 1 AS k, 'x' AS name", 10, Token);
    }

    public ValueTask DisposeAsync() => _planner.DisposeAsync();

    [Theory]
    [InlineData(ExplainFormat.Json, "explain.json")]
    [InlineData(ExplainFormat.Graphviz, "explain.dot")]
    [InlineData(ExplainFormat.Mermaid, "explain.mmd")]
    public async Task Plan_HasItsDrawing(ExplainFormat format, string name)
    {
        var file = Path.Combine(QueryText.Folder("Shapes"), name);

        var text = await _planner.ExplainAsync(Sql, Two, format, Token);

        if (MustUpdate)
        {
            await File.WriteAllTextAsync(file, text, Token);
            return;
        }

        Assert.Equal((await File.ReadAllTextAsync(file, Token)).ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public async Task Json_OfAPlan_HasStagesWithWhatTheyRead()
    {
        using var plan = JsonDocument.Parse(await _planner.ExplainAsync(Sql, Two, ExplainFormat.Json, Token));

        var stages = plan.RootElement.GetProperty("stages").EnumerateArray().ToArray();
        Assert.Equal(Enumerable.Range(1, stages.Length), stages.Select(stage => stage.GetProperty("id").GetInt32()));
        Assert.True(stages[^1].GetProperty("isResult").GetBoolean());
        Assert.Contains(stages.SelectMany(stage => stage.GetProperty("scans").EnumerateArray()), scan => scan.GetProperty("table").GetString() == "big");
        Assert.All(stages[..^1], stage => Assert.NotEqual(0, stage.GetProperty("outputs").GetArrayLength()));
    }

    [Theory]
    [InlineData(ExplainFormat.Text)]
    [InlineData(ExplainFormat.Json)]
    [InlineData(ExplainFormat.Graphviz)]
    [InlineData(ExplainFormat.Mermaid)]
    public async Task LocalPlan_SaysWhy(ExplainFormat format)
    {
        Assert.Contains("a LIMIT or OFFSET", await _planner.ExplainAsync("SELECT k FROM big LIMIT (SELECT max(k) FROM small)", Two, format, Token), StringComparison.Ordinal);
        Assert.Contains("Scan big", await _planner.ExplainAsync("SELECT k FROM big", new StageOptions(), format, Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new double[0], 1)]
    [InlineData(new[] { 0.0, 0 }, 1)]
    [InlineData(new[] { 5.0, 5 }, 1)]
    [InlineData(new[] { 10.0, 30, 20 }, 1.5)]
    [InlineData(new[] { 10.0, 40 }, 4)]
    [InlineData(new[] { 0.0, 0, 7 }, 3)]
    public void Skew_IsTheLargestByTheMiddleOne(double[] values, double expected) => Assert.Equal(expected, ExplainedActual.Skew(values));

    [Fact]
    public async Task Actuals_StandUnderTheirStage()
    {
        var plan = await _planner.PlanAsync(Sql, Two, Token);
        TaskActual[] actuals =
        [
            new(1, 0, 1, "lost", "failed") { RowsOut = 1 },
            new(1, 0, 2, "red", "finished") { RowsOut = 5, BytesOut = 2_048, Elapsed = TimeSpan.FromMilliseconds(3), SpilledBytes = 3 << 20, OutputWait = TimeSpan.FromMilliseconds(1) },
            new(1, 1, 1, "blue", "finished")
            {
                RowsOut = 10, Elapsed = TimeSpan.FromMilliseconds(4), Operators = [new OperatorActual("TABLE_SCAN", 1, 10, 80, TimeSpan.FromMicroseconds(7))],
            },
        ];

        var text = plan.Explain(ExplainFormat.Text, actuals);

        Assert.Contains(
            """
              > rows=15, bytes=2KiB, time=4ms, waited=1ms for readers, spilled=3MiB, attempts=3, skew=2 of rows 1.33 of time
              >   task 0 at red: rows=5, bytes=2KiB, time=3ms, waited=1ms for readers, spilled=3MiB, attempt=2
              >   task 1 at blue: rows=10, bytes=0B, time=4ms
              >       TABLE_SCAN rows=10, bytes=80B, time=0.007ms
            """.ReplaceLineEndings(),
            text,
            StringComparison.Ordinal);
        Assert.Equal(await _planner.ExplainAsync(Sql, Two, Token), plan.Explain(ExplainFormat.Text));
    }

    [Fact]
    public async Task Format_ThatIsNone_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _planner.ExplainAsync(Sql, Two, (ExplainFormat)9, Token));
}
