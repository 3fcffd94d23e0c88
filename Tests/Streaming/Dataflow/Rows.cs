using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>Small batches.</summary>
internal static class Rows
{
    public static readonly ArrowSchema Numbers = new(new ArrowField("number", ArrowType.Int64, isNullable: false));

    /// <summary>Consecutive numbers in one column.</summary>
    public static RecordBatch Of(int count, long first = 0, ArrowAllocator? allocator = null)
    {
        using var builder = new Int64Builder(allocator);
        for (var i = 0; i < count; i++)
        {
            builder.Append(first + i);
        }

        return new RecordBatch(Numbers, [builder.Build()], count);
    }
}
