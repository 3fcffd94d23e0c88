using System.CommandLine;
using OrleansFlow.Cli.Rendering;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow workers</c></summary>
internal static class WorkersCommand
{
    public static Command Create()
    {
        var command = new Command("workers", "List workers.");
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            AnsiConsole.Write(RunTables.Workers(await client.ListWorkersAsync(cancellationToken)));
            return 0;
        });
        return command;
    }
}
