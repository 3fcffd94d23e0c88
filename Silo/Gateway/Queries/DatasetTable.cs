using OrleansFlow.Arrow;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Security;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>A registered table. Every worker sees its files, so each task reads its rows from its own worker, by a ticket that this cluster signs.</summary>
internal sealed class DatasetTable(
    string name, ArrowSchema schema, string emptyQuery, IReadOnlyList<DatasetFile> files, SignedText signed, TimeSpan ticketLifetime) : IDescribedTable
{
    public string Name => name;

    /// <summary>A query with its columns and without rows.</summary>
    public string EmptyQuery => emptyQuery;

    /// <summary>Its rows.</summary>
    public long RowCount { get; } = files.Sum(file => file.Rows);

    public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken)
    {
        var columns = new List<int>();
        foreach (var column in scan.Columns)
        {
            columns.Add(IndexOf(column));
        }

        // Where only rows are counted, any column has them.
        IReadOnlyList<int> wanted = columns.Count == 0 ? [0] : columns;
        return Task.FromResult<IQueryScan>(new TicketScan(
            scan, emptyQuery, part => Cut(files, part, scan.TaskCount).Select(rows => Sign(TableFlights.Subject(rows.File, rows.FirstRow, rows.RowCount, wanted)))));
    }

    /// <summary>The rows of each part: contiguous, and as many in one as in the other.</summary>
    internal static IEnumerable<(string File, long FirstRow, long RowCount)> Cut(IReadOnlyList<DatasetFile> files, int part, int partCount)
    {
        var total = files.Sum(file => file.Rows);
        var (first, end) = ((long)((Int128)total * part / partCount), (long)((Int128)total * (part + 1) / partCount));
        var begin = 0L;
        foreach (var file in files)
        {
            var from = Math.Max(first, begin);
            var to = Math.Min(end, begin + file.Rows);
            if (from < to)
            {
                yield return (file.Name, from - begin, to - from);
            }

            begin += file.Rows;
        }
    }

    private int IndexOf(string column)
    {
        for (var index = 0; index < schema.Fields.Count; index++)
        {
            if (schema.Fields[index].Name.Equals(column, StringComparison.OrdinalIgnoreCase))
            {
                return index;
            }
        }

        throw new InvalidOperationException($"Table '{name}' was planned with column '{column}', which it does not have.");
    }

    private string Sign(string subject) => signed.Make(SignedText.TicketKind, subject, ticketLifetime).Text;
}
