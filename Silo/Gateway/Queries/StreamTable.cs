using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>The rows that were kept of a live stream at one moment.</summary>
/// <param name="name">Its name in plans.</param>
/// <param name="emptyQuery">A query with its columns.</param>
/// <param name="rows">Its rows.</param>
/// <param name="sign">Makes a ticket of a subject.</param>
internal sealed class StreamTable(string name, string emptyQuery, KeptRows rows, Func<string, string> sign) : IDescribedTable
{
    public string Name => name;

    public string EmptyQuery => emptyQuery;

    public long RowCount { get; } = rows.Segments.Sum(segment => segment.Count);

    public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken) => Task.FromResult<IQueryScan>(new TicketScan(
        scan, emptyQuery, part => Cut(rows.Segments, part, scan.TaskCount).Select(piece => sign(StreamRows.Subject(rows.Log, piece.Segment, piece.First, piece.Count)))));

    /// <summary>The rows of each part: contiguous, and as many in one as in the other.</summary>
    internal static IEnumerable<KeptSegment> Cut(IReadOnlyList<KeptSegment> segments, int part, int partCount)
    {
        var total = segments.Sum(segment => segment.Count);
        var (first, end) = ((long)((Int128)total * part / partCount), (long)((Int128)total * (part + 1) / partCount));
        var begin = 0L;
        foreach (var segment in segments)
        {
            var (from, to) = (Math.Max(first, begin), Math.Min(end, begin + segment.Count));
            if (from < to)
            {
                yield return segment with { First = segment.First + from - begin, Count = to - from };
            }

            begin += segment.Count;
        }
    }
}
