using System.CommandLine;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Workflows;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary>Commands that steer a workflow run as a whole.</summary>
internal static class WorkflowSteerCommands
{
    public static Command Create(string name, string description, Func<IWorkflowHandle, string, CancellationToken, Task<WorkflowRunView>> steer)
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var reason = Reason();
        var command = new Command(name, description) { id, reason };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var asked = WorkflowText.Run(parsed.GetValue(id)!);
            await using var client = gateway.Connect(parsed);
            Print(await steer(client.Workflows.Get(asked), parsed.GetValue(reason)!, cancellationToken));
            return 0;
        });
        return command;
    }

    public static Command CreateReset()
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var item = new Argument<long>("item") { Description = "The item, as the history names it." };
        var reason = Reason();
        var command = new Command("reset", "Go back to before an item was committed, and do it once more.") { id, item, reason };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var asked = WorkflowText.Run(parsed.GetValue(id)!);
            await using var client = gateway.Connect(parsed);
            Print(await client.Workflows.Get(asked).ResetAsync(parsed.GetValue(item), parsed.GetValue(reason)!, cancellationToken));
            return 0;
        });
        return command;
    }

    public static Command CreateDelete()
    {
        var ids = new Argument<string[]>("ids") { Description = "Runs that have ended.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("delete", "Delete runs that have ended, with their histories.") { ids };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            foreach (var run in parsed.GetValue(ids)!.Select(WorkflowText.Run).ToList())
            {
                await client.Workflows.Get(run).DeleteAsync(cancellationToken);
                Console.WriteLine($"{run}: deleted");
            }

            return 0;
        });
        return command;
    }

    private static Option<string> Reason() => new("--reason") { Description = "Kept in the history.", DefaultValueFactory = _ => "user_request" };

    private static void Print(WorkflowRunView run) => Console.WriteLine($"{run.RunId}: {run.Status}");
}
