using System.CommandLine;
using System.Text.Json;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.History;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary>Histories: reading, keeping, drawing and replaying them.</summary>
internal static class WorkflowHistoryCommands
{
    public static Command CreateHistory()
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var save = new Option<string?>("--save") { Description = "Write the history to this file, for 'flow workflow replay' and for tests." };
        var command = new Command("history", "Print what happened in a run, line by line.") { id, save };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var run = WorkflowText.Run(parsed.GetValue(id)!);
            await using var client = gateway.Connect(parsed);
            var history = await LoadAsync(client, run, cancellationToken);
            if (parsed.GetValue(save) is { } path)
            {
                await File.WriteAllBytesAsync(path, history.Write(), cancellationToken);
                Console.WriteLine($"{path}: {history.Events.Length} events");
                return 0;
            }

            if (history.From is { } from)
            {
                Console.WriteLine($"# Run '{run}' is at link {history.End.Link}. This history begins with the end of link {from.Link}; what was before is not kept.");
            }

            foreach (var line in history.Lines)
            {
                Console.WriteLine(line);
            }

            return 0;
        });
        return command;
    }

    public static Command CreatePicture()
    {
        var id = new Argument<string>("id") { Description = "Run id, or NAME@VERSION for a definition alone." };
        var dot = new Option<bool>("--dot") { Description = "Graphviz instead of Mermaid." };
        var command = new Command("picture", "Draw a run with the states of its nodes, or a definition.") { id, dot };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = parsed.GetValue(id)!;
            await using var client = gateway.Connect(parsed);
            if (text.Contains('@', StringComparison.Ordinal))
            {
                var (name, version) = WorkflowText.Workflow(text);
                var definition = await client.Workflows.GetDefinitionAsync(name, version, cancellationToken);
                Console.WriteLine(parsed.GetValue(dot) ? definition.ToDot() : definition.ToMermaid());
            }
            else
            {
                var run = (await LoadAsync(client, WorkflowText.Run(text), cancellationToken)).End;
                Console.WriteLine(parsed.GetValue(dot) ? run.Workflow.ToDot(run) : run.Workflow.ToMermaid(run));
            }

            return 0;
        });
        return command;
    }

    public static Command CreateReplay()
    {
        var file = new Argument<string>("file") { Description = "A history that 'flow workflow history --save' wrote." };
        var definition = new Option<string?>("--definition") { Description = "File with today's definition as JSON (CompiledWorkflow)." };
        var version = new Option<int?>("--version") { Description = "Take today's definition from the gateway: this version of the same workflow." };
        var command = new Command("replay", "Run a history again against today's definition and report the first divergence. Exit code 1 when there is one.") { file, definition, version };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var history = WorkflowHistoryFile.Read(await WorkflowText.ReadAsync(parsed.GetValue(file)!, cancellationToken));
            CompiledWorkflow today;
            if (parsed.GetValue(definition) is { } path)
            {
                today = ReadDefinition(path, await WorkflowText.ReadAsync(path, cancellationToken));
            }
            else if (parsed.GetValue(version) is { } number)
            {
                await using var client = gateway.Connect(parsed);
                today = await client.Workflows.GetDefinitionAsync(history.Definition.Name, number, cancellationToken);
            }
            else
            {
                // Against its own definition: whether this version of the program still decides as the one that wrote it.
                today = history.Definition;
            }

            var report = WorkflowReplay.Check(history, today);
            Console.WriteLine(report.IsCompatible ? $"{report.Events} events, no divergence" : report.Divergence!.ToString());
            return report.IsCompatible ? 0 : 1;
        });
        return command;
    }

    private static CompiledWorkflow ReadDefinition(string path, byte[] utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<CompiledWorkflow>(utf8) ?? throw new JsonException("it is null");
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"File '{path}' is no workflow definition: {exception.Message}", exception);
        }
    }

    private static Task<WorkflowHistoryFile> LoadAsync(FlowClient client, RunId run, CancellationToken cancellationToken) =>
        client.Workflows.Get(run).ReadHistoryAsync(cancellationToken);
}
