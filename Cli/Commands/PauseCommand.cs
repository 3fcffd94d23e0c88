using System.CommandLine;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow pause RUN</c> and <c>flow resume RUN</c></summary>
internal static class PauseCommand
{
    public static Command CreatePause()
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var reason = new Option<string>("--reason") { Description = "Logged by the silo.", DefaultValueFactory = _ => "user_request" };
        var command = new Command("pause", "Lease no task of a run until it is resumed; what runs goes on.") { id, reason };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var run = await client.PauseRunAsync(Ids.Run(parsed.GetValue(id)!), parsed.GetValue(reason)!, cancellationToken);
            Console.WriteLine($"{run.RunId}: {run.Status}");
            return 0;
        });
        return command;
    }

    public static Command CreateResume()
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var command = new Command("resume", "End the pause of a run.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var run = await client.ResumeRunAsync(Ids.Run(parsed.GetValue(id)!), cancellationToken);
            Console.WriteLine($"{run.RunId}: {run.Status}");
            return 0;
        });
        return command;
    }
}
