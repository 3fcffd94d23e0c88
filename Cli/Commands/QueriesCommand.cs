using System.CommandLine;
using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Queries;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow queries</c>, <c>flow queries show ID</c>, <c>flow queries cancel ID</c></summary>
internal static class QueriesCommand
{
    private const int TextCharsMax = 60;

    public static Command Create()
    {
        var command = new Command("queries", "List the queries that run on workers, and those that wait with their places.") { CreateShow(), CreateCancel() };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var table = Columns("QUERY", "STATE", "TASKS", "ROWS", "SINCE", "OWNER", "TEXT");
            await foreach (var query in client.ListQueriesAsync(cancellationToken))
            {
                table.AddRow(
                    Cell(query.QueryId),
                    Cell(query.State == QueryStatus.Waiting ? string.Create(CultureInfo.InvariantCulture, $"waiting, place {query.Position}") : query.State),
                    Cell(string.Create(CultureInfo.InvariantCulture, $"{query.Stages.Sum(stage => stage.Done)}/{query.Stages.Sum(stage => stage.Tasks)}")),
                    Cell(query.Stages.Sum(stage => stage.Rows).ToString(CultureInfo.InvariantCulture)),
                    Cell(query.SubmittedUtc?.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? ""),
                    Cell(query.Owner),
                    Cell(Short(query.Sql)));
            }

            AnsiConsole.Write(table);
            return 0;
        });
        return command;
    }

    private static Command CreateShow()
    {
        var id = new Argument<string>("id") { Description = "Id of the query, as 'flow queries' prints it." };
        var command = new Command("show", "Say where a query stands, stage by stage.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var wanted = parsed.GetValue(id)!;
            var query = await FirstAsync(client.WatchQueryAsync(wanted, cancellationToken), cancellationToken);
            if (query is null or { State: QueryStatus.Pending })
            {
                throw new FlowException(FlowErrorCode.NotFound, $"There is no query '{wanted}'. 'flow queries' lists those that run and wait.");
            }

            await Console.Out.WriteLineAsync($"{query.QueryId}  {query.State}{(query.Position > 0 ? string.Create(CultureInfo.InvariantCulture, $", place {query.Position}") : "")}  tenant {query.Tenant}  {query.Owner}".TrimEnd());
            foreach (var line in (string?[])[query.Sql, query.Failure])
            {
                if (line is { Length: > 0 })
                {
                    await Console.Out.WriteLineAsync(line);
                }
            }

            var table = Columns("STAGE", "TASKS", "WAITING", "RUNNING", "DONE", "ROWS", "BYTES");
            foreach (var stage in query.Stages)
            {
                table.AddRow([.. ((long[])[stage.Stage, stage.Tasks, stage.Waiting, stage.Running, stage.Done, stage.Rows, stage.Bytes]).Select(number => Cell(number.ToString(CultureInfo.InvariantCulture)))]);
            }

            AnsiConsole.Write(table);
            return 0;
        });
        return command;
    }

    private static Command CreateCancel()
    {
        var id = new Argument<string>("id") { Description = "Id of the query, as 'flow queries' prints it." };
        var reason = new Option<string>("--reason") { Description = "Goes into the failure that its reader gets.", DefaultValueFactory = _ => "" };
        var command = new Command("cancel", "End a query, from whatever process it came.") { id, reason };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            await client.CancelQueryAsync(parsed.GetValue(id)!, parsed.GetValue(reason)!, cancellationToken);
            await Console.Out.WriteLineAsync($"Query {parsed.GetValue(id)} ends.");
            return 0;
        });
        return command;
    }

    private static async Task<QueryStatus?> FirstAsync(IAsyncEnumerable<QueryStatus> statuses, CancellationToken cancellationToken)
    {
        await foreach (var status in statuses.WithCancellation(cancellationToken))
        {
            return status;
        }

        return null;
    }

    private static Table Columns(params ReadOnlySpan<string> names)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var name in names)
        {
            table.AddColumn(new TableColumn(name) { NoWrap = true });
        }

        return table;
    }

    private static Markup Cell(string text) => new(Markup.Escape(text));

    private static string Short(string? sql)
    {
        var line = (sql ?? "").ReplaceLineEndings(" ");
        return line.Length <= TextCharsMax ? line : line[..(TextCharsMax - 3)] + "...";
    }
}
