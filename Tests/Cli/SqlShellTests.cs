namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: <c>flow sql</c> serves a person at a terminal, and a script at its standard input.</summary>
public sealed class SqlShellTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>
{
    private const int WatchdogMs = 600_000;
    private const string Up = "\u001b[A";
    private const string Left = "\u001b[D";
    private const string Delete = "\u001b[3~";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Terminal_HasMultipleLinesHistoryAndTiming()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "script of util-linux makes the terminal.");
        var home = Directory.CreateDirectory(Path.Combine(silo.DataFolder, "home")).FullName;
        var environment = new Dictionary<string, string> { ["HOME"] = home, ["TERM"] = "xterm" };
        await using (var terminal = FlowProcess.Terminal(environment, "sql", "--gateway", silo.Gateway))
        {
            await terminal.WaitForTextAsync(".help", Token);
            await terminal.WriteAsync("select 40 +\r");
            await terminal.WriteAsync("  2 as answer_of_two_lines;\r");
            await terminal.WaitForTextAsync("time: ", Token);
            await terminal.WriteAsync(".timing off\r.mode csv\r");

            // 'selecx' is corrected in its middle.
            await terminal.WriteAsync($"selecx 7 as corrected;{string.Concat(Enumerable.Repeat(Left, 17))}{Delete}t\r");
            await terminal.WaitForTextAsync("corrected", Token);
            await terminal.WriteAsync(".quit\r");
            Assert.Equal(0, await terminal.WaitForExitAsync(Token));
            Assert.Contains("42", terminal.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("engine_error", terminal.Output, StringComparison.Ordinal);
        }

        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(home, ".flow_sql_history"), Token)).Length);
        await using var next = FlowProcess.Terminal(environment, "sql", "--format", "csv", "--gateway", silo.Gateway);
        await next.WaitForTextAsync(".help", Token);
        await next.WriteAsync($"{Up}{Up}\r");
        await next.WaitForLineAsync("42", Token);
        await next.WriteAsync(".quit\r");
        Assert.Equal(0, await next.WaitForExitAsync(Token));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task StandardInput_IsReadAsAFile()
    {
        await using var process = FlowProcess.Piped(null, "sql", "--gateway", silo.Gateway);
        await process.WriteAsync(
            """
            .mode csv
            select range as piped
              from range(2);
            .mode json
            select 5 as five; select nothing_like_it
              from range(1);
            .mode table
            .limit 1
            select range as many from range(3);
            .timing on
            .tables
            .schema system.workers
            .explain (format json) select 1 as one
            .nonsense
            .help

            """);
        process.EndInput();

        Assert.Equal(1, await process.WaitForExitAsync(Token));
        foreach (var text in (string[])
            ["piped", "1", "{\"five\":5}", "LINE 1: select nothing_like_it", "flow.system.queries  SYSTEM TABLE", "worker_id: utf8", "It runs in the gateway's process", "'.nonsense' is no command", ".schema TABLE"])
        {
            Assert.Contains(text, process.Output, StringComparison.Ordinal);
        }

        // The mark stands under the wrong word.
        var lines = process.Output.Split(Environment.NewLine);
        var place = Array.FindIndex(lines, line => line.StartsWith("LINE 1: select nothing_like_it", StringComparison.Ordinal));
        Assert.Equal("LINE 1: select ".Length, lines[place + 1].IndexOf('^', StringComparison.Ordinal));
        Assert.DoesNotContain("\u001b[K", process.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Result_ThatIsKept_IsFetchedByFlowGet()
    {
        var (exitCode, output) = await RunAsync("sql", "--keep", "-c", "select 'kept for later' as word", "--format", "csv", "--gateway", silo.Gateway);
        Assert.Equal(0, exitCode);
        var line = Assert.Single(output.Split(Environment.NewLine), line => line.StartsWith("kept: flow get ", StringComparison.Ordinal));

        var (again, fetched) = await RunAsync("get", line["kept: flow get ".Length..], "--format", "csv", "--gateway", silo.Gateway);

        Assert.Equal(0, again);
        Assert.Equal("word\nkept for later", fetched.ReplaceLineEndings("\n"));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Queries_AreListedShownAndCancelledByTheirIds()
    {
        var (exitCode, output) = await RunAsync("queries", "--gateway", silo.Gateway);
        Assert.Equal(0, exitCode);
        Assert.Contains("QUERY", output, StringComparison.Ordinal);

        foreach (var command in (string[])["show", "cancel"])
        {
            var (failed, why) = await RunAsync("queries", command, "none-such", "--gateway", silo.Gateway);
            Assert.NotEqual(0, failed);
            Assert.Contains("There is no query 'none-such'", why, StringComparison.Ordinal);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = FlowProcess.Flow(null, arguments);
        return (await process.WaitForExitAsync(Token), process.Output);
    }
}
