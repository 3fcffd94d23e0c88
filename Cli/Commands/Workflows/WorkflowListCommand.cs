using System.CommandLine;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary><c>flow workflow list</c></summary>
internal static class WorkflowListCommand
{
    public static Command Create()
    {
        var limit = new Option<int>("--limit") { Description = "Most runs to list (1 to 10000).", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            // A value that is no number has its own error already.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var value) && (value is < 1 or > 10_000))
            {
                result.AddError("--limit must be 1 to 10000.");
            }
        });
        var workflow = new Option<string?>("--workflow") { Description = "Only runs of this workflow." };
        var status = new Option<WorkflowRunStatus[]>("--status") { Description = "Only runs in this status. May be repeated." };
        var attributes = new Option<string[]>("--attribute") { Description = "Only runs with this NAME=VALUE. May be repeated: all must hold." };
        var prefix = new Option<string?>("--prefix") { Description = "Only runs whose id begins so." };
        var parent = new Option<string?>("--parent") { Description = "Only runs that this run started." };
        var since = new Option<string?>("--since") { Description = "Only runs that were started then or later: 2026-05-01T06:00:00Z." };
        var until = new Option<string?>("--until") { Description = "Only runs that were started before." };
        var oldest = new Option<bool>("--oldest-first") { Description = "The oldest first." };
        var command = new Command("list", "List workflow runs, newest first.") { limit, workflow, status, attributes, prefix, parent, since, until, oldest };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var filter = new WorkflowFilter
            {
                Workflow = parsed.GetValue(workflow),
                Statuses = parsed.GetValue(status) ?? [],
                Attributes = WorkflowText.Attributes(parsed.GetValue(attributes)),
                RunPrefix = parsed.GetValue(prefix),
                Parent = parsed.GetValue(parent) is { } id ? WorkflowText.Run(id) : default,
                StartedFromUtc = parsed.GetValue(since) is { } from ? WorkflowText.Moment(from, "--since") : null,
                StartedBeforeUtc = parsed.GetValue(until) is { } before ? WorkflowText.Moment(before, "--until") : null,
                OldestFirst = parsed.GetValue(oldest),
            };
            await using var client = gateway.Connect(parsed);
            var runs = await client.Workflows.ListAsync(filter, cancellationToken).Take(parsed.GetValue(limit)).ToListAsync(cancellationToken);
            AnsiConsole.Write(WorkflowTables.Runs(runs));
            return 0;
        });
        return command;
    }
}
