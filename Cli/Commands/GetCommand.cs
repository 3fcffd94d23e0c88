using System.CommandLine;
using OrleansFlow.Cli.Rendering;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow get RUN/NODE --format table|csv|json|arrow</c></summary>
internal static class GetCommand
{
    public static Command Create()
    {
        var result = new Argument<string>("result") { Description = "RUN/NODE, uploads/NAME, or queries/ID of a query that was run with 'flow sql --keep'." };
        var format = new Option<ResultFormat>("--format") { Description = "table, csv, json (one object a line) or arrow (IPC stream).", DefaultValueFactory = _ => ResultFormat.Table };
        var limit = new Option<long>("--limit") { Description = "Most rows; 0: all.", DefaultValueFactory = _ => 0 };
        var output = new Option<string?>("--output", "-o") { Description = "File to write; else standard output." };
        var command = new Command("get", "Read a result as Arrow batches and print it.") { result, format, limit, output };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var (run, node) = Ids.Result(parsed.GetValue(result)!);
            await using var batches = await client.GetResultAsync(run.Value, node, cancellationToken);
            await ResultOutput.WriteAsync(ResultRows.Of(batches), parsed.GetValue(format), parsed.GetValue(limit), parsed.GetValue(output), cancellationToken);
            return 0;
        });
        return command;
    }
}
