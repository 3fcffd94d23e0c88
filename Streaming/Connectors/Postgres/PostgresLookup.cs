using System.Text;
using Npgsql;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Joins.Lookups;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Finds rows of a table of PostgreSQL: one statement for all keys of a request, which an index of the key serves.</summary>
/// <param name="config">Which table.</param>
/// <param name="definition">Its keys and columns.</param>
public sealed class PostgresLookup(PostgresLookupConfig config, LookupDefinition definition) : ILookupSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "postgres_lookup";

    private NpgsqlDataSource? _server;
    private ArrowAllocator? _allocator;
    private string _sql = "";

    /// <inheritdoc/>
    public async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Table.Length == 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The PostgreSQL lookup '{definition.Id}' needs a table.");
        }

        _allocator = context.Allocator;
        _server = NpgsqlDataSource.Create(PostgresNames.Connection(config.Connection, definition.Id));
        _sql = await AskedAsync(() => TextAsync(cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<LookupAnswer> LookupAsync(RecordBatch keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return AskedAsync(() => FindAsync(keys, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync();
        }
    }

    private async Task<LookupAnswer> FindAsync(RecordBatch keys, CancellationToken cancellationToken)
    {
        // The operator's own time limit ends a slow statement.
        await using var command = _server!.CreateCommand(_sql);
        command.CommandTimeout = 0;
        for (var column = 0; column < keys.ColumnCount; column++)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = Texts(keys.Column(column)) });
        }

        using var rows = new PostgresRows(config.Table, new ArrowSchema([.. definition.Columns.Fields, EventTime.Field]), _allocator);
        var keyRows = new List<int>();
        var values = new byte[]?[rows.Names.Count];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // Numbers of the server begin with 1.
            keyRows.Add((int)reader.GetInt64(0) - 1);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = await reader.IsDBNullAsync(i + 1, cancellationToken) ? null : Encoding.UTF8.GetBytes(reader.GetString(i + 1));
            }

            rows.Add(values, isRetract: false, timeMicros: 0);
        }

        using var all = rows.Build();
        return new LookupAnswer(all.Select([.. Enumerable.Range(0, values.Length)]), keyRows);
    }

    private static string[] Texts(ArrowArray keys)
    {
        var texts = new string[keys.Length];
        for (var row = 0; row < texts.Length; row++)
        {
            var text = ArrowFormatter.FormatValue(keys, row);
            texts[row] = keys.Type is BinaryType ? "\\x" + text : text;
        }

        return texts;
    }

    /// <summary>The statement, with each key as the type of the table's column, so that its index is used.</summary>
    private async Task<string> TextAsync(CancellationToken cancellationToken)
    {
        var table = PostgresNames.QuoteTable(config.Table);
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (var command = _server!.CreateCommand(
            "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = table });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                types.Add(reader.GetString(0), reader.GetString(1));
            }
        }

        if (definition.Columns.Fields.FirstOrDefault(field => !types.ContainsKey(field.Name)) is { } missing)
        {
            throw new FlowException(
                FlowErrorCode.BadOption, $"Lookup '{definition.Id}': table {config.Table} has no column '{missing.Name}'; it has: {string.Join(", ", types.Keys)}. Names are as the server has them, capitals and all.");
        }

        var (names, on) = (new List<string>(), new List<string>());
        for (var i = 0; i < definition.Keys.Fields.Count; i++)
        {
            var field = definition.Keys.Fields[i];
            names.Add($"k{i}");

            // A number that a smaller column cannot hold is one without a row, and no mistake.
            var type = types[field.Name] is "smallint" or "integer" && field.Type.Equals(ArrowType.Int64) ? "bigint" : types[field.Name];
            on.Add($"t.{PostgresNames.Quote(field.Name)} = k.k{i}::{type}");
        }

        var columns = string.Concat(definition.Columns.Fields.Select(field => $", t.{PostgresNames.Quote(field.Name)}::text"));
        var keys = string.Join(", ", names.Select((_, i) => $"${i + 1}::text[]"));
        return $"SELECT k.n{columns} FROM unnest({keys}) WITH ORDINALITY AS k({string.Join(", ", names)}, n) JOIN {table} AS t ON {string.Join(" AND ", on)}";
    }

    private async Task<T> AskedAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresNames.Failed($"Lookup '{definition.Id}' cannot read table {config.Table}", exception);
        }
    }
}
