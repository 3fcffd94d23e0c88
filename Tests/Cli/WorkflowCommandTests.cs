using OrleansFlow.Client;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: what can be asked of workflow runs and schedules can be asked by hand. The runs wait for a worker that nobody starts.</summary>
public sealed class WorkflowCommandTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>
{
    private const int WatchdogMs = 600_000;

    private static readonly WorkflowDefinition<int, int, GrowCounter> Flow = MakeFlow();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Run_FromStartToDeletion_IsSeenAndSteered()
    {
        await using var client = FlowClient.Connect(silo.Gateway);
        await client.Workflows.RegisterAsync(Flow.Compiled, CancellationToken);

        await SaysAsync("w-1", "workflow", "start", "cli-order@1", "--input", "4", "--id", "w-1", "--attribute", "customer=c7", "--deadline", "2h");
        await SaysAsync("w-1", "workflow", "list", "--attribute", "customer=c7", "--status", "Running", "--workflow", "cli-order");
        Assert.DoesNotContain("w-1", await SaysAsync("run", "workflow", "list", "--attribute", "customer=c8"), StringComparison.Ordinal);
        var shown = await SaysAsync("cli-order@1", "workflow", "show", "w-1");
        Assert.All(["items pending 1", "add", "deadline 2"], text => Assert.Contains(text, shown, StringComparison.Ordinal));
        await SaysAsync("worker", "workflow", "why", "w-1");
        await SaysAsync("snapshot of version 0", "workflow", "context", "w-1");
        await SaysAsync("message", "workflow", "errors", "w-1");
        await SaysAsync("RunStarted", "workflow", "history", "w-1");
        await SaysAsync("flowchart", "workflow", "picture", "w-1");
        await SaysAsync("digraph", "workflow", "picture", "cli-order@1", "--dot");

        await SaysAsync("w-1: Paused", "workflow", "pause", "w-1", "--reason", "look first");
        await SaysAsync("paused (look first)", "workflow", "why", "w-1");
        await SaysAsync("look first", "workflow", "list", "--prefix", "w-1");
        await SaysAsync("taken", "workflow", "signal", "w-1", "approve", "\"Ada\"", "--id", "s1");
        await SaysAsync("was taken before", "workflow", "signal", "w-1", "approve", "\"Ada\"", "--id", "s1");
        await SaysAsync("w-1: Running", "workflow", "resume", "w-1");
        await SaysAsync("w-1: Cancelled", "workflow", "cancel", "w-1");
        await SaysAsync("w-1: deleted", "workflow", "delete", "w-1");
        var (exitCode, gone) = await RunAsync("workflow", "show", "w-1");
        Assert.Equal(2, exitCode);
        Assert.Contains("not_found", gone, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Migrate_MovesARunByName_OrByAPlan()
    {
        await using var client = FlowClient.Connect(silo.Gateway);
        var old = MakeVersion(1, "add");
        foreach (var version in (WorkflowDefinition<int, int, GrowCounter>[])[old, MakeVersion(2, "plus"), MakeVersion(3, "plus")])
        {
            await client.Workflows.RegisterAsync(version.Compiled, CancellationToken);
        }

        await client.Workflows.StartAsync(old, GrowCounter.Empty, 1, new WorkflowStartOptions { RunId = new RunId("w-move") }, CancellationToken);

        await SaysAsync("cli-moving: 1, 2, 3", "workflow", "definitions");
        await SaysAsync("\"plus\"", "workflow", "definitions", "cli-moving@2");
        var (exitCode, refused) = await RunAsync("workflow", "migrate", "w-move", "--to", "2");
        Assert.Equal(2, exitCode);
        Assert.Contains("'add'", refused, StringComparison.Ordinal);
        await SaysAsync("w-move: Running, on cli-moving@2", "workflow", "migrate", "w-move", "--to", "2", "--rename", "add=plus");

        await SaysAsync("w-move: Paused", "workflow", "pause", "w-move");
        await SaysAsync("cli-moving", "workflow", "state", "w-move");
        var plan = OrleansFlow.Workflows.Migrations.MigrationPlan.ByName(await client.Workflows.Get(new RunId("w-move")).StateAsync(CancellationToken), MakeVersion(3, "plus").Compiled);
        var file = silo.Write("plan.json", System.Text.Json.JsonSerializer.Serialize(plan));
        await SaysAsync("w-move: Paused, on cli-moving@3", "workflow", "migrate", "w-move", "--plan", file);
        await client.Workflows.Get(new RunId("w-move")).CancelAsync(cancellationToken: CancellationToken);

        static WorkflowDefinition<int, int, GrowCounter> MakeVersion(int version, string name)
        {
            var flow = new Workflow<GrowCounter>("cli-moving", version);
            return flow.Start(flow.Node<int, int>(name, (value, _) => value + 1).End()).Build<int, int>();
        }
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Replay_OfASavedHistory_ReportsTheFirstDivergence()
    {
        await using var client = FlowClient.Connect(silo.Gateway);
        var run = await client.Workflows.StartAsync(Flow, GrowCounter.Empty, 1, new WorkflowStartOptions { RunId = new RunId("w-replay") }, CancellationToken);
        await run.CancelAsync("enough", CancellationToken);
        var file = silo.Write("history.json", "");

        await SaysAsync("events", "workflow", "history", "w-replay", "--save", file);
        await SaysAsync("no divergence", "workflow", "replay", file);
        await SaysAsync("no divergence", "workflow", "replay", file, "--version", "1");

        var other = silo.Write("definition.json", System.Text.Json.JsonSerializer.Serialize(MakeOther().Compiled));
        var (exitCode, output) = await RunAsync("workflow", "replay", file, "--definition", other);
        Assert.Equal(1, exitCode);
        Assert.Contains("position", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Schedule_FromItsMakingToItsDeletion_IsSeenAndSteered()
    {
        await using var client = FlowClient.Connect(silo.Gateway);
        await client.Workflows.RegisterAsync(Flow.Compiled, CancellationToken);
        var file = silo.Write("schedule.json", """{"times":{"cron":["0 6 * * 1-5"],"zone":"Europe/Berlin"},"run":{"workflow":"cli-order","input":1},"overlap":"skip"}""");

        await SaysAsync("nightly: created", "schedule", "put", "nightly", file);
        await SaysAsync("nightly: changed", "schedule", "put", "nightly", file);
        await SaysAsync("nightly", "schedule", "list");
        await SaysAsync("Europe/Berlin", "schedule", "show", "nightly");
        await SaysAsync("Paused", "schedule", "pause", "nightly", "--note", "holidays");
        await SaysAsync("nightly-now-1", "schedule", "trigger", "nightly");
        await SaysAsync("Active", "schedule", "unpause", "nightly");
        await SaysAsync("nightly-20260105T050000Z", "schedule", "backfill", "nightly", "2026-01-05T00:00:00Z", "2026-01-05T12:00:00Z", "--overlap", "AllowAll");
        await SaysAsync("nightly: deleted", "schedule", "delete", "nightly");
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("not_found", "flow workflow list", "workflow", "show", "nobody")]
    [InlineData("not_found", "flow schedule list", "schedule", "show", "nobody")]
    [InlineData("bad_input", "NAME@VERSION", "workflow", "start", "order")]
    [InlineData("unknown_definition", "order", "workflow", "start", "order@7", "--input", "1")]
    [InlineData("bad_input", "--to VERSION or --plan FILE", "workflow", "migrate", "order")]
    [InlineData("bad_input", "need quotes", "workflow", "signal", "x", "approve", "Ada")]
    [InlineData("bad_input", "is no time", "workflow", "start", "a@1", "--deadline", "5")]
    [InlineData("data_file_missing", "no-such-file", "schedule", "put", "s", "no-such-file")]
    [InlineData("bad_input", "no history", "workflow", "replay", "HERE")]
    public async Task Workflow_Misused_SaysHow(string code, string says, params string[] arguments)
    {
        var file = silo.Write("some.json", "{}");
        var (exitCode, output) = await RunAsync([.. arguments.Select(argument => argument == "HERE" ? file : argument)]);

        Assert.Contains(code, output, StringComparison.Ordinal);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Equal(2, exitCode);
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeFlow()
    {
        var flow = new Workflow<GrowCounter>("cli-order");
        var add = flow.Node<int, int>("add", (value, _) => value + 1);
        var twice = flow.Node<int, int>("twice", (value, _) => value * 2).End();
        add.To(twice);
        return flow.Start(add).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeOther()
    {
        var flow = new Workflow<GrowCounter>("cli-order", 2);
        return flow.Start(flow.Node<int, int>("only", (value, _) => value).End()).Build<int, int>();
    }

    private async Task<string> SaysAsync(string text, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);
        Assert.Contains(text, output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, exitCode);
        return output;
    }

    private async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = FlowProcess.Flow(null, [.. arguments, "--gateway", silo.Gateway]);
        return (await process.WaitForExitAsync(CancellationToken), process.Output);
    }
}
