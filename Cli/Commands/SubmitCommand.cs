using System.CommandLine;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow submit FILE</c></summary>
internal static class SubmitCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "Graph document (JSON)." };
        var id = new Option<string?>("--id") { Description = "Run id; submitting the same document twice with one id makes one run." };
        var key = new Option<string?>("--key") { Description = "Instead of --id: any text; the same key with the same document gives the same run, with another document it is an error." };
        var files = new Option<string[]>("--file") { Description = "NAME=PATH: replaces or adds an entry of the document's files. May be repeated." };
        var unknownRoles = new Option<bool>("--allow-unknown-roles") { Description = "Accept roles that no worker has announced yet." };
        var wait = new Option<bool>("--wait") { Description = "Show the run until it has ended; exit 1 when it failed or was cancelled." };
        var command = new Command("submit", "Submit a task graph.") { file, id, key, files, unknownRoles, wait };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var run = await client.SubmitGraphFileAsync(
                parsed.GetValue(file)!,
                new SubmitOptions
                {
                    RunId = parsed.GetValue(id) is { } text ? Ids.Run(text) : default,
                    IdempotencyKey = parsed.GetValue(key),
                    Files = ParseFiles(parsed.GetValue(files) ?? []),
                    AllowUnknownRoles = parsed.GetValue(unknownRoles),
                },
                cancellationToken);
            Console.WriteLine(run.Value);
            if (!parsed.GetValue(wait))
            {
                return 0;
            }

            var ended = await client.WaitForRunAsync(run, cancellationToken);
            AnsiConsole.Write(RunTables.Nodes(ended));
            return ended.Status == RunStatus.Completed ? 0 : 1;
        });
        return command;
    }

    private static Dictionary<string, string> ParseFiles(string[] pairs)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"--file '{pair}' is not NAME=PATH.");
            }

            files[pair[..at]] = pair[(at + 1)..];
        }

        return files;
    }
}
