using System.CommandLine;
using OrleansFlow.Cli.Commands.Streams;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow run FILE.sql</c> and <c>flow run show ID</c></summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "Run id, or RUN/NODE for one node with its batches; 'flow runs' lists runs." };
        var tasks = new Option<bool>("--tasks") { Description = "Show each task too." };
        var history = new Option<bool>("--history") { Description = "Show each change of status of the run and its nodes." };
        var show = new Command("show", "Show a run's nodes, or one node with its tasks, batches and metrics.") { id, tasks, history };
        var gateway = GatewayOptions.AddTo(show);
        show.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var (runId, nodeId) = Ids.RunOrNode(parsed.GetValue(id)!);
            var run = await client.GetRunAsync(runId, cancellationToken);
            if (nodeId is not null)
            {
                await ShowNodeAsync(client, run, nodeId, cancellationToken);
                return 0;
            }

            AnsiConsole.Write(RunTables.Summary(run));
            AnsiConsole.Write(RunTables.Nodes(run));
            foreach (var node in run.Nodes.Where(node => node.Metrics is { Count: > 0 }))
            {
                AnsiConsole.WriteLine($"metrics of {node.NodeId}: {RunTables.Metrics(node.Metrics)}");
            }

            if (run.VariablesJson is { Length: > 2 } variables)
            {
                AnsiConsole.WriteLine($"vars {variables}");
            }

            if (parsed.GetValue(history))
            {
                AnsiConsole.Write(HistoryTables.Of(run));
            }

            if (parsed.GetValue(tasks))
            {
                AnsiConsole.Write(RunTables.Tasks(await client.ListTasksAsync(run.RunId, cancellationToken: cancellationToken).ToListAsync(cancellationToken)));
            }

            return 0;
        });
        var run = StreamRunCommand.Create("run", "Run a streaming text in this process ('flow run FILE.sql'), or look at one run of a graph ('flow run show ID').");
        run.Add(show);
        return run;
    }

    private static async Task ShowNodeAsync(FlowClient client, RunView run, string nodeId, CancellationToken cancellationToken)
    {
        var node = run.Nodes.FirstOrDefault(node => node.NodeId == nodeId)
            ?? throw new FlowException(FlowErrorCode.NotFound, $"Run '{run.RunId}' has no node '{nodeId}'. 'flow run show {run.RunId}' lists them.");
        AnsiConsole.Write(RunTables.Nodes(run with { Nodes = [node] }));
        AnsiConsole.Write(HistoryTables.Of(node));
        AnsiConsole.Write(RunTables.Tasks(await client.ListTasksAsync(run.RunId, nodeId, cancellationToken).ToListAsync(cancellationToken)));
        AnsiConsole.Write(HistoryTables.Batches(await client.ListArtifactsAsync(run.RunId, nodeId, cancellationToken).ToListAsync(cancellationToken)));
        if (node.Metrics is { Count: > 0 } metrics)
        {
            AnsiConsole.WriteLine($"metrics {RunTables.Metrics(metrics)}");
        }
    }
}
