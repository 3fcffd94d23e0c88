using System.CommandLine;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow cancel RUN</c></summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var reason = new Option<string>("--reason") { Description = "Kept with the run.", DefaultValueFactory = _ => "user_request" };
        var command = new Command("cancel", "Cancel a run; final when the command returns.") { id, reason };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var run = await client.CancelRunAsync(Ids.Run(parsed.GetValue(id)!), parsed.GetValue(reason)!, cancellationToken);
            Console.WriteLine($"{run.RunId}: {run.Status}");
            return 0;
        });
        return command;
    }
}
