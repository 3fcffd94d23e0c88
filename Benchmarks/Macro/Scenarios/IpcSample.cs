using OrleansFlow.Arrow;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>The batches that the IPC scenarios encode and decode: five columns, nulls in three of them.</summary>
internal static class IpcSample
{
    public static ArrowSchema Schema { get; } = new(
        new ArrowField("id", ArrowType.Int64, isNullable: false),
        new ArrowField("price", ArrowType.Float64),
        new ArrowField("name", ArrowType.Utf8),
        new ArrowField("at", ArrowType.Timestamp(TimeUnit.Microsecond, "UTC"), isNullable: false),
        new ArrowField("open", ArrowType.Boolean));

    public static RecordBatch Create(int rows, int first)
    {
        using var builder = new RecordBatchBuilder(Schema);
        for (var row = first; row < first + rows; row++)
        {
            builder.Column<Int64Builder>(0).Append(row);
            builder.Column<DoubleBuilder>(1).Append(row % 7 == 0 ? (double?)null : row * 0.25);
            builder.Column<Utf8Builder>(2).Append(row % 11 == 0 ? null : "customer " + row % 1000);
            builder.Column<TimestampBuilder>(3).Append(1_700_000_000_000_000 + row);
            builder.Column<BooleanBuilder>(4).Append(row % 5 == 0 ? (bool?)null : row % 2 == 0);
        }

        return builder.Build();
    }
}
