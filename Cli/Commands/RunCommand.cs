using System.CommandLine;
using OrleansFlow.Cli.Rendering;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow run show ID</c></summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "Run id; 'flow runs' lists them." };
        var tasks = new Option<bool>("--tasks") { Description = "Show each task too." };
        var show = new Command("show", "Show a run's nodes.") { id, tasks };
        var gateway = GatewayOptions.AddTo(show);
        show.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var run = await client.GetRunAsync(Ids.Run(parsed.GetValue(id)!), cancellationToken);
            AnsiConsole.Write(RunTables.Summary(run));
            AnsiConsole.Write(RunTables.Nodes(run));
            if (run.VariablesJson is { Length: > 2 } variables)
            {
                AnsiConsole.WriteLine($"vars {variables}");
            }

            if (parsed.GetValue(tasks))
            {
                AnsiConsole.Write(RunTables.Tasks(await client.ListTasksAsync(run.RunId, cancellationToken: cancellationToken).ToListAsync(cancellationToken)));
            }

            return 0;
        });
        return new Command("run", "Look at one run.") { show };
    }
}
