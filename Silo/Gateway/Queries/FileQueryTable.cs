using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Files that a query's own text reads. Every worker sees them under the same paths, so each task opens its part itself.</summary>
internal sealed class FileQueryTable(string name, ITableSource source) : IQueryTable
{
    public string Name => name;

    public async Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken)
    {
        // Files that changed since the plan was made are described anew; what no longer fits the plan fails at the workers.
        var description = await source.DescribeAsync(cancellationToken);
        var queries = await source.SplitAsync(description, scan, cancellationToken);

        // Without rows a range need not be copied.
        return new Parts(scan.Name, FileSlices.AreIn(queries[0]) ? description.EmptyQuery : queries[0], queries);
    }

    private sealed class Parts(string name, string shape, IReadOnlyList<string> queries) : IQueryScan
    {
        public TaskScan Of(int part, QueryPeer at) => new() { Name = name, Sql = part >= 0 ? queries[part] : $"SELECT * FROM ({shape}) WHERE false" };
    }
}
