using System.CommandLine;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary><c>flow workflow start NAME@VERSION</c></summary>
internal static class WorkflowStartCommand
{
    public static Command Create()
    {
        var workflow = new Argument<string>("workflow") { Description = "NAME@VERSION of a workflow that a worker or client has registered." };
        var input = new Option<string?>("--input") { Description = "The start node's input: JSON, or @FILE." };
        var context = new Option<string?>("--context") { Description = "The context to begin with: JSON, or @FILE. [default: the empty one]" };
        var id = new Option<string?>("--id") { Description = "The run's id. [default: a new one]" };
        var key = new Option<string?>("--key") { Description = "The same key with the same content gives the same run." };
        var attributes = new Option<string[]>("--attribute") { Description = "NAME=VALUE that the run can be found by. May be repeated." };
        var deadline = new Option<string?>("--deadline") { Description = "The run fails unless it has ended in this time: 30s, 5m, 2h." };
        var wait = new Option<bool>("--wait") { Description = "Wait for the end and print the output." };
        var command = new Command("start", "Start a run of a workflow.") { workflow, input, context, id, key, attributes, deadline, wait };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (name, version) = WorkflowText.Workflow(parsed.GetValue(workflow)!);
            await using var client = gateway.Connect(parsed);
            var run = await client.Workflows.StartAsync(
                name,
                version,
                await WorkflowText.PayloadAsync(parsed.GetValue(context), "--context", cancellationToken),
                await WorkflowText.PayloadAsync(parsed.GetValue(input), "--input", cancellationToken),
                new WorkflowStartOptions
                {
                    RunId = parsed.GetValue(id) is { } chosen ? WorkflowText.Run(chosen) : default,
                    IdempotencyKey = parsed.GetValue(key),
                    Attributes = WorkflowText.Attributes(parsed.GetValue(attributes)),
                    Deadline = parsed.GetValue(deadline) is { } text ? WorkflowText.Time(text, "--deadline") : null,
                },
                cancellationToken);
            if (!parsed.GetValue(wait))
            {
                Console.WriteLine(run.Id);
                return 0;
            }

            var ended = await run.WaitAsync(cancellationToken);
            return ended.Status == OrleansFlow.Workflows.Runs.WorkflowRunStatus.Completed
                ? Print(ended.Output.ToString())
                : throw new FlowException(
                    ended.FailureCode ?? FlowErrorCode.Cancelled, $"workflow run {run.Id} ended as {ended.Status}: {ended.Failure ?? "it says nothing more"}");
        });
        return command;
    }

    private static int Print(string text)
    {
        Console.WriteLine(text);
        return 0;
    }
}
