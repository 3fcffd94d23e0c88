using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>
/// The table <c>e</c> of the cases, made by DuckDB, in the order in which a stream gives it: numbers, texts and flags with nulls; 10 ms from row to row, up to 2 s out of order,
/// and a pause of 20 s behind each 500 rows.
/// </summary>
internal sealed class EventTable(IReadOnlyList<RecordBatch> batches) : IDisposable
{
    private readonly int _batchRows = batches.Count == 0 ? 1 : batches[0].RowCount;

    public int Count { get; } = batches.Sum(batch => batch.RowCount);

    /// <summary>Makes it in a session, where the golden queries read it, and takes its rows.</summary>
    public static async Task<EventTable> MakeAsync(EngineSession session, int count, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            $"""
            CREATE OR REPLACE TEMP TABLE e AS
            SELECT CASE WHEN a % 11 = 0 THEN NULL ELSE a % 13 END AS k,
                   CASE WHEN b % 9 = 0 THEN NULL ELSE chr((97 + b % 5)::INT) || repeat('x', (b // 7 % 3)::INT) END AS name,
                   CASE WHEN b % 7 = 0 THEN NULL ELSE a // 16 % 2001 - 1000 END::INT AS n,
                   CASE WHEN a % 8 = 0 THEN NULL ELSE (b % 801 - 400) / 4.0 END::DOUBLE AS v,
                   CASE WHEN b % 6 = 0 THEN NULL ELSE a // 4 % 3 = 0 END AS flag,
                   make_timestamp(1700000000000000 + i * 10000 + i // 500 * 20000000 - b % 2000 * 1000) AS ts
            FROM (SELECT i, (i * 2654435761) % 4294967291 // 8 AS a, ((i * 40503 + 12345) * 2246822519) % 4294967279 // 8 AS b FROM range({count}) AS t(i))
            """,
            null,
            cancellationToken);
        await using var result = await session.QueryAsync("SELECT * FROM e", null, cancellationToken);
        var batches = new List<RecordBatch>();
        while (await result.ReadAsync(cancellationToken) is { } batch)
        {
            batches.Add(batch);
        }

        return new EventTable(batches);
    }

    /// <summary>Rows from a place on, each so many behind the one before, up to the end of the batch that they lie in.</summary>
    public RecordBatch Take(ArrowSchema schema, int first, int stride, int countMax, ArrowAllocator allocator)
    {
        var batch = batches[first / _batchRows];
        var places = new List<int>();
        for (var place = first % _batchRows; place < batch.RowCount && places.Count < countMax; place += stride)
        {
            places.Add(place);
        }

        using var taken = ArrowTake.Take(batch, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(places), allocator);
        return new RecordBatch(schema, [.. taken.Columns.Select(column => column.Retain())], taken.RowCount);
    }

    public void Dispose()
    {
        foreach (var batch in batches)
        {
            batch.Dispose();
        }
    }
}
