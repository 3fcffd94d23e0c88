using System.CommandLine;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary><c>flow workflow migrate</c> and <c>flow workflow state</c>, which a plan of a migration is made by.</summary>
internal static class WorkflowMigrateCommands
{
    public static Command CreateMigrate()
    {
        var id = new Argument<string>("id") { Description = "Run id. Pause the run before: one that goes on meanwhile needs another plan." };
        var to = new Option<int?>("--to") { Description = "Version to move to, by name: items go on at the node of their name with the input they have, and the context stays. Nobody checks that the new version reads them." };
        var renames = new Option<string[]>("--rename") { Description = "OLD=NEW: a node's name now. May be repeated." };
        var drops = new Option<string[]>("--drop") { Description = "A node whose items end. May be repeated." };
        var plan = new Option<string?>("--plan") { Description = "Instead: a file with a plan, which a program made that has the types (PlanMigration, by 'flow workflow state')." };
        var command = new Command("migrate", "Move a run to a newer version of its workflow. Steps in flight are told to stop, and done again.") { id, to, renames, drops, plan };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var asked = WorkflowText.Run(parsed.GetValue(id)!);
            var (version, path) = (parsed.GetValue(to), parsed.GetValue(plan));
            if (version is null == path is null)
            {
                throw new FlowException(FlowErrorCode.BadInput, "Give either --to VERSION or --plan FILE.");
            }

            var made = path is null ? null : ReadPlan(path, await WorkflowText.ReadAsync(path, cancellationToken));
            await using var client = gateway.Connect(parsed);
            var run = client.Workflows.Get(asked);
            if (made is null)
            {
                var state = await run.StateAsync(cancellationToken);
                var workflow = await client.Workflows.GetDefinitionAsync(state.Workflow.Name, version!.Value, cancellationToken);
                made = MigrationPlan.ByName(state, workflow, WorkflowText.Attributes(parsed.GetValue(renames)), parsed.GetValue(drops));
            }

            var moved = await run.MigrateAsync(made, cancellationToken);
            Console.WriteLine($"{moved.RunId}: {moved.Status}, on {moved.Workflow}@{moved.Version}");
            return 0;
        });
        return command;
    }

    public static Command CreateState()
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var command = new Command("state", "Print all of a run as JSON, its definition included: what a migration is planned by (WorkflowRunJson.Read).") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var asked = WorkflowText.Run(parsed.GetValue(id)!);
            await using var client = gateway.Connect(parsed);
            Console.WriteLine(new Payload(WorkflowRunJson.Write(await client.Workflows.Get(asked).StateAsync(cancellationToken))));
            return 0;
        });
        return command;
    }

    public static Command CreateDefinitions()
    {
        var which = new Argument<string?>("definition") { Description = "NAME@VERSION: print this one as JSON.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("definitions", "List the workflows that the cluster knows, with their versions.") { which };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (string Name, int Version)? asked = parsed.GetValue(which) is { } text ? WorkflowText.Workflow(text) : null;
            await using var client = gateway.Connect(parsed);
            if (asked is { } one)
            {
                Console.WriteLine(WorkflowText.Pretty(new Payload((await client.Workflows.GetDefinitionAsync(one.Name, one.Version, cancellationToken)).ToUtf8())));
                return 0;
            }

            foreach (var workflow in await client.Workflows.ListDefinitionsAsync(cancellationToken))
            {
                Console.WriteLine($"{workflow.Workflow}: {string.Join(", ", workflow.Versions)}");
            }

            return 0;
        });
        return command;
    }

    private static MigrationPlan ReadPlan(string path, byte[] utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<MigrationPlan>(utf8) ?? throw new JsonException("it is null");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or NotSupportedException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"File '{path}' is no plan of a migration: {exception.Message}", exception);
        }
    }
}
