using System.CommandLine;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow worker drain ID</c></summary>
internal static class WorkerDrainCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "Worker id." };
        var reason = new Option<string>("--reason") { Description = "For the logs.", DefaultValueFactory = _ => "user_request" };
        var command = new Command("drain", "Let a worker finish what runs, hand back what waits, and leave.") { id, reason };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var worker = await client.DrainWorkerAsync(Ids.Worker(parsed.GetValue(id)!), parsed.GetValue(reason)!, cancellationToken);
            Console.WriteLine($"{worker.WorkerId}: {worker.Liveness}, {worker.UsedSlots} tasks to finish");
            return 0;
        });
        return command;
    }
}
