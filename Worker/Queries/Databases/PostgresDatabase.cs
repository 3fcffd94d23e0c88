using System.Runtime.CompilerServices;
using Npgsql;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>A PostgreSQL database that queries read. Every session is read-only. Thread-safe; holds pooled connections: dispose it.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private const string FindSql = """
        SELECT n.nspname, c.relname, c.oid, c.reltuples::float8
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE lower(n.nspname) = lower($1) AND lower(c.relname) = lower($2) AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
        ORDER BY (n.nspname = $1) DESC, (c.relname = $2) DESC LIMIT 2
        """;

    // A domain has the values of what it is made of; one of domains is read as a text.
    private const string ColumnsSql = """
        SELECT a.attname, CASE WHEN e.oid IS NULL THEN b.oid ELSE e.oid END, e.oid IS NOT NULL, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
        LEFT JOIN pg_catalog.pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
        WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    private const string ListSql = """
        SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
        ORDER BY 1, 2 LIMIT $1
        """;

    // Until it is analysed for the first time, PostgreSQL does not know.
    private const long UnknownRowCount = 10_000;

    // A server that does not answer by then has lost the connection.
    private static readonly TimeSpan CancelWait = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _source;
    private readonly string _place;

    /// <param name="name">Its name in queries.</param>
    /// <param name="connectionString">How it is reached, in Npgsql's words.</param>
    /// <exception cref="ArgumentException">The connection string is none.</exception>
    public PostgresDatabase(string name, string connectionString)
    {
        Name = name;
        var text = new NpgsqlConnectionStringBuilder(connectionString) { Options = $"{new NpgsqlConnectionStringBuilder(connectionString).Options} -c default_transaction_read_only=on".Trim() };
        text.ApplicationName ??= "OrleansFlow";
        if (!connectionString.Contains("Command", StringComparison.OrdinalIgnoreCase))
        {
            // A query may take its time; what bounds it is the limit of the statement.
            text.CommandTimeout = 0;
        }

        _source = NpgsqlDataSource.Create(text.ConnectionString);

        // Never the password.
        _place = $"{text.Database}@{text.Host}";
    }

    /// <summary>Its name in queries.</summary>
    public string Name { get; }

    /// <summary>Looks a table up; names are taken as they are written, and where there is no such table without regard to case.</summary>
    /// <returns>The table with all its columns, and its rows as PostgreSQL estimates them; null when there is none.</returns>
    /// <exception cref="FlowException"><c>store_unavailable</c>: the database cannot be reached or refuses.</exception>
    public async Task<(PostgresRead All, long EstimatedRowCount)?> FindAsync(string schema, string table, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            (string Schema, string Table, uint Id, double Rows)? found = null;
            await using (var find = new NpgsqlCommand(FindSql, connection) { Parameters = { new() { Value = schema }, new() { Value = table } } })
            await using (var reader = await find.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    var next = (reader.GetString(0), reader.GetString(1), await reader.GetFieldValueAsync<uint>(2, cancellationToken), reader.GetDouble(3));
                    if (found is { } first && (first.Schema, first.Table) != (schema, table))
                    {
                        throw new FlowException(
                            FlowErrorCode.BadInput, $"'{schema}.{table}' may be '{first.Schema}.{first.Table}' or '{next.Item1}.{next.Item2}' in database '{Name}'; write one of them between double quotes.");
                    }

                    found ??= next;
                }
            }

            if (found is not { } known)
            {
                return null;
            }

            var columns = new List<PostgresColumn>();
            await using var list = new NpgsqlCommand(ColumnsSql, connection) { Parameters = { new() { Value = known.Id, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid } } };
            await using var rows = await list.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                columns.Add(new PostgresColumn(rows.GetString(0), await rows.GetFieldValueAsync<uint>(1, cancellationToken), rows.GetBoolean(2), rows.GetInt32(3)));
            }

            return columns.Count == 0
                ? null
                : (new PostgresRead { Database = Name, Schema = known.Schema, Table = known.Table, Columns = columns }, known.Rows < 0 ? UnknownRowCount : (long)known.Rows);
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw Unavailable($"cannot be asked for '{schema}.{table}'", exception);
        }
    }

    /// <summary>Names of its tables, but for those of PostgreSQL itself.</summary>
    /// <param name="countMax">At most so many.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FlowException"><c>store_unavailable</c>.</exception>
    public async Task<IReadOnlyList<(string Schema, string Table)>> ListAsync(int countMax, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            await using var command = new NpgsqlCommand(ListSql, connection) { Parameters = { new() { Value = countMax } } };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var tables = new List<(string, string)>();
            while (await reader.ReadAsync(cancellationToken))
            {
                tables.Add((reader.GetString(0), reader.GetString(1)));
            }

            return tables;
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw Unavailable("does not list its tables", exception);
        }
    }

    /// <summary>Reads rows of one moment.</summary>
    /// <param name="read">What is read.</param>
    /// <param name="cancellationToken">Ends it, at the server too.</param>
    /// <exception cref="FlowException"><c>store_unavailable</c>: the connection is lost, or the server refuses.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(PostgresRead read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        NpgsqlRawCopyStream? stream = null;
        PostgresRows? rows = null;
        var isOver = false;
        try
        {
            while (true)
            {
                RecordBatch? batch;
                try
                {
                    connection ??= await _source.OpenConnectionAsync(cancellationToken);
                    stream ??= await connection.BeginRawBinaryCopyAsync($"COPY ({read.Sql}) TO STDOUT (FORMAT BINARY)", cancellationToken);
                    rows ??= new PostgresRows(stream, read.Columns, read.ToSchema());
                    batch = await ReadAsync(rows, stream, cancellationToken);
                }
                catch (Exception exception) when (IsFailure(exception, cancellationToken))
                {
                    throw Unavailable($"was lost or refused while '{read.Schema}.{read.Table}' was read", exception);
                }

                if (batch is null)
                {
                    isOver = true;
                    yield break;
                }

                yield return batch;
            }
        }
        finally
        {
            if (stream is not null && !isOver)
            {
                // Closing waits for the rows that are still to come.
                await TryCancelAsync(stream);
            }

            rows?.Dispose();
            await CloseAsync(stream);
            await CloseAsync(connection);
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>Reads on. Of a cancelled reading the server hears at once: else it would go on until it has something to send.</summary>
    private static async Task<RecordBatch?> ReadAsync(PostgresRows rows, NpgsqlRawCopyStream stream, CancellationToken cancellationToken)
    {
        var reading = rows.ReadAsync(CancellationToken.None).AsTask();
        try
        {
            return await reading.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await TryCancelAsync(stream);
            await ((Task)reading.WaitAsync(CancelWait, TimeProvider.System, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static async Task TryCancelAsync(NpgsqlRawCopyStream stream)
    {
        try
        {
            await stream.CancelAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException or InvalidOperationException or NotSupportedException)
        {
            // The server, or the connection, is gone, and with it the query.
        }
    }

    private static async ValueTask CloseAsync(IAsyncDisposable? opened)
    {
        try
        {
            if (opened is not null)
            {
                await opened.DisposeAsync();
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Why the reading ended says more than that its connection could not be ended in order.
        }
    }

    private static bool IsFailure(Exception exception, CancellationToken cancellationToken) =>
        exception is NpgsqlException or IOException or System.Net.Sockets.SocketException or TimeoutException
        || (exception is InvalidOperationException or OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private FlowException Unavailable(string what, Exception exception) => new(
        FlowErrorCode.StoreUnavailable,
        $"The PostgreSQL database '{Name}' ({_place}) {what}: {(exception as PostgresException)?.MessageText ?? exception.Message} Run the query again when it is there.",
        exception);
}
