using System.CommandLine;
using System.Text.Json;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary>Signals, queries and updates.</summary>
internal static class WorkflowMessageCommands
{
    public static Command CreateSignal() => Create(
        "signal", "Send a signal to a run, which keeps it until a node waits for it.", "--id", "To send it again safely: with the same id it counts once.",
        async (run, name, value, id, cancellationToken) => await run.SignalAsync(name, value, id, cancellationToken) ? "taken" : "was taken before");

    public static Command CreateQuery() => Create(
        "query", "Ask a worker of the workflow about the run's context; changes nothing.", null, "",
        async (run, name, value, _, cancellationToken) => Pretty(await run.QueryAsync<Payload, JsonElement>(name, value, cancellationToken)));

    public static Command CreateUpdate() => Create(
        "update", "Change the run's context through a worker, which validates first.", "--id", "To send it again safely: with the same id it happens once.",
        async (run, name, value, id, cancellationToken) => Pretty(await run.UpdateAsync<Payload, JsonElement>(name, value, id, cancellationToken)));

    private static string Pretty(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? "null" : WorkflowText.Pretty(Payload.FromJson(element.GetRawText()));

    private static Command Create(
        string kind, string description, string? idOption, string idDescription, Func<IWorkflowHandle, string, Payload, string?, CancellationToken, Task<string>> send)
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var name = new Argument<string>("name") { Description = $"Name of the {kind}." };
        var value = new Argument<string?>("value") { Description = "What it carries: JSON, or @FILE.", Arity = ArgumentArity.ZeroOrOne };
        var once = idOption is null ? null : new Option<string?>(idOption) { Description = idDescription };
        var command = new Command(kind, description) { id, name, value };
        if (once is not null)
        {
            command.Options.Add(once);
        }

        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var run = WorkflowText.Run(parsed.GetValue(id)!);
            var payload = await WorkflowText.PayloadAsync(parsed.GetValue(value), "value", cancellationToken);
            await using var client = gateway.Connect(parsed);
            Console.WriteLine(await send(client.Workflows.Get(run), parsed.GetValue(name)!, payload, once is null ? null : parsed.GetValue(once), cancellationToken));
            return 0;
        });
        return command;
    }
}
