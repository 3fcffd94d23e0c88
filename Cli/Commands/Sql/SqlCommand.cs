using System.CommandLine;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands.Sql;

/// <summary><c>flow sql</c>, <c>flow sql -c "SELECT ..."</c>, <c>flow sql -f FILE</c></summary>
internal static class SqlCommand
{
    private const int SomeFailed = 1;

    public static Command Create()
    {
        var statement = new Option<string?>("--command", "-c") { Description = "One statement to run; without it and --file, statements are read from the terminal or standard input." };
        var file = new Option<string?>("--file", "-f") { Description = "File of statements, each ended by ';', and of commands as in the terminal." };
        var format = new Option<ResultFormat>("--format") { Description = "table, csv, json (one object a line) or arrow (IPC stream).", DefaultValueFactory = _ => ResultFormat.Table };
        var limit = new Option<long>("--limit") { Description = "Most rows that are printed; 0: all (a table shows 50).", DefaultValueFactory = _ => 0 };
        var output = new Option<string?>("--output", "-o") { Description = "File for the rows of --command; else standard output." };
        var timing = new Option<bool>("--timing") { Description = "Print how long each statement took, on standard error." };
        var keep = new Option<bool>("--keep") { Description = "Keep each result at the gateway for some time; its id for 'flow get queries/ID' is told on standard error." };
        var command = new Command("sql", "Query registered tables, files, streams and outputs of runs.") { statement, file, format, limit, output, timing, keep };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var text = parsed.GetValue(statement);
            var path = parsed.GetValue(file);
            if (text is not null && path is not null)
            {
                throw new FlowException(FlowErrorCode.BadInput, "--command and --file exclude each other; give one of them.");
            }

            var isTerminal = text is null && path is null && !Console.IsInputRedirected;
            var history = new SqlHistory(isTerminal ? SqlHistory.DefaultPath : null);
            var shell = new SqlShell(client, history, TimeProvider.System)
            {
                Format = parsed.GetValue(format),
                Limit = parsed.GetValue(limit),
                HasTiming = parsed.GetValue(timing) || isTerminal,
                Keeps = parsed.GetValue(keep),
                ShowsProgress = !Console.IsErrorRedirected,
            };
            if (text is not null)
            {
                await shell.StatementAsync(text, parsed.GetValue(output), cancellationToken);
                return 0;
            }

            if (path is not null)
            {
                using var lines = Open(path);
                return await shell.RunAsync(_ => lines.ReadLine(), cancellationToken) ? 0 : SomeFailed;
            }

            if (isTerminal)
            {
                await Console.Out.WriteLineAsync("Statements end with ';'. '.help' names the commands.");
            }

            var isGood = await shell.RunAsync(new LineEditor(history).Read, cancellationToken);
            return isGood || isTerminal ? 0 : SomeFailed;
        });
        return command;
    }

    private static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"File '{path}' cannot be read: {exception.Message}", exception);
        }
    }
}
