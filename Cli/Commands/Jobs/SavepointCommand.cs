using System.CommandLine;
using OrleansFlow.Client.Jobs;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands.Jobs;

/// <summary><c>flow jobs savepoint</c>: named checkpoints that stay.</summary>
internal static class SavepointCommand
{
    public static Command Create() => new("savepoint", "Name checkpoints, so that they stay.") { CreateCreate(), CreateList(), CreateDelete() };

    private static Command CreateCreate()
    {
        var (id, name) = (JobsCommand.Id(), Name());
        var command = new Command("create", "Give the newest complete checkpoint a name.") { id, name };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            Print([await client.Jobs.CreateSavepointAsync(parsed.GetValue(id)!, parsed.GetValue(name)!, cancellationToken)]);
            return 0;
        });
        return command;
    }

    private static Command CreateList()
    {
        var id = JobsCommand.Id();
        var command = new Command("list", "List the savepoints of a job.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            Print(await client.Jobs.ListSavepointsAsync(parsed.GetValue(id)!, cancellationToken));
            return 0;
        });
        return command;
    }

    private static Command CreateDelete()
    {
        var (id, name) = (JobsCommand.Id(), Name());
        var command = new Command("delete", "Delete a savepoint; files that nothing else needs go with the next cleaning.") { id, name };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            await client.Jobs.DeleteSavepointAsync(parsed.GetValue(id)!, parsed.GetValue(name)!, cancellationToken);
            Console.WriteLine($"{parsed.GetValue(name)}: deleted");
            return 0;
        });
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "Name of the savepoint." };

    private static void Print(IReadOnlyList<StreamJobSavepoint> savepoints) => AnsiConsole.Write(JobTables.Savepoints(savepoints));
}
