namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: a person can query tables at the command line, by one statement, by a file, and line by line.</summary>
public sealed class SqlCommandTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>
{
    private const int WatchdogMs = 120_000;

    [Theory(Timeout = WatchdogMs)]
    [InlineData("csv", "n,t", "7,a;b")]
    [InlineData("json", """{"n":7,"t":"a;b"}""")]
    [InlineData("table", "a;b", "1 rows")]
    public async Task Statement_PrintsItsRows(string format, params string[] lines)
    {
        var (exitCode, output) = await RunAsync("sql", "-c", "select 7 as n, 'a;b' as t", "--format", format, "--gateway", silo.Gateway);

        Assert.Equal(0, exitCode);
        Assert.All(lines, line => Assert.Contains(line, output, StringComparison.Ordinal));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Statement_ThatIsWrong_IsTheCallersMistake()
    {
        var (exitCode, output) = await RunAsync("sql", "-c", "select nothing_like_it", "--gateway", silo.Gateway);

        Assert.Equal(2, exitCode);
        Assert.Contains("flow: engine_error: ", output, StringComparison.Ordinal);
        Assert.Contains("nothing_like_it", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task File_RunsStatementsOfSeveralLinesAndCommands()
    {
        var file = silo.Write(
            "session.sql",
            """
            .mode csv
            -- a semicolon in a comment; ends nothing
            create table by_file as
              select range as n, 'x;' || range as "odd;name" from range(3);
            .tables
            .schema by_file
            .timing on
            select sum(n) as total,
                   max("odd;name") as last
            from by_file; select $tag$;$tag$ as quoted;
            .explain select count(*) from by_file
            select 'without semicolon' as rest
            """);

        var (exitCode, output) = await RunAsync("sql", "-f", file, "--gateway", silo.Gateway);

        foreach (var text in (string[])["3 rows changed", "flow.main.by_file  TABLE", "n: ", "odd;name: ", "total,last", "3,x;2", "quoted", "time: ", "COUNT", "without semicolon"])
        {
            Assert.Contains(text, output, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal(0, exitCode);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task File_GoesOnAfterAFailureAndTellsIt()
    {
        var (exitCode, output) = await RunAsync("sql", "-f", silo.Write("bad.sql", "select 1 as a;\n.nonsense\nselec 2;\nselect 'still here' as b;"), "--format", "csv", "--gateway", silo.Gateway);

        Assert.Contains("'.nonsense' is no command", output, StringComparison.Ordinal);
        Assert.Contains("engine_error", output, StringComparison.Ordinal);
        Assert.Contains("still here", output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Rows_GoToAFileThatIsWhole()
    {
        var path = Path.Combine(silo.DataFolder, "rows.csv");

        var (exitCode, _) = await RunAsync("sql", "-c", "select range as n from range(3)", "--format", "csv", "-o", path, "--gateway", silo.Gateway);

        Assert.Equal(0, exitCode);
        Assert.Equal(["n", "0", "1", "2"], await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = FlowProcess.Flow(null, arguments);
        var exitCode = await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (exitCode, process.Output);
    }
}
