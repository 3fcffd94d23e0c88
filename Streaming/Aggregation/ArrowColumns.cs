using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Several columns at once.</summary>
internal static class ArrowColumns
{
    /// <summary>Builds all columns or none.</summary>
    /// <returns>The columns, which the caller owns.</returns>
    public static ArrowArray[] Build(ReadOnlySpan<ArrowArrayBuilder> builders)
    {
        var built = new ArrowArray[builders.Length];
        var count = 0;
        try
        {
            for (; count < built.Length; count++)
            {
                built[count] = builders[count].Build();
            }

            return built;
        }
        catch
        {
            Release(built.AsSpan(0, count));
            throw;
        }
    }

    /// <summary>Gives back a reference to each column.</summary>
    public static void Release(ReadOnlySpan<ArrowArray> columns)
    {
        foreach (var column in columns)
        {
            column.Dispose();
        }
    }

    /// <summary>A batch of columns, which it takes over.</summary>
    public static RecordBatch ToBatch(ArrowSchema schema, ArrowArray[] columns, int rowCount)
    {
        try
        {
            return new RecordBatch(schema, columns, rowCount);
        }
        catch
        {
            Release(columns);
            throw;
        }
    }
}
