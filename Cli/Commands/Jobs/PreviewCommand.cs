using System.CommandLine;
using OrleansFlow.Arrow;
using OrleansFlow.Cli.Rendering;

namespace OrleansFlow.Cli.Commands.Jobs;

/// <summary><c>flow jobs preview</c> and <c>flow jobs tail</c>: rows while a job runs.</summary>
internal static class PreviewCommand
{
    public static Command CreatePreview()
    {
        var file = new Argument<string>("file") { Description = "File of streaming SQL; - for standard input." };
        var (table, rows, format) = Options();
        var live = new Option<TimeSpan?>("--time-to-live") { Description = "It ends after that time; else after 10 minutes." };
        var command = new Command("preview", "Run a text only to look at its rows: nothing is written anywhere, and the job is deleted at the end.") { file, table, rows, format, live };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var sql = await JobsCommand.ReadAsync(parsed.GetValue(file)!, cancellationToken);
            await using var client = gateway.Connect(parsed);
            var options = new Client.Jobs.StreamJobOptions { TimeToLive = parsed.GetValue(live) };
            await PrintAsync(client.Jobs.PreviewAsync(sql, parsed.GetValue(table), options, cancellationToken), parsed.GetValue(format), parsed.GetValue(rows), cancellationToken);
            return 0;
        });
        return command;
    }

    public static Command CreateTail()
    {
        var id = JobsCommand.Id();
        var (table, rows, format) = Options();
        var command = new Command("tail", "Print the rows of a job's table with connector = 'preview', until the job rests.") { id, table, rows, format };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            await PrintAsync(client.Jobs.TailAsync(parsed.GetValue(id)!, parsed.GetValue(table), cancellationToken), parsed.GetValue(format), parsed.GetValue(rows), cancellationToken);
            return 0;
        });
        return command;
    }

    private static (Option<string?> Table, Option<long> Rows, Option<ResultFormat> Format) Options() => (
        new Option<string?>("--table") { Description = "Which table, where there are several." },
        new Option<long>("--rows", "-n") { Description = "Ends after so many rows; 0: with the job." },
        new Option<ResultFormat>("--format") { Description = "json, csv, arrow, or table (the first rows).", DefaultValueFactory = _ => ResultFormat.Json });

    /// <summary>The columns are known with the first rows.</summary>
    private static async Task PrintAsync(IAsyncEnumerable<RecordBatch> batches, ResultFormat format, long limit, CancellationToken cancellationToken)
    {
        await using var rest = batches.GetAsyncEnumerator(cancellationToken);
        if (await rest.MoveNextAsync())
        {
            await ResultOutput.WriteAsync(new ResultRows(rest.Current.Schema, -1, _ => AllAsync(rest)), format, limit, path: null, cancellationToken);
        }
    }

    private static async IAsyncEnumerable<RecordBatch> AllAsync(IAsyncEnumerator<RecordBatch> batches)
    {
        do
        {
            yield return batches.Current;
        }
        while (await batches.MoveNextAsync());
    }
}
