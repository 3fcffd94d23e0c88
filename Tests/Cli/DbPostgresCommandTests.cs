using Npgsql;

namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: <c>flow db</c> does on PostgreSQL what it does on SQLite. Method: the real command beside a real silo and a server of its own.</summary>
public sealed class DbPostgresCommandTests : IAsyncLifetime
{
    private const int WatchdogMs = 600_000;
    private const int Processes = 3;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-db-");
    private PostgresServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder.FullName, "data");

    private string Connection => _server!.ConnectionString;

    public async ValueTask InitializeAsync()
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL (initdb and postgres on PATH, or Debian's package postgresql)");
        _server = await PostgresServer.StartAsync(null, Cancellation, "fsync=off");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Db_OverPostgresBesideASiloAndAfterIt_MigratesChecksInspectsAndRestores()
    {
        Assert.Contains("schema version 0 -> 3", await RunAsync(0, "db", "migrate", "--connection", Connection), StringComparison.Ordinal);
        await using (var silo = Silo("--postgres", Connection))
        {
            await SubmitAsync(silo, "one");
            Assert.Contains("nothing to do", await RunAsync(0, "db", "migrate", "--connection", Connection), StringComparison.Ordinal);
            Assert.Contains("0 corrupt", await RunAsync(0, "db", "check", "--connection", Connection), StringComparison.Ordinal);
            Assert.Contains("\"format\": 2", await RunAsync(0, "db", "inspect", "graphrun/one", "--connection", Connection), StringComparison.Ordinal);
            Assert.Contains("store_in_use", await RunAsync(2, "db", "restore", "--connection", Connection), StringComparison.Ordinal);
            Assert.Contains("store_in_use", await RunAsync(2, "db", "copy", "postgres", "sqlite", "--connection", Connection, "--data", Data + "-2"), StringComparison.Ordinal);
            Assert.Contains("bad_option", await RunAsync(2, "db", "backup", "backup.db", "--connection", Connection), StringComparison.Ordinal);

            // The silo is still the owner and serves.
            await SubmitAsync(silo, "two");
            await silo.KillAsync();
        }

        await ExecuteAsync("UPDATE flow.grain_state SET payload = 'x' || payload WHERE grain = 'graphrun/one' AND name = 'run'");
        await ExecuteAsync("DELETE FROM flow.grain_state WHERE grain = 'graphrun/two' AND name = 'run-plan'");
        var check = await RunAsync(1, "db", "check", "--connection", Connection);
        Assert.Contains("state_corrupt graphrun/one run:", check, StringComparison.Ordinal);
        Assert.Contains("state_corrupt graphrun/two run-plan: the row is missing", check, StringComparison.Ordinal);
        Assert.Contains("2 corrupt", check, StringComparison.Ordinal);

        // The killed silo is still written down as the owner.
        Assert.Contains("generation 2", await RunAsync(0, "db", "restore", "--connection", Connection), StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Migrate_ByProcessesAtOnceAndBesideASilo_LeavesOneWholeStore()
    {
        foreach (var store in (string[][])[["--connection", Connection], ["--data", Data]])
        {
            await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => RunAsync(0, ["db", "migrate", .. store])));
            Assert.Contains("schema version 3, nothing to do", await RunAsync(0, ["db", "migrate", .. store]), StringComparison.Ordinal);
            await using var silo = store[0] == "--data" ? Silo() : Silo("--postgres", Connection);
            await SubmitAsync(silo, "one");
            await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => RunAsync(0, ["db", "migrate", .. store])));
            await SubmitAsync(silo, "two");
            Assert.Contains("0 corrupt", await RunAsync(0, ["db", "check", .. store]), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Copy_FromSqliteToPostgres_LetsASiloGoOnWithTheRunsAndBack()
    {
        await using (var silo = Silo())
        {
            await SubmitAsync(silo, "one");
            await silo.KillAsync();
        }

        Assert.Contains("states copied", await RunAsync(0, "db", "copy", "sqlite", "postgres", "--data", Data, "--connection", Connection), StringComparison.Ordinal);
        await using (var silo = FlowProcess.Flow(
            new Dictionary<string, string> { ["FLOW_POSTGRES"] = Connection }, "silo", "--data", Data + "-2", "--port", "0", "--http-port", "0"))
        {
            var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
            await silo.WaitForLineAsync("ready", Cancellation);
            Assert.Contains("one", await RunAsync(0, "run", "show", "one", "--gateway", gateway), StringComparison.Ordinal);
            await silo.KillAsync();
        }

        Assert.Contains("states copied", await RunAsync(0, "db", "copy", "postgres", "sqlite", "--data", Data + "-3", "--connection", Connection), StringComparison.Ordinal);
        Assert.Contains("graphrun/one run", await RunAsync(0, "db", "inspect", "graphrun/", "--data", Data + "-3"), StringComparison.Ordinal);
        Assert.Contains("0 corrupt", await RunAsync(0, "db", "check", "--data", Data + "-3"), StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Db_WithTheVariableOfTheSilo_FindsTheSameStore()
    {
        await RunAsync(0, "db", "migrate", "--connection", Connection);
        await using var check = FlowProcess.Flow(new Dictionary<string, string> { ["FLOW_POSTGRES"] = Connection }, "db", "check");

        Assert.Equal((0, true), (await check.WaitForExitAsync(Cancellation), check.Output.Contains("0 states, 0 corrupt", StringComparison.Ordinal)));
    }

    private static async Task<string> RunAsync(int expectedExitCode, params string[] arguments)
    {
        await using var process = FlowProcess.Flow(null, arguments);
        var exitCode = await process.WaitForExitAsync(Cancellation);
        Assert.True(exitCode == expectedExitCode, $"exit code {exitCode}: {process.Output}");
        return process.Output;
    }

    private FlowProcess Silo(params string[] arguments) => FlowProcess.Flow(null, ["silo", "--data", Data, "--port", "0", "--http-port", "0", .. arguments]);

    private async Task SubmitAsync(FlowProcess silo, string run)
    {
        var document = Path.Combine(_folder.FullName, "graph.json");
        await File.WriteAllTextAsync(document, """{ "name": "g", "nodes": [ { "id": "a", "role": "r" } ] }""", Cancellation);
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await silo.WaitForLineAsync("ready", Cancellation);
        await RunAsync(0, "submit", document, "--id", run, "--allow-unknown-roles", "--gateway", gateway);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Connection + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
#pragma warning disable CA2100 // A literal of this class.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Cancellation));
    }
}
