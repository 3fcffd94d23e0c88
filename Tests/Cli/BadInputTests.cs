namespace OrleansFlow.Tests.Cli;

/// <summary>
/// Goal: every mistake and failure that a user can meet at the command line has a stable code, an exit code of its kind (2 the caller's,
/// 1 a failure) and leaves stored state whole. Method: the real command, as a process of its own, against a real silo.
/// </summary>
public sealed class BadInputTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>
{
    private const int WatchdogMs = 600_000;
    private const string Node = """{ "id": "a", "role": "r" }""";

    public static TheoryData<string, string> BadGraphs() => new()
    {
        { "graph_not_json", "{ this is no json" },
        { "graph_unknown_field", $$"""{ "name": "g", "colour": "red", "nodes": [ {{Node}} ] }""" },
        { "graph_unknown_field", """{ "name": "g", "nodes": [ { "id": "a", "role": "r", "rolle": "x" } ] }""" },
        { "graph_missing_field", $$"""{ "nodes": [ {{Node}} ] }""" },
        { "graph_bad_value", """{ "name": "g", "nodes": [ { "id": "a", "role": "r", "tasks": 0 } ] }""" },
        { "graph_bad_id", """{ "name": "g", "nodes": [ { "id": "a/b", "role": "r" } ] }""" },
        { "graph_duplicate_node", $$"""{ "name": "g", "nodes": [ {{Node}}, {{Node}} ] }""" },
        { "graph_unknown_node", """{ "name": "g", "nodes": [ { "id": "a", "role": "r", "depends_on": ["b"] } ] }""" },
        {
            "graph_cycle",
            """{ "name": "g", "nodes": [ { "id": "a", "role": "r", "depends_on": ["b"] }, { "id": "b", "role": "r", "depends_on": ["a"] } ] }"""
        },
        { "graph_empty", """{ "name": "g", "nodes": [] }""" },
        { "unknown_role", $$"""{ "name": "g", "nodes": [ {{Node}} ] }""" },
    };

    [Theory(Timeout = WatchdogMs)]
    [MemberData(nameof(BadGraphs))]
    public async Task Submit_OfABadGraph_NamesTheProblemAndIsTheCallersMistake(string code, string document)
    {
        var (exitCode, output) = await RunAsync("submit", silo.Write("graph.json", document), "--gateway", silo.Gateway);

        Assert.Contains(code, output, StringComparison.Ordinal);
        Assert.Contains("bad_graph", output, StringComparison.Ordinal);
        Assert.Equal(2, exitCode);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Submit_WithSeveralProblems_NamesThemAll()
    {
        var document = silo.Write("graph.json", """{ "name": "g", "colour": 1, "nodes": [ { "id": "a", "role": "r", "depends_on": ["x"], "tasks": -1 } ] }""");

        var (_, output) = await RunAsync("submit", document, "--gateway", silo.Gateway);

        foreach (var code in (string[])["graph_unknown_field", "graph_unknown_node", "graph_bad_value"])
        {
            Assert.Contains(code, output, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Submit_NamingAFileThatIsNotThere_IsTheCallersMistakeAndMakesNoRun()
    {
        var document = silo.Write("graph.json", $$"""{ "name": "lost-file", "files": { "f": "no-such-file" }, "nodes": [ {{Node}} ] }""");

        var (exitCode, output) = await RunAsync("submit", document, "--gateway", silo.Gateway, "--allow-unknown-roles");
        var (_, runs) = await RunAsync("runs", "--gateway", silo.Gateway);

        Assert.Equal(2, exitCode);
        Assert.Contains("data_file_missing", output, StringComparison.Ordinal);
        Assert.DoesNotContain("lost-file", runs, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Submit_OfADocumentThatIsNotThere_IsTheCallersMistake()
    {
        var (exitCode, output) = await RunAsync("submit", "no-such-graph.json", "--gateway", silo.Gateway);

        Assert.Equal(2, exitCode);
        Assert.Contains("data_file_missing", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("run", "show", "no-such-run")]
    [InlineData("cancel", "no-such-run")]
    [InlineData("get", "no-such-run/node")]
    public async Task Commands_OnAnUnknownRun_SayNotFound(params string[] arguments)
    {
        var (exitCode, output) = await RunAsync([.. arguments, "--gateway", silo.Gateway]);

        Assert.Equal(2, exitCode);
        Assert.Contains("not_found", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("no-such-command")]
    [InlineData("runs", "--limit", "0")]
    [InlineData("runs", "--limit", "many")]
    [InlineData("get", "not-a-result")]
    [InlineData("silo", "--port", "70000")]
    [InlineData("silo", "--bind", "nowhere")]
    [InlineData("runs", "--gateway", "not-an-address")]
    public async Task Arguments_ThatMakeNoSense_AreTheCallersMistake(params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.Equal(2, exitCode);
        Assert.NotEmpty(output);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Gateway_ThatDoesNotAnswer_IsAFailure()
    {
        var (exitCode, output) = await RunAsync("runs", "--gateway", "http://127.0.0.1:1");

        Assert.Equal(1, exitCode);
        Assert.Contains("gateway_unreachable", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Silo_OnAPortThatIsTaken_NamesThePort()
    {
        var port = new Uri(silo.Gateway).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (exitCode, output) = await RunAsync("silo", "--data", NewFolder(), "--port", port, "--http-port", "0");

        Assert.Equal(2, exitCode);
        Assert.Contains("port_in_use", output, StringComparison.Ordinal);
        Assert.Contains(port, output, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Silo_OnADataFolderThatIsOwned_IsRefusedAndTheOwnerGoesOn()
    {
        var (exitCode, output) = await RunAsync("silo", "--data", silo.DataFolder, "--port", "0", "--http-port", "0");

        Assert.Equal(2, exitCode);
        Assert.Contains("store_in_use", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("runs", "--gateway", silo.Gateway)).ExitCode);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Silo_BeyondLoopbackWithoutTlsAndToken_IsRefused()
    {
        var (exitCode, output) = await RunAsync("silo", "--data", NewFolder(), "--port", "0", "--http-port", "0", "--bind", "0.0.0.0");

        Assert.Equal(2, exitCode);
        Assert.Contains("bind_refused", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Worker_ThatDiesBeforeItsFirstHeartbeat_SaysWhy()
    {
        var broken = silo.Write("broken.dll", "this is no assembly");

        var (exitCode, output) = await RunAsync("worker", "--load", broken, "--gateway", silo.Gateway);

        Assert.Equal(2, exitCode);
        Assert.Contains("bad_input", output, StringComparison.Ordinal);
        Assert.Contains("broken.dll", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Store_ThatIsFull_RefusesTheRunAndGoesOnOnceThereIsRoom()
    {
        var data = NewFolder();
        var document = silo.Write("graph.json", $$"""{ "name": "large", "params": { "text": "{{new string('x', 400_000)}}" }, "nodes": [ {{Node}} ] }""");
        string[] arguments = ["silo", "--data", data, "--port", "0", "--http-port", "0"];
        await using (var full = FlowProcess.Flow(new Dictionary<string, string> { ["OrleansFlow__Storage__Sqlite__PagesMax"] = "64" }, arguments))
        {
            var gateway = await full.WaitForLineAsync("gateway", TestContext.Current.CancellationToken);
            await full.WaitForLineAsync("ready", TestContext.Current.CancellationToken);
            var (exitCode, output) = await RunAsync("submit", document, "--id", "large", "--allow-unknown-roles", "--gateway", gateway);
            Assert.Equal(1, exitCode);
            Assert.Contains("store_full", output, StringComparison.Ordinal);
            Assert.Equal(2, (await RunAsync("run", "show", "large", "--gateway", gateway)).ExitCode);
            await full.KillAsync();
        }

        await using var roomy = FlowProcess.Flow(null, arguments);
        var again = await roomy.WaitForLineAsync("gateway", TestContext.Current.CancellationToken);
        await roomy.WaitForLineAsync("ready", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await RunAsync("submit", document, "--id", "large", "--allow-unknown-roles", "--gateway", again)).ExitCode);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = FlowProcess.Flow(null, arguments);
        var exitCode = await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (exitCode, process.Output);
    }

    private string NewFolder() => Path.GetDirectoryName(silo.Write("marker", ""))!;
}
