using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;
using OrleansFlow.Worker.Queries.Databases;

namespace OrleansFlow.Silo.Gateway.Sql.Databases;

/// <summary>
/// A DuckDB file. A statement attaches it for its own time, and so does a task on a worker: a file that was written anew is read as it is now.
/// </summary>
internal sealed class DuckDbFile(string name, string path, bool isOnWorkers) : IAttachedDatabase
{
    // Tables beyond that are looked at again.
    private const int KnownMax = 1_000;

    // As the engine stores rows; a part begins at such a border.
    private const long RowGroupRows = 122_880;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, (FileStamp Stamp, SqlTable Table)> _known = new(StringComparer.OrdinalIgnoreCase);
    private EngineInstance? _engine;

    public string Name => name;

    public string DefaultSchema => "main";

    public async Task<SqlTable?> FindAsync(SqlTableName called, string schema, string table, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var stamp = FileStamp.Of(path);
            if (_known.TryGetValue(called.ToString(), out var known) && known.Stamp == stamp)
            {
                return known.Table;
            }

            _engine ??= await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
            await using var session = _engine.OpenSession();
            var call = $"read_duckdb({EngineText.Literal(path)}, schema_name = {EngineText.Literal(schema)}, table_name = {EngineText.Literal(table)})";
            var columns = await ColumnsAsync(session, $"SELECT * FROM {call}", cancellationToken);
            var rows = await RowsAsync(session, $"SELECT count(*), coalesce(max(rowid), -1) + 1 FROM {call}", cancellationToken);
            var types = await RowsAsync(session, $"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {call})", cancellationToken);
            var described = new TableDescription
            {
                Columns = [.. types.Select(row => new TableColumn((string)row[0]!, (string)row[1]!))],
                RowCount = (long)rows[0][0]!,
                IsRowCountExact = true,
                PartCountMax = (int)Math.Clamp((((long)rows[0][1]! - 1) / RowGroupRows) + 1, 1, int.MaxValue),
            };
            var found = new SqlTable(called, columns, described.RowCount, () => []) { Attached = new Table(this, schema, table, described, (long)rows[0][1]!) };
            if (_known.Count >= KnownMax)
            {
                _known.Clear();
            }

            _known[called.ToString()] = (stamp, found);
            return found;
        }
        catch (EngineException exception) when (exception.Message.Contains("does not have any tables matching", StringComparison.Ordinal))
        {
            return null;
        }
        catch (Exception exception) when (exception is EngineException { Kind: not EngineErrorKind.Interrupted } or IOException or UnauthorizedAccessException)
        {
            throw Unreadable(exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<IReadOnlyList<(string Schema, string Table)>> ListAsync(int countMax, CancellationToken cancellationToken)
    {
        try
        {
            // An engine of its own: what is attached would be seen by the statements of another.
            await using var engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
            await using var session = engine.OpenSession();
            await session.ExecuteAsync($"ATTACH {EngineText.Literal(path)} AS listed (READ_ONLY)", null, cancellationToken);
            var rows = await RowsAsync(
                session,
                string.Create(CultureInfo.InvariantCulture, $"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'listed' ORDER BY ALL LIMIT {countMax}"),
                cancellationToken);
            return [.. rows.Select(row => ((string)row[0]!, (string)row[1]!))];
        }
        catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
        {
            throw Unreadable(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        _turn.Dispose();
    }

    private static async Task<ArrowSchema> ColumnsAsync(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        // An open statement keeps the file, and another one would wait for it.
        await using var statement = await session.PrepareAsync(sql, cancellationToken);
        return (await statement.DescribeAsync(cancellationToken)).Result!;
    }

    private static async Task<IReadOnlyList<object?[]>> RowsAsync(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        var rows = new List<object?[]>();
        await using var result = await session.QueryAsync(sql, null, cancellationToken);
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add([.. batch.Columns.Select(column => column.GetValue(row))]);
                }
            }
        }

        return rows;
    }

    private FlowException Unreadable(Exception exception) => new(
        FlowErrorCode.DataFileMissing,
        $"The DuckDB database '{name}' at '{path}' cannot be read: {exception.Message} It must be there, and no process may write to it meanwhile.",
        exception);

    /// <summary>Which version of the file it is, and of what was written to it since it was put in order.</summary>
    private readonly record struct FileStamp(long Bytes, DateTime ModifiedUtc, long WalBytes, DateTime WalModifiedUtc)
    {
        public static FileStamp Of(string path)
        {
            var (file, wal) = (new FileInfo(path), new FileInfo(path + ".wal"));
            return new FileStamp(file.Length, file.LastWriteTimeUtc, wal.Exists ? wal.Length : 0, wal.LastWriteTimeUtc);
        }
    }

    private string Path => path;

    private string EngineName => EngineText.Quote("orleansflow_" + name);

    private bool IsOnWorkers => isOnWorkers;

    private sealed class Table(DuckDbFile file, string schema, string table, TableDescription description, long rowIdCount) : IAttachedTable
    {
        private readonly string _place = $"{EngineText.Quote(schema)}.{EngineText.Quote(table)}";

        public string? Definition => $"SELECT * FROM {file.EngineName}.{_place}";

        public (string Before, string After)? Frame =>
            ($"ATTACH IF NOT EXISTS {EngineText.Literal(file.Path)} AS {file.EngineName} (TYPE duckdb, READ_ONLY)", $"DETACH DATABASE IF EXISTS {file.EngineName}");

        public bool IsOnWorkers => file.IsOnWorkers;

        public Task<IDescribedTable> DescribeAsync(string name, string emptyQuery, CancellationToken cancellationToken) =>
            Task.FromResult<IDescribedTable>(new Described(name, $"{DatabaseFiles.NameOf(file.Path)}.{_place}", description, rowIdCount));
    }

    private sealed class Described(string name, string place, TableDescription description, long rowIdCount) : IDescribedTable
    {
        public string Name => name;

        public bool MayChange => true;

        public string EmptyQuery => description.EmptyQuery;

        public long RowCount => description.RowCount;

        public TableDescription Description => description;

        public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken) => Task.FromResult<IQueryScan>(new Scan(scan, place, description, rowIdCount));
    }

    private sealed class Scan(StageScan scan, string place, TableDescription description, long rowIdCount) : IQueryScan
    {
        private readonly string _columns = scan.Columns.Count == 0 ? "*" : string.Join(", ", scan.Columns.Select(EngineText.Quote));

        public TaskScan Of(int part, QueryPeer at)
        {
            if (part < 0)
            {
                return new TaskScan { Name = scan.Name, Sql = description.EmptyQuery };
            }

            // Numbers of rows that were deleted are not given again, so parts may have fewer rows than their share.
            var groups = (rowIdCount + RowGroupRows - 1) / RowGroupRows;
            var (first, end) = (groups * part / scan.TaskCount * RowGroupRows, groups * (part + 1) / scan.TaskCount * RowGroupRows);
            var range = scan.TaskCount == 1 ? "" : part == scan.TaskCount - 1
                ? string.Create(CultureInfo.InvariantCulture, $" WHERE rowid >= {first}")
                : string.Create(CultureInfo.InvariantCulture, $" WHERE rowid >= {first} AND rowid < {end}");
            return new TaskScan { Name = scan.Name, Sql = $"SELECT {_columns} FROM {place}{range}" };
        }
    }
}
