using System.CommandLine;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow rerun RUN</c> and <c>flow rerun RUN/NODE</c></summary>
internal static class RerunCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "RUN: a failed or cancelled run goes on from where it ended. RUN/NODE: that node and all that follows from it run once more." };
        var reason = new Option<string>("--reason") { Description = "Kept in the history.", DefaultValueFactory = _ => "user_request" };
        var command = new Command("rerun", "Go on with a run that failed or was cancelled, or run a node once more; what completed is reused.") { id, reason };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var (run, node) = Ids.RunOrNode(parsed.GetValue(id)!);
            var view = node is null
                ? await client.ReopenRunAsync(run, parsed.GetValue(reason)!, cancellationToken)
                : await client.RerunNodeAsync(run, node, parsed.GetValue(reason)!, cancellationToken);
            Console.WriteLine($"{view.RunId}: {view.Status}");
            return 0;
        });
        return command;
    }
}
