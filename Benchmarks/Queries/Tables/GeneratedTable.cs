using OrleansFlow.Arrow;

namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>A table whose rows are computed from their number. Immutable and thread-safe.</summary>
/// <param name="name">Name of the table in queries.</param>
/// <param name="schema">Its columns.</param>
/// <param name="unitCount">Units it consists of: rows, or for a table that hangs on another one the rows of that one.</param>
/// <param name="createWriter">Makes what appends rows to a builder of <paramref name="schema"/>.</param>
public sealed class GeneratedTable(string name, ArrowSchema schema, long unitCount, Func<RecordBatchBuilder, IRowWriter> createWriter)
{
    /// <summary>Rows of a batch unless a call says otherwise; the last batch has fewer, and a unit is never split.</summary>
    public const int DefaultBatchRowCount = 32_768;

    /// <summary>Name of the table in queries.</summary>
    public string Name { get; } = name;

    /// <summary>Its columns.</summary>
    public ArrowSchema Schema { get; } = schema;

    /// <summary>Pieces that can be made alone. A unit is one row, or a few rows that belong together (the lines of an order).</summary>
    public long UnitCount { get; } = unitCount;

    /// <summary>The rows of some units, as batches that the caller disposes.</summary>
    /// <param name="firstUnit">The first unit.</param>
    /// <param name="units">How many of them.</param>
    /// <param name="batchRowCount">Rows after which a batch is full, at least 1.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The table has no such units.</exception>
    public IEnumerable<RecordBatch> Rows(
        long firstUnit, long units, int batchRowCount = DefaultBatchRowCount, ArrowAllocator? allocator = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstUnit);
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstUnit + units, UnitCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRowCount, 1);
        return Generate(firstUnit, firstUnit + units, batchRowCount, allocator);
    }

    /// <summary>All rows, as batches that the caller disposes.</summary>
    public IEnumerable<RecordBatch> Rows() => Rows(0, UnitCount);

    private IEnumerable<RecordBatch> Generate(long unit, long end, int batchRowCount, ArrowAllocator? allocator)
    {
        using var builder = new RecordBatchBuilder(Schema, allocator);
        var writer = createWriter(builder);
        for (; unit < end; unit++)
        {
            writer.Append(unit);
            if (builder.RowCount >= batchRowCount)
            {
                yield return builder.Build();
            }
        }

        if (builder.RowCount > 0)
        {
            yield return builder.Build();
        }
    }
}
