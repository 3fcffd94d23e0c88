using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>The output of a node of a run. Batches are divided, not cut.</summary>
/// <param name="name">Its name in plans.</param>
/// <param name="node">Run and node.</param>
/// <param name="emptyQuery">A query with its columns.</param>
/// <param name="batches">Its batches, in order.</param>
/// <param name="sign">Makes a ticket of a subject.</param>
internal sealed class RunTable(string name, SqlTableName node, string emptyQuery, IReadOnlyList<ArtifactRef> batches, Func<string, string> sign) : IDescribedTable
{
    public string Name => name;

    public string EmptyQuery => emptyQuery;

    public long RowCount { get; } = batches.Sum(batch => batch.Rows);

    public Task<IQueryScan> SplitAsync(StageScan scan, CancellationToken cancellationToken) =>
        Task.FromResult<IQueryScan>(new TicketScan(scan, emptyQuery, part => Cut(batches, part, scan.TaskCount).Select(spans => sign($"{node.Schema}/{node.Table}/{ArtifactSpan.Format(spans)}"))));

    /// <summary>The batches of each part: those whose first row is in its share of the rows. Each list is short enough for a ticket.</summary>
    internal static IEnumerable<IReadOnlyList<ArtifactSpan>> Cut(IReadOnlyList<ArtifactRef> batches, int part, int partCount)
    {
        var total = Math.Max(1, batches.Sum(batch => batch.Rows));
        var begin = 0L;
        var spans = new List<ArtifactSpan>();
        foreach (var batch in batches)
        {
            var at = Math.Min(partCount - 1, (int)((Int128)begin * partCount / total));
            begin += batch.Rows;
            if (at != part)
            {
                continue;
            }

            var span = ArtifactSpan.Of(batch.TaskIndex, batch.Index, batch.Path);
            if (spans.Count > 0 && spans[^1].IsFollowedBy(span))
            {
                spans[^1] = spans[^1] with { Last = span.Last };
                continue;
            }

            if (spans.Count == ArtifactSpan.SpansMax)
            {
                yield return spans;
                spans = [];
            }

            spans.Add(span);
        }

        if (spans.Count > 0)
        {
            yield return spans;
        }
    }
}
