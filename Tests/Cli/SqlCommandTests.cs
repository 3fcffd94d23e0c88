namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: a person can query tables at the command line, by one statement, by a file, and line by line.</summary>
public sealed class SqlCommandTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>
{
    private const int WatchdogMs = 600_000;

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
            create view seen_by_file (number) as select n from by_file where n > 0;
            .tables
            .schema by_file
            .schema seen_by_file
            select sum(number) as seen from seen_by_file;
            drop view seen_by_file;
            .timing on
            select sum(n) as total,
                   max("odd;name") as last
            from by_file; select $tag$;$tag$ as quoted;
            .explain select count(*) from by_file
            select 'without semicolon' as rest
            """);

        var (exitCode, output) = await RunAsync("sql", "-f", file, "--gateway", silo.Gateway);

        foreach (var text in (string[])["3 rows changed", "flow.main.by_file  TABLE", "flow.main.seen_by_file  VIEW", "number: ", "seen", "n: ", "odd;name: ", "total,last", "3,x;2", "quoted", "time: ", "COUNT", "without semicolon"])
        {
            Assert.Contains(text, output, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal(0, exitCode);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Files_AreWrittenNamedAndRead()
    {
        var file = silo.Write(
            "files.sql",
            $"""
            .mode csv
            copy (select range as n, 'x' || range as word, range % 2 as part from range(10)) to '{silo.FilesFolder}/made' (partition_by (part));
            create table made from '{silo.FilesFolder}/made/*/*.parquet' (hive_partitioning = true);
            .tables
            .schema made
            select part, sum(n) as total from made group by part order by part;
            copy made to '{silo.FilesFolder}/made.csv' (header);
            drop table made;
            """);

        var (exitCode, output) = await RunAsync("sql", "-f", file, "--gateway", silo.Gateway);

        foreach (var text in (string[])["10 rows changed", "flow.main.made  TABLE", "word: ", "part: ", "part,total", "0,20", "1,25"])
        {
            Assert.Contains(text, output, StringComparison.Ordinal);
        }

        Assert.Equal(0, exitCode);
        Assert.Equal(11, (await File.ReadAllLinesAsync(Path.Combine(silo.FilesFolder, "made.csv"), TestContext.Current.CancellationToken)).Length);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Copy_ToAnotherFolder_IsRefusedWithTheWayOut()
    {
        var (exitCode, output) = await RunAsync("sql", "-c", $"copy (select 1 as n) to '{silo.DataFolder}/elsewhere'", "--gateway", silo.Gateway);

        Assert.Equal(2, exitCode);
        Assert.Contains("elsewhere", output, StringComparison.Ordinal);
        Assert.Contains("--writable", output, StringComparison.Ordinal);
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
