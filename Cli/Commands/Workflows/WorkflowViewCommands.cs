using System.CommandLine;
using System.Globalization;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Client.Workflows;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary>Commands that look at a workflow run.</summary>
internal static class WorkflowViewCommands
{
    public static Command CreateShow() => Create("show", "Show a run: where it stands, its numbers, its output, and the items that are not done.", async (run, cancellationToken) =>
    {
        var view = await run.GetAsync(cancellationToken);
        AnsiConsole.Write(WorkflowTables.Runs([view]));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"steps {view.Steps}, with output {view.CompletedSteps}, failed {view.FailedSteps}, retries {view.Retries}; items pending {view.PendingItems}, in flight {view.ItemsInFlight}, waiting {view.WaitingItems}; context version {view.ContextVersion}"));
        if (!view.Parent.IsDefault)
        {
            Console.WriteLine($"parent {view.Parent}");
        }

        if (view.DeadlineUtc is { } deadline)
        {
            Console.WriteLine($"deadline {RunTables.Time(deadline)}");
        }

        if (!view.Output.IsDefault)
        {
            Console.WriteLine($"output {view.Output}");
        }

        var items = await run.ItemsAsync(cancellationToken).Take(100).ToListAsync(cancellationToken);
        if (items.Count > 0)
        {
            AnsiConsole.Write(WorkflowTables.Items(items));
        }
    });

    public static Command CreateWhy() => Create("why", "Say why a run stands where it does.", async (run, cancellationToken) =>
    {
        foreach (var reason in await run.WhyAsync(cancellationToken))
        {
            var until = reason.UntilUtc is { } at ? string.Create(CultureInfo.InvariantCulture, $" Until {at.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}.") : "";
            Console.WriteLine($"{reason.Code}: {reason.Text}{until}");
        }
    });

    public static Command CreateErrors() => Create(
        "errors", "List the newest attempts of a run that failed.", async (run, cancellationToken) => AnsiConsole.Write(WorkflowTables.Errors(await run.ErrorsAsync(cancellationToken))));

    public static Command CreateContext() => Create("context", "Print the context of a run as it is stored: a snapshot, and each change since.", async (run, cancellationToken) =>
    {
        var context = await run.StoredContextAsync(cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"snapshot of version {context.SnapshotVersion}"));
        Console.WriteLine(WorkflowText.Pretty(context.Snapshot));
        for (var index = 0; index < context.Deltas.Count; index++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"change {context.SnapshotVersion + index + 1}"));
            Console.WriteLine(WorkflowText.Pretty(context.Deltas[index]));
        }
    });

    private static Command Create(string name, string description, Func<IWorkflowHandle, CancellationToken, Task> run)
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var command = new Command(name, description) { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var asked = WorkflowText.Run(parsed.GetValue(id)!);
            await using var client = gateway.Connect(parsed);
            await run(client.Workflows.Get(asked), cancellationToken);
            return 0;
        });
        return command;
    }
}
