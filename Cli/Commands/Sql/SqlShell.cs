using System.Globalization;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Client;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands.Sql;

/// <summary>Runs statements and commands that begin with a dot, one line after the other.</summary>
internal sealed class SqlShell(FlowClient client, SqlHistory history, TimeProvider clock)
{
    private const string Help = """
        Statements end with ';' and may have several lines.
        .tables            tables, streams and outputs of runs
        .schema TABLE      columns of a table
        .explain QUERY     how a query would be run
        .mode FORMAT       table, csv, json or arrow
        .limit ROWS        rows that are shown; 0: all (a table shows 50)
        .timing on|off     how long each statement took
        .quit
        """;

    private readonly StatementBuffer _buffer = new();

    /// <summary>How rows are printed.</summary>
    public ResultFormat Format { get; set; }

    /// <summary>Most rows that are printed; 0: all.</summary>
    public long Limit { get; set; }

    /// <summary>Whether results are kept at the gateway.</summary>
    public bool Keeps { get; init; }

    /// <summary>Whether a line on standard error says how far a statement is while it runs.</summary>
    public bool ShowsProgress { get; init; }

    /// <summary>Whether each statement's time is printed.</summary>
    public bool HasTiming { get; set; }

    /// <summary>Reads lines until there are no more. A failed statement is told, and the next one runs.</summary>
    /// <param name="read">Gives a line for a prompt; null: there are no more.</param>
    /// <param name="cancellationToken">Ends the session.</param>
    /// <returns>Whether every statement succeeded.</returns>
    public async Task<bool> RunAsync(Func<string, string?> read, CancellationToken cancellationToken)
    {
        var isGood = true;
        while (read(_buffer.IsEmpty ? "flow> " : "  ..> ") is { } line)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_buffer.IsEmpty && line.TrimStart().StartsWith('.'))
            {
                if (line.Trim() is ".quit" or ".exit")
                {
                    return isGood;
                }

                isGood &= await TryAsync(() => CommandAsync(line.Trim(), cancellationToken));
                continue;
            }

            foreach (var statement in _buffer.Add(line))
            {
                history.Add(statement);
                isGood &= await TryAsync(() => StatementAsync(statement, null, cancellationToken));
            }
        }

        // A file may leave out the last semicolon.
        var rest = _buffer.TakeRest();
        return rest.Length == 0 ? isGood : await TryAsync(() => StatementAsync(rest, null, cancellationToken)) && isGood;
    }

    /// <summary>Runs one statement.</summary>
    /// <param name="sql">The statement, with or without a semicolon.</param>
    /// <param name="path">File for its rows; null: standard output.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task StatementAsync(string sql, string? path, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetTimestamp();
        if (IsChange(sql))
        {
            var changed = await client.UpdateAsync(sql, cancellationToken);
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{changed} rows changed"));
        }
        else
        {
            var query = client.Query(sql, options: new QueryOptions { Keeps = Keeps });

            // A line on the terminal must not get between rows that are written as they come.
            var shows = ShowsProgress && (Format == ResultFormat.Table || path is not null || Console.IsOutputRedirected);
            await using var progress = shows ? new ProgressLine(query, Console.Error, clock, cancellationToken) : null;
            var rows = await ResultRows.OfAsync(query, cancellationToken);
            await ResultOutput.WriteAsync(progress is null ? rows : rows.Ending(progress), Format, Limit, path, cancellationToken);
            if (Keeps)
            {
                await Console.Error.WriteLineAsync($"kept: flow get queries/{await query.GetIdAsync(cancellationToken)}");
            }
        }

        if (HasTiming)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"time: {clock.GetElapsedTime(startedAt).TotalSeconds:0.000} s"));
        }
    }

    private static bool IsChange(string sql)
    {
        var word = new string([.. WithoutComments(sql).TakeWhile(char.IsAsciiLetter)]);
        return word.ToUpperInvariant() is "CREATE" or "INSERT" or "UPDATE" or "DELETE" or "DROP" or "COPY" or "ALTER" or "TRUNCATE" or "MERGE";
    }

    private static string WithoutComments(string sql)
    {
        while (true)
        {
            sql = sql.TrimStart();
            var end = sql.StartsWith("--", StringComparison.Ordinal) ? sql.IndexOf('\n', StringComparison.Ordinal) + 1
                : sql.StartsWith("/*", StringComparison.Ordinal) ? sql.IndexOf("*/", StringComparison.Ordinal) + 2
                : 0;
            if (end <= 1)
            {
                return sql;
            }

            sql = sql[end..];
        }
    }

    private static async Task<bool> TryAsync(Func<Task> stepAsync)
    {
        try
        {
            await stepAsync();
            return true;
        }
        catch (FlowException exception)
        {
            await Console.Error.WriteLineAsync($"flow: {exception.Kind.Wire}: {exception.Message}");
            return false;
        }
    }

    private async Task CommandAsync(string line, CancellationToken cancellationToken)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (command, argument) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..].Trim().TrimEnd(';'));
        switch (command)
        {
            case ".tables":
                await foreach (var table in client.ListTablesAsync(cancellationToken))
                {
                    await Console.Out.WriteLineAsync($"{table.Catalog}.{table.Schema}.{table.Name}  {table.Kind}");
                }

                break;
            case ".schema" when argument.Length > 0:
                var schema = await client.Query($"SELECT * FROM {Quoted(argument)}").GetSchemaAsync(cancellationToken);
                foreach (var field in schema?.Fields ?? [])
                {
                    await Console.Out.WriteLineAsync(field.ToString());
                }

                break;
            case ".explain" when argument.Length > 0:
                await ResultOutput.WritePlainAsync(client.Query($"EXPLAIN {argument}"), cancellationToken);
                break;
            case ".mode" when Enum.TryParse<ResultFormat>(argument, ignoreCase: true, out var format) && Enum.IsDefined(format):
                Format = format;
                break;
            case ".limit" when long.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var limit):
                Limit = limit;
                break;
            case ".timing" when argument is "on" or "off":
                HasTiming = argument == "on";
                break;
            case ".help":
                await Console.Out.WriteLineAsync(Help);
                break;
            default:
                throw new FlowException(FlowErrorCode.BadInput, $"'{line}' is no command. '.help' names those there are.");
        }
    }

    private static string Quoted(string name) => string.Join('.', name.Split('.').Select(part => part.StartsWith('"') ? part : EngineText.Quote(part)));
}
