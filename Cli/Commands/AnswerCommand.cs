using System.CommandLine;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow approve RUN NODE</c> and <c>flow reject RUN NODE</c></summary>
internal static class AnswerCommand
{
    public static Command Create(string name, bool approves)
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var node = new Argument<string>("node") { Description = "A node with 'approval'." };
        var payload = new Option<string?>("--payload") { Description = "JSON that becomes the gate's result, or a part of its failure's message." };
        var command = new Command(name, approves ? "Let a run through one of its gates." : "Turn a run away at one of its gates.") { id, node, payload };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var run = await client.AnswerGateAsync(
                Ids.Run(parsed.GetValue(id)!), parsed.GetValue(node)!, approves, parsed.GetValue(payload), cancellationToken);
            Console.WriteLine($"{run.RunId}: {run.Status}");
            return 0;
        });
        return command;
    }
}
