using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Goal: the options of INSERT about when results go out reach the operator, and windows without them are those that they were. The cases <c>lateness-*</c> and <c>early-*</c> hold the rows and the messages.</summary>
public sealed class ResultChangesTests
{
    private const string Tables = "CREATE TABLE i WITH (connector = 'impulse'); CREATE TABLE o WITH (connector = 'blackhole'); CREATE TABLE late WITH (connector = 'blackhole'); ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("allowed_lateness = '10 seconds'", 10_000_000, 0)]
    [InlineData("ALLOWED_LATENESS = '1 day 2 hours'", 93_600_000_000, 0)]
    [InlineData("early_results_every = '250 milliseconds'", 0, 250_000)]
    [InlineData("allowed_lateness = '1 minute', early_results_every = '00:00:01', late_rows_to = 'late'", 60_000_000, 1_000_000)]
    public async Task Options_ReachTheOperatorOfTheWindow(string options, long lateness, long early)
    {
        var window = await WindowAsync($"INSERT INTO o WITH ({options}) SELECT count(*) FROM i GROUP BY tumble(INTERVAL '1 second')");

        Assert.Equal(ChangingWindowOperator.Kind, window.Kind);
        var config = ChangingWindowConfig.Parser.ParseFrom(window.Config);
        Assert.Equal((lateness, early, 1_000_000), (config.AllowedLatenessMicros, config.EarlyIntervalMicros, config.Window.Tumbling.WidthMicros));
        Assert.Equal(options.Contains("late_rows_to", StringComparison.Ordinal), config.Window.LateColumns.Count > 0);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WithoutThem_TheWindowIsOneWhoseResultsStay()
    {
        var window = await WindowAsync("INSERT INTO o WITH (late_rows_to = 'late') SELECT count(*) FROM i GROUP BY tumble(INTERVAL '1 second')");

        Assert.Equal(WindowOperator.Kind, window.Kind);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task OptionsOfOneInsert_AreNotThoseOfTheNext()
    {
        var program = await StreamPlanner.PlanAsync(
            Tables + """
            INSERT INTO o WITH (allowed_lateness = '1 second') SELECT count(*) AS c FROM i GROUP BY tumble(INTERVAL '1 second');
            INSERT INTO o SELECT count(*) AS c FROM i GROUP BY tumble(INTERVAL '1 second')
            """,
            new StreamPlanOptions(),
            Token);

        Assert.Equal(["changing_window", "window"], program.Nodes.Select(node => node.Chain[0].Kind).Where(kind => kind.Contains("window", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private static async Task<ProgramOperator> WindowAsync(string insert)
    {
        var program = await StreamPlanner.PlanAsync(Tables + insert, new StreamPlanOptions(), Token);
        return program.Nodes.Select(node => node.Chain[0]).Single(one => one.Id == "o-window");
    }
}
