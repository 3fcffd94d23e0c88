using OrleansFlow.Arrow;

namespace OrleansFlow.Benchmarks.Macro.Wire;

/// <summary>The batches that travel: four columns of integers, of which the memory is the message.</summary>
internal sealed class WireRows : IDisposable
{
    public const int RowsPerBatch = 65_536;
    public const int BytesPerBatch = RowsPerBatch * Columns * sizeof(long);

    /// <summary>Batches of one round: 268 MB.</summary>
    public const int BatchCount = 128;

    /// <summary>Bytes of one round.</summary>
    public const long Bytes = (long)BytesPerBatch * BatchCount;

    private const int Columns = 4;

    /// <summary>More than the processor's caches hold of one core, far less than memory.</summary>
    private const int Distinct = 8;

    public WireRows()
    {
        Batches = [.. Enumerable.Range(0, Distinct).Select(index => Create(RowsPerBatch, index * RowsPerBatch))];
        OneRow = Create(1, 0);
    }

    public static ArrowSchema Schema { get; } =
        new([.. Enumerable.Range(0, Columns).Select(column => new ArrowField($"c{column}", ArrowType.Int64, isNullable: false))]);

    public IReadOnlyList<RecordBatch> Batches { get; }

    public RecordBatch OneRow { get; }

    /// <summary>The memory of the batches, column by column, as <see cref="Bytes"/> repeats it.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Parts =>
        Batches.SelectMany(batch => batch.Columns.Select(column => column.Data.Buffers[1].Memory[..(RowsPerBatch * sizeof(long))]));

    public void Dispose()
    {
        foreach (var batch in Batches)
        {
            batch.Dispose();
        }

        OneRow.Dispose();
    }

    private static RecordBatch Create(int rowCount, long first)
    {
        var builder = new RecordBatchBuilder(Schema);
        for (var column = 0; column < Columns; column++)
        {
            var values = builder.Column<Int64Builder>(column);
            for (var row = 0; row < rowCount; row++)
            {
                values.Append(first + row);
            }
        }

        return builder.Build();
    }
}
