using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Queries.Databases;

namespace OrleansFlow.Silo.Gateway.Sql.Databases;

/// <summary>A PostgreSQL database. Its rows are handed to the engine as they come, of the columns that a statement reads.</summary>
internal sealed class PostgresTables(string name, string connectionString, bool isOnWorkers) : IAttachedDatabase
{
    private readonly PostgresDatabase _database = new(name, connectionString);

    public string Name => name;

    public string DefaultSchema => "public";

    public async Task<SqlTable?> FindAsync(SqlTableName called, string schema, string table, CancellationToken cancellationToken)
    {
        if (await _database.FindAsync(schema, table, cancellationToken) is not ({ } all, var rowCount))
        {
            return null;
        }

        var columns = new ArrowSchema([.. all.Columns.Select(column => new ArrowField(column.Name, column.Type))]);
        return new SqlTable(called, columns, rowCount, () => [])
        {
            ReadColumns = (wanted, token) => _database.ReadAsync(all with { Columns = [.. wanted.Select(column => all.Columns[column])] }, token),
            Attached = new Table(all, rowCount, isOnWorkers),
        };
    }

    public Task<IReadOnlyList<(string Schema, string Table)>> ListAsync(int countMax, CancellationToken cancellationToken) => _database.ListAsync(countMax, cancellationToken);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private sealed class Table(PostgresRead all, long rowCount, bool isOnWorkers) : IAttachedTable
    {
        public string? Definition => null;

        public (string Before, string After)? Frame => null;

        public bool IsOnWorkers => isOnWorkers;

        public Task<IDescribedTable> DescribeAsync(string name, string emptyQuery, CancellationToken cancellationToken) =>
            Task.FromResult<IDescribedTable>(new Described(name, emptyQuery, all, rowCount));
    }

    /// <summary>The table for workers: one task reads it, so that its rows are those of one moment.</summary>
    private sealed class Described(string name, string emptyQuery, PostgresRead all, long rowCount) : IDescribedTable
    {
        public string Name => name;

        public bool MayChange => true;

        public string EmptyQuery => emptyQuery;

        public long RowCount => rowCount;

        public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken)
        {
            var columns = scan.Columns
                .Select(wanted => all.Columns.First(column => column.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase)))
                .DefaultIfEmpty(all.Columns[0]);
            var read = all with { Columns = [.. columns], Where = PostgresFilter.Write(all, scan.Conditions) };
            return Task.FromResult<IQueryScan>(new Scan(scan.Name, emptyQuery, ByteString.CopyFrom(read.Encode())));
        }
    }

    private sealed class Scan(string name, string emptyQuery, ByteString body) : IQueryScan
    {
        public TaskScan Of(int part, QueryPeer at) => part == 0
            ? new TaskScan { Name = name, Node = new CustomNode { Codec = PostgresCodec.NodeName, Body = body } }
            : new TaskScan { Name = name, Sql = emptyQuery };
    }
}
