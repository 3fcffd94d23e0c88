using System.CommandLine;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Graphs;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow runs</c></summary>
internal static class RunsCommand
{
    public static Command Create()
    {
        var limit = new Option<int>("--limit") { Description = "Most runs to list (1 to 1000).", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            // A value that is no number has its own error already.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var value) && (value is < 1 or > 1000))
            {
                result.AddError("--limit must be 1 to 1000.");
            }
        });
        var status = new Option<RunStatus[]>("--status") { Description = "Only runs in this status. May be repeated." };
        var command = new Command("runs", "List runs, newest first.") { limit, status };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var runs = new List<RunView>();
            await foreach (var run in client.ListRunsAsync(parsed.GetValue(status), cancellationToken))
            {
                runs.Add(run);
                if (runs.Count == parsed.GetValue(limit))
                {
                    break;
                }
            }

            AnsiConsole.Write(RunTables.Runs(runs));
            return 0;
        });
        command.Subcommands.Add(CreateDelete());
        return command;
    }

    private static Command CreateDelete()
    {
        var ids = new Argument<string[]>("ids") { Description = "Runs that have ended.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("delete", "Delete runs that have ended, with their artifacts.") { ids };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            foreach (var id in parsed.GetValue(ids)!.Select(Ids.Run).ToList())
            {
                await client.DeleteRunAsync(id, cancellationToken);
                Console.WriteLine($"{id}: deleted");
            }

            return 0;
        });
        return command;
    }
}
