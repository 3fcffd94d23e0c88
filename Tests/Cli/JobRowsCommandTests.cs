using System.Text.Json;

namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: rows of jobs that run at a real worker are looked at by hand, and a job begins from the state of another.</summary>
public sealed class JobRowsCommandTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>, IAsyncLifetime
{
    private const int WatchdogMs = 600_000;
    private const string Numbers = "CREATE TABLE n WITH (connector = 'impulse', event_rate = '10'); ";
    private const string Tailed = Numbers + "CREATE TABLE seen (twice BIGINT) WITH (connector = 'preview'); INSERT INTO seen SELECT counter * 2 FROM n;";

    private FlowProcess? _worker;

    public async ValueTask InitializeAsync()
    {
        _worker = FlowProcess.Flow(null, "worker", "--id", $"rows-{Guid.NewGuid():N}", "--slots", "4", "--gateway", silo.Gateway);
        await _worker.WaitForLineAsync("registered", TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _worker is null ? ValueTask.CompletedTask : _worker.DisposeAsync();

    [Fact(Timeout = WatchdogMs)]
    public async Task Preview_PrintsTheFirstRows_AndItsJobIsDeleted()
    {
        var printed = await RunAsync(0, "jobs", "preview", silo.Write("twice.sql", Numbers + "SELECT counter * 2 AS twice FROM n"), "--rows", "3");
        Assert.Equal([0, 2, 4], Rows(printed).Select(Number));

        var csv = await RunAsync(0, "jobs", "preview", silo.Write("twice.sql", Numbers + "SELECT counter * 2 FROM n"), "--rows", "2", "--format", "csv");
        Assert.Matches("(?m)^0,", csv);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Tail_PrintsRowsOfARunningJob_WhichIsDeletedOnceItRests()
    {
        await RunAsync(0, "jobs", "submit", silo.Write("tailed.sql", Tailed), "--id", "tailed");
        var rows = Rows(await RunAsync(0, "jobs", "tail", "tailed", "--table", "seen", "--rows", "2"));
        Assert.Equal(2, rows.Length);
        Assert.All(rows, row => Assert.Equal(0, Number(row) % 2));

        await RunAsync(0, "jobs", "stop", "tailed", "--mode", "immediate");
        await RunAsync(0, "jobs", "watch", "tailed");
        await RunAsync(0, "jobs", "delete", "tailed");
        Assert.Contains("not_found", await RunAsync(2, "jobs", "get", "tailed"), StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Job_BeginsFromTheSavepointOfAnother_WithItsPlaceInTheData()
    {
        var file = silo.Write("counted.sql", Tailed);
        await RunAsync(0, "jobs", "submit", file, "--id", "first", "--checkpoint-interval", "00:10:00");
        await RunAsync(0, "jobs", "tail", "first", "--rows", "1");
        await RunAsync(0, "jobs", "checkpoint", "first");
        await RunAsync(0, "jobs", "savepoint", "create", "first", "one");
        Assert.Contains("stop it before you delete it", await RunAsync(2, "jobs", "delete", "first"), StringComparison.Ordinal);
        await RunAsync(0, "jobs", "stop", "first", "--mode", "immediate");

        Assert.Contains("--from-savepoint first is none", await RunAsync(2, "jobs", "submit", file, "--from-savepoint", "first"), StringComparison.Ordinal);
        Assert.Contains("not_found", await RunAsync(2, "jobs", "submit", file, "--from-savepoint", "nobody/one"), StringComparison.Ordinal);
        await RunAsync(0, "jobs", "submit", file, "--id", "second", "--from-savepoint", "first/one");

        // The row 0 was shown before the savepoint was taken, so it is not come by again.
        var row = Assert.Single(Rows(await RunAsync(0, "jobs", "tail", "second", "--rows", "1")));
        Assert.NotEqual(0, Number(row));
        await RunAsync(0, "jobs", "stop", "second", "--mode", "immediate");
    }

    private static long Number(string row) => JsonDocument.Parse(row).RootElement.EnumerateObject().First().Value.GetInt64();

    private static string[] Rows(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith('{'))];

    private async Task<string> RunAsync(int exitCode, params string[] arguments)
    {
        await using var command = FlowProcess.Flow(null, [.. arguments, "--gateway", silo.Gateway]);
        var actual = await command.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(actual == exitCode, $"exit code {actual} of: {string.Join(' ', arguments)}\n{command.Output}");
        return command.Output;
    }
}
