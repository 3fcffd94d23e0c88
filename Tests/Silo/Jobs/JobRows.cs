using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Rows of a table of a job.</summary>
internal static class JobRows
{
    public static readonly RowTableOptions Options = new()
    {
        Kind = TableKind.Timed,
        Schema = new ArrowSchema(new ArrowField("key", ArrowType.Int64), new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false)),
        KeyColumns = [0],
        TimeColumn = 1,
    };

    public static RecordBatch One(long key)
    {
        using var builder = new RecordBatchBuilder(Options.Schema);
        builder.Column<Int64Builder>(0).Append(key);
        builder.Column<TimestampBuilder>(1).Append(key);
        return builder.Build();
    }
}
