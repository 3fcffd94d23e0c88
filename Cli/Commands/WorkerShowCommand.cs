using System.CommandLine;
using System.Globalization;
using OrleansFlow.Cli.Rendering;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow worker show ID</c></summary>
internal static class WorkerShowCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "Worker id." };
        var command = new Command("show", "Show a worker and the leases that it holds.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var worker = await client.GetWorkerAsync(Ids.Worker(parsed.GetValue(id)!), cancellationToken);
            var health = await client.GetHealthAsync(cancellationToken);
            AnsiConsole.Write(RunTables.Workers([worker]));
            Print("labels", worker.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
            Print("versions", worker.RoleVersions.OrderBy(role => role.Key, StringComparer.Ordinal).Select(role => $"{role.Key}@{role.Value}"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"last heartbeat {(health.NowUtc - worker.LastSeenUtc).TotalSeconds:0.0} s ago; saturation {100 * worker.Saturation:0} %; {worker.Leases.Count} leases"));
            if (worker.Leases.Count > 0)
            {
                AnsiConsole.Write(RunTables.Leases(worker.Leases, health.NowUtc));
            }

            return 0;
        });
        return command;
    }

    private static void Print(string what, IEnumerable<string> texts)
    {
        var text = string.Join(' ', texts);
        if (text.Length > 0)
        {
            Console.WriteLine($"{what} {text}");
        }
    }
}
