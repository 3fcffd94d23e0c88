using System.Text.Json;
using OrleansFlow.Client;
using OrleansFlow.Errors;

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
    public async Task Preview_PrintsTheFirstRows_ByTheNamesOfTheQuery_AndItsJobIsDeleted()
    {
        await using var client = FlowClient.Connect(silo.Gateway);
        var before = await JobsAsync(client);

        var printed = await RunAsync(0, "jobs", "preview", silo.Write("twice.sql", Numbers + "SELECT counter * 2 AS twice FROM n"), "--rows", "3");
        Assert.Equal(["{\"twice\":0}", "{\"twice\":2}", "{\"twice\":4}"], Rows(printed));

        var csv = await RunAsync(0, "jobs", "preview", silo.Write("twice.sql", Numbers + "SELECT counter * 2 AS twice, _timestamp FROM (SELECT counter, 'x' AS _timestamp FROM n)"), "--rows", "2", "--format", "csv");
        Assert.Equal(["twice,_timestamp", "0,x", "2,x"], csv.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(before, await JobsAsync(client));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Preview_ThatIsInterrupted_DeletesItsJob()
    {
        await using var client = FlowClient.Connect(silo.Gateway);
        await using var preview = FlowProcess.Flow(null, "jobs", "preview", silo.Write("endless.sql", Numbers + "SELECT counter FROM n"), "--gateway", silo.Gateway);
        await preview.WaitForLineAsync("{\"counter\":0}", TestContext.Current.CancellationToken);
        var job = Assert.Single(await client.Jobs.ListAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken), one => one.IsPreview);
        Assert.False(job.IsAtRest);

        await preview.SignalAsync("INT");
        await preview.WaitForExitAsync(TestContext.Current.CancellationToken);

        var gone = await Assert.ThrowsAsync<FlowException>(() => client.Jobs.GetAsync(job.JobId, TestContext.Current.CancellationToken));
        Assert.Equal(FlowErrorCode.NotFound, gone.Code);
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

    private static async Task<List<string>> JobsAsync(FlowClient client) =>
        [.. (await client.Jobs.ListAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)).Select(job => job.JobId).Order(StringComparer.Ordinal)];

    private async Task<string> RunAsync(int exitCode, params string[] arguments)
    {
        await using var command = FlowProcess.Flow(null, [.. arguments, "--gateway", silo.Gateway]);
        var actual = await command.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(actual == exitCode, $"exit code {actual} of: {string.Join(' ', arguments)}\n{command.Output}");
        return command.Output;
    }
}
