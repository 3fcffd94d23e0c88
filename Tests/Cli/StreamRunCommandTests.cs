using System.Text.Json;

namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: <c>flow run FILE.sql</c> runs a job to its end, whatever comes between: Ctrl-C, SIGKILL, another parallelism. Method: the real command, as a process of its own.</summary>
public sealed class StreamRunCommandTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private const int Keys = 7;

    private readonly string _folder = Directory.CreateTempSubdirectory("flow-run-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Out => Path.Combine(_folder, "out");

    private string State => Path.Combine(_folder, "state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = WatchdogMs)]
    public async Task KilledWithSigkill_ThenInterrupted_ThenLeftAlone_WritesEachResultOnce()
    {
        const int Rows = 12_000;
        var file = Write(Rows, "event_rate = '2000',");
        await using (var first = Run(file, "--state-dir", State, "--checkpoint-interval", "0.2", "-v"))
        {
            await first.WaitForTextAsync("checkpoint 3", Token);
            await first.KillAsync();
        }

        await using (var second = Run(file, "--state-dir", State, "--checkpoint-interval", "0.2", "-p", "3", "--verbose"))
        {
            Assert.Contains("generation 2, from checkpoint", await second.WaitForTextAsync("generation", Token), StringComparison.Ordinal);
            await second.WaitForTextAsync(": checkpoint", Token);
            await second.SignalAsync("INT");
            Assert.Equal(0, await second.WaitForExitAsync(Token));
            Assert.Contains("stopped at checkpoint", second.Output, StringComparison.Ordinal);
        }

        await using (var third = Run(file, "--state-dir", State, "-p", "2"))
        {
            Assert.Equal(0, await third.WaitForExitAsync(Token));
            Assert.Contains("the data is through", third.Output, StringComparison.Ordinal);
        }

        AssertCounts(Rows);

        // Nothing is left to do.
        await using var fourth = Run(file, "--state-dir", State);
        Assert.Equal(0, await fourth.WaitForExitAsync(Token));
        AssertCounts(Rows);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task WithoutAStateFolder_RunsToTheEnd()
    {
        var file = Write(5_000, "");
        await using var run = Run(file);

        Assert.Equal(0, await run.WaitForExitAsync(Token));
        Assert.Contains("from nothing", run.Output, StringComparison.Ordinal);
        AssertCounts(5_000);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Query_ShowsItsRows()
    {
        var file = Path.Combine(_folder, "query.sql");
        await File.WriteAllTextAsync(file, "CREATE TABLE n WITH (connector = 'impulse', message_count = '3', event_time_interval_ms = '1'); SELECT counter * 11 AS eleven FROM n;", Token);
        await using var run = Run(file);

        Assert.Equal(0, await run.WaitForExitAsync(Token));
        foreach (var number in (int[])[0, 11, 22])
        {
            Assert.Contains($":{number}}}", run.Output, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task ChangedText_IsRefused_AndGoesOnWhenItIsMeant()
    {
        var file = Write(3_000, "");
        await using (var first = Run(file, "--state-dir", State))
        {
            Assert.Equal(0, await first.WaitForExitAsync(Token));
        }

        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Token)).Replace("'3000'", "'6000'", StringComparison.Ordinal), Token);
        await using (var second = Run(file, "--state-dir", State))
        {
            Assert.Equal(2, await second.WaitForExitAsync(Token));
            Assert.Contains("flow: unsupported: Job 'job' has checkpoints of another program.", second.Output, StringComparison.Ordinal);
        }

        await using var third = Run(file, "--state-dir", State, "--accept-changes");
        Assert.Equal(0, await third.WaitForExitAsync(Token));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task UnalignedBarriers_ByTheCommandLine_SurviveSigkillAndAnotherParallelism()
    {
        const int Rows = 8_000;
        var file = Write(Rows, "event_rate = '4000',");
        string[] unaligned = ["--checkpoint-barriers", "unaligned", "--alignment-timeout", "0"];
        await using (var first = Run([file, "--state-dir", State, "--checkpoint-interval", "0.1", "-p", "2", "-v", .. unaligned]))
        {
            await first.WaitForTextAsync("checkpoint 4", Token);
            await first.KillAsync();
        }

        await using var second = Run([file, "--state-dir", State, "-p", "3", .. unaligned]);
        Assert.Equal(0, await second.WaitForExitAsync(Token));
        Assert.Contains("from checkpoint", second.Output, StringComparison.Ordinal);
        AssertCounts(Rows);
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("good.sql", "--alignment-timeout '-1' is no time from 0 to 1 day", new[] { "--alignment-timeout", "-1" })]
    [InlineData("good.sql", "Argument 'crooked' not recognized", new[] { "--checkpoint-barriers", "crooked" })]
    [InlineData("no-such.sql", "There is no file", new string[0])]
    [InlineData("good.sql", "--parallelism must be 1 to 1024.", new[] { "-p", "0" })]
    [InlineData("good.sql", "--checkpoint-interval 'soon' is no time from 10 ms to 1 day", new[] { "--checkpoint-interval", "soon" })]
    [InlineData("good.sql", "There is no savepoint 'lost'.", new[] { "--from-savepoint", "lost" })]
    [InlineData("bad.sql", "ORDER BY and LIMIT are not supported over streams, which have no end.", new string[0])]
    public async Task Mistake_IsSaidInClearWords_AndIsTheCallers(string name, string words, string[] options)
    {
        const string Numbers = "CREATE TABLE n WITH (connector = 'impulse', message_count = '10');";
        await File.WriteAllTextAsync(Path.Combine(_folder, "good.sql"), Numbers + "SELECT counter FROM n;", Token);
        await File.WriteAllTextAsync(Path.Combine(_folder, "bad.sql"), Numbers + "SELECT counter FROM n ORDER BY counter;", Token);
        await using var run = Run([Path.Combine(_folder, name), .. options]);

        Assert.Equal(2, await run.WaitForExitAsync(Token));
        Assert.Contains(words, run.Output, StringComparison.Ordinal);
    }

    private static FlowProcess Run(params string[] arguments) => FlowProcess.Flow(null, ["run", .. arguments]);

    private string Write(int rows, string rate)
    {
        var file = Path.Combine(_folder, "job.sql");
        File.WriteAllText(file, $"""
            CREATE TABLE n WITH (connector = 'impulse', {rate} message_count = '{rows}', event_time_interval_ms = '1');
            CREATE TABLE o (k BIGINT, c BIGINT, s BIGINT) WITH (connector = 'single_file', path = '{Path.Combine(Out, "rows.json")}');
            INSERT INTO o SELECT counter % {Keys}, count(*), sum(counter)::BIGINT FROM n GROUP BY tumble(INTERVAL '500 milliseconds'), counter % {Keys};
            """);
        return file;
    }

    /// <summary>All files of the sink hold the count and the sum of each key of each window once.</summary>
    private void AssertCounts(int rows)
    {
        var expected = Enumerable.Range(0, rows).GroupBy(number => (Window: number / 500, Key: number % Keys)).Select(group => $"{group.Key.Key}|{group.Count()}|{group.Sum(number => (long)number)}");
        var actual = Directory.GetFiles(Out).SelectMany(File.ReadAllLines).Select(line =>
        {
            using var row = JsonDocument.Parse(line);
            return string.Join('|', row.RootElement.EnumerateObject().Where(value => value.Name != "_timestamp").Select(value => value.Value.GetRawText()));
        });
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }
}
