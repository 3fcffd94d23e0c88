using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Inputs;

/// <summary><c>pull.cursor</c>: the rows of a database's table or query, page by page in the order of a unique key. One page is one batch.</summary>
internal sealed class CursorAdapter(IEnumerable<InputConnection> connections, IOptions<InputAdapterOptions>? options = null) : InputAdapter
{
    private const int DefaultBatchRows = 1_000;

    public override async IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var database = InputConnection.Find(call, connections, options?.Value ?? new InputAdapterOptions());
        var query = QueryOf(call, database);
        var batchRows = (int)call.WholeNumber("batch_rows", DefaultBatchRows);
        await using var connection = await OpenAsync(call, database, cancellationToken);
        var key = call.Position is { } position ? KeyPosition.Read(position) : null;
        RowColumns? columns = null;
        for (var row = 0L; ;)
        {
            var page = await TranslateAsync(call, () => ReadPageAsync(call, connection, query, key, batchRows, columns, cancellationToken));
            columns = page.Columns;
            if (page.Batch is null)
            {
                yield break;
            }

            key = page.LastKey!;
            var place = KeyPosition.Write(key);
            yield return new InputBatch($"{database.Name}/{BatchUids.OfText(place)}", page.Batch, new RowsInput(database.Name, row)) { Position = place };
            row += batchRows;
            if (page.IsLast)
            {
                yield break;
            }
        }
    }

    private static KeysetQuery QueryOf(AdapterCall call, InputConnection database)
    {
        var quote = ("\"", "\"");
        if (database.Provider.CanCreateCommandBuilder && database.Provider.CreateCommandBuilder() is { QuotePrefix.Length: > 0, QuoteSuffix.Length: > 0 } builder)
        {
            using (builder)
            {
                quote = (builder.QuotePrefix, builder.QuoteSuffix);
            }
        }

        var isQuery = call.Has("query");
        return new KeysetQuery(call.Text(isQuery ? "query" : "table"), isQuery, call.Texts("columns") ?? [], call.Texts("key")!, quote);
    }

    private static async Task<DbConnection> OpenAsync(AdapterCall call, InputConnection database, CancellationToken cancellationToken)
    {
        var connection = database.Provider.CreateConnection()
            ?? throw call.Refuse("connection", $"the provider of connection '{database.Name}' makes no connections.");
        try
        {
            connection.ConnectionString = database.ConnectionString;
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (DbException exception)
        {
            await connection.DisposeAsync();
            throw new FlowException(FlowErrorCode.UnexpectedError, $"Connection '{database.Name}' cannot be opened: {exception.Message}", exception);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads one row more than a page, to see where it ends and that the key tells rows apart.</summary>
    private static async Task<Page> ReadPageAsync(
        AdapterCall call, DbConnection connection, KeysetQuery query, object[]? after, int batchRows, RowColumns? columns, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = query.Text(after is null, batchRows + 1);
        for (var i = 0; i < (after?.Length ?? 0); i++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = string.Create(CultureInfo.InvariantCulture, $"k{i}");
            parameter.Value = after![i];
            command.Parameters.Add(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, cancellationToken);
        var keys = KeyColumns(call, query, reader);
        columns ??= new RowColumns(reader);
        using var builder = new RecordBatchBuilder(columns.Schema);
        var last = after;
        var values = new object[reader.FieldCount];
        while (await reader.ReadAsync(cancellationToken))
        {
            reader.GetValues(values);
            object[] key = [.. keys.Select(column => values[column])];
            CheckKey(call, query, key, builder.RowCount > 0 ? last : null);
            if (builder.RowCount == batchRows)
            {
                return new Page(columns, builder.Build(), last, IsLast: false);
            }

            for (var i = 0; i < values.Length; i++)
            {
                builder.Column(i).AppendObject(columns.ValueOf(i, values[i]));
            }

            last = key;
        }

        return new Page(columns, builder.RowCount == 0 ? null : builder.Build(), last, IsLast: true);
    }

    private static int[] KeyColumns(AdapterCall call, KeysetQuery query, DbDataReader reader)
    {
        var names = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToList();
        return [.. query.Key.Select(name => names.IndexOf(name) is >= 0 and var column
            ? column
            : throw call.Refuse("key", $"'{name}' is not among the columns ({string.Join(", ", names)})."))];
    }

    private static void CheckKey(AdapterCall call, KeysetQuery query, object[] key, object[]? last)
    {
        if (Array.FindIndex(key, value => value is DBNull) is >= 0 and var empty)
        {
            throw call.Refuse("key", $"'{query.Key[empty]}' is null in a row; use columns that never are.");
        }

        if (last is not null && key.AsSpan().SequenceEqual(last))
        {
            throw call.Refuse("key", $"two rows have the same ({string.Join(", ", query.Key)}), so a page that ends between them would lose one; use a unique key.");
        }
    }

    /// <summary>What the database calls wrong in the statement stays wrong; anything else may pass.</summary>
    private static async Task<T> TranslateAsync<T>(AdapterCall call, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (DbException exception) when (exception.SqlState?.StartsWith("42", StringComparison.Ordinal) == true)
        {
            throw call.Refuse(call.Has("query") ? "query" : "table", exception.Message);
        }
        catch (DbException exception)
        {
            throw new FlowException(FlowErrorCode.UnexpectedError, $"Input adapter '{call.Adapter}' could not read connection '{call.Text("connection")}': {exception.Message}", exception);
        }
    }

    private sealed record Page(RowColumns Columns, RecordBatch? Batch, object[]? LastKey, bool IsLast);
}
