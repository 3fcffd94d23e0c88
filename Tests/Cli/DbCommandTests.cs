namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: an operator can look after a store with the command alone. Method: the real command beside a real silo.</summary>
public sealed class DbCommandTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-db-");

    private string Data => Path.Combine(_folder.FullName, "data");

    private string Backup => Path.Combine(_folder.FullName, "backup.db");

    [Fact(Timeout = WatchdogMs)]
    public async Task Db_BesideASiloAndAfterIt_BacksUpChecksInspectsAndRestores()
    {
        var document = Path.Combine(_folder.FullName, "graph.json");
        await File.WriteAllTextAsync(document, """{ "name": "g", "nodes": [ { "id": "a", "role": "r" } ] }""", TestContext.Current.CancellationToken);
        await using (var silo = FlowProcess.Flow(null, "silo", "--data", Data, "--port", "0", "--http-port", "0"))
        {
            var gateway = await silo.WaitForLineAsync("gateway", TestContext.Current.CancellationToken);
            await silo.WaitForLineAsync("ready", TestContext.Current.CancellationToken);
            await RunAsync(0, "submit", document, "--id", "one", "--allow-unknown-roles", "--gateway", gateway);
            Assert.Contains("backed up", await RunAsync(0, "db", "backup", Backup, "--data", Data), StringComparison.Ordinal);
            Assert.Contains("0 corrupt", await RunAsync(0, "db", "check", "--data", Data), StringComparison.Ordinal);
            Assert.Contains("store_in_use", await RunAsync(2, "db", "restore", Backup, "--data", Data), StringComparison.Ordinal);
            Assert.Contains("already_exists", await RunAsync(2, "db", "backup", Backup, "--data", Data), StringComparison.Ordinal);
            await silo.KillAsync();
        }

        Assert.Contains("\"format\": 2", await RunAsync(0, "db", "inspect", "graphrun/one", "--data", Data), StringComparison.Ordinal);
        var page = await RunAsync(0, "db", "inspect", "graphrun/", "--limit", "1", "--data", Data);
        Assert.Contains("more: --after 'graphrun/one' 'run'", page, StringComparison.Ordinal);
        Assert.Contains("run-plan", await RunAsync(0, "db", "inspect", "graphrun/", "--after", "graphrun/one", "run", "--data", Data), StringComparison.Ordinal);
        Assert.Contains("not_found", await RunAsync(2, "db", "inspect", "nobody/", "--data", Data), StringComparison.Ordinal);

        // One byte of a stored text in the backup: the row is there, and no JSON any more.
        var bytes = await File.ReadAllBytesAsync(Backup, TestContext.Current.CancellationToken);
        var place = bytes.AsSpan().IndexOf("{\"status\":0,\"submitted\""u8);
        bytes[place] = (byte)'x';
        await File.WriteAllBytesAsync(Backup, bytes, TestContext.Current.CancellationToken);
        Assert.Contains("generation 2", await RunAsync(0, "db", "restore", Backup, "--data", Data), StringComparison.Ordinal);
        Assert.Contains("state_corrupt graphrun/one run:", await RunAsync(1, "db", "check", "--data", Data), StringComparison.Ordinal);
        Assert.Contains("nothing to do", await RunAsync(0, "db", "migrate", "--data", Data), StringComparison.Ordinal);
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("not_found", "db", "check")]
    [InlineData("not_found", "db", "inspect", "graphrun/one")]
    [InlineData("bad_option", "db", "copy", "sqlite", "sqlite")]
    [InlineData("bad_option", "db", "copy", "sqlite", "postgres")]
    [InlineData("bad_option", "db", "restore")]
    [InlineData("bad_option", "db", "check", "--connection", "Host=127.0.0.1")]
    public async Task Db_GivenAMistake_NamesItAndIsTheCallersFault(string code, params string[] arguments) =>
        Assert.Contains(code, await RunAsync(2, [.. arguments, "--data", Data]), StringComparison.Ordinal);

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<string> RunAsync(int expectedExitCode, params string[] arguments)
    {
        await using var process = FlowProcess.Flow(null, arguments);
        var exitCode = await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(exitCode == expectedExitCode, $"exit code {exitCode}: {process.Output}");
        return process.Output;
    }
}
