using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Arrow;

/// <summary>New arrays from rows of others.</summary>
public static class ArrowTake
{
    /// <summary>The values of the named rows, in that order; the caller owns the result.</summary>
    /// <param name="source">Where the values come from.</param>
    /// <param name="rows">Rows of <paramref name="source"/>; -1 for a null.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A row is not one of the source.</exception>
    public static ArrowArray Take(ArrowArray source, ReadOnlySpan<int> rows, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Take(source, rows, CheckRows(rows, source.Length), allocator);
    }

    /// <summary>The named rows of a batch, in that order; the caller owns the result.</summary>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="rows">Rows of <paramref name="source"/>; -1 for a row of nulls.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A row is not one of the source.</exception>
    public static RecordBatch Take(RecordBatch source, ReadOnlySpan<int> rows, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Take(source, rows, CheckRows(rows, source.RowCount), allocator);
    }

    /// <summary>The values of several arrays of one type, one after the other; the caller owns the result.</summary>
    /// <param name="arrays">At least one array, all of the same type.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public static ArrowArray Concat(IReadOnlyList<ArrowArray> arrays, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        ArgumentOutOfRangeException.ThrowIfZero(arrays.Count, nameof(arrays));
        if (arrays.Count == 1)
        {
            return arrays[0].Retain();
        }

        var type = arrays[0].Type;
        using var builder = ArrowArrayBuilder.Create(type, allocator);
        foreach (var array in arrays)
        {
            if (!array.Type.Equals(type))
            {
                throw new ArgumentException($"Cannot append {array.Type.Name} to {type.Name}.", nameof(arrays));
            }

            builder.AppendRange(array, 0, array.Length);
        }

        return builder.Build();
    }

    /// <summary>The rows of several batches of one schema as one batch; the caller owns the result.</summary>
    /// <param name="batches">At least one batch, all of the same schema.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public static RecordBatch Concat(IReadOnlyList<RecordBatch> batches, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentOutOfRangeException.ThrowIfZero(batches.Count, nameof(batches));
        var schema = batches[0].Schema;
        var rows = 0;
        foreach (var batch in batches)
        {
            rows = checked(rows + batch.RowCount);
        }

        var columns = new ArrowArray[schema.Fields.Count];
        var done = 0;
        try
        {
            for (; done < columns.Length; done++)
            {
                var parts = new ArrowArray[batches.Count];
                for (var i = 0; i < parts.Length; i++)
                {
                    parts[i] = batches[i].Column(done);
                }

                columns[done] = Concat(parts, allocator);
            }
        }
        catch
        {
            DisposeFirst(columns, done);
            throw;
        }

        return new RecordBatch(schema, columns, rows);
    }

    private static void DisposeFirst(ArrowArray[] columns, int count)
    {
        for (var i = 0; i < count; i++)
        {
            columns[i].Dispose();
        }
    }

    /// <summary>As the public one, for rows that are known to be those of the source: kernels that found them need not check them for each column.</summary>
    internal static RecordBatch TakePresent(RecordBatch source, ReadOnlySpan<int> rows, ArrowAllocator? allocator) =>
        Take(source, rows, hasMissing: false, allocator);

    private static ArrowArray Take(ArrowArray source, ReadOnlySpan<int> rows, bool hasMissing, ArrowAllocator? allocator)
    {
        ObjectDisposedException.ThrowIf(source.IsReleased, source);
        if (TakeKernel.TryTake(source, rows, hasMissing, allocator ?? ArrowAllocator.Default) is { } taken)
        {
            return taken;
        }

        using var builder = ArrowArrayBuilder.Create(source.Type, allocator);
        foreach (var row in rows)
        {
            if (row < 0)
            {
                builder.AppendNull();
            }
            else
            {
                builder.AppendFrom(source, row);
            }
        }

        return builder.Build();
    }

    private static RecordBatch Take(RecordBatch source, ReadOnlySpan<int> rows, bool hasMissing, ArrowAllocator? allocator)
    {
        var columns = new ArrowArray[source.ColumnCount];
        var done = 0;
        try
        {
            for (; done < columns.Length; done++)
            {
                columns[done] = Take(source.Column(done), rows, hasMissing, allocator);
            }
        }
        catch
        {
            DisposeFirst(columns, done);
            throw;
        }

        return new RecordBatch(source.Schema, columns, rows.Length);
    }

    /// <summary>Whether some row is -1; the loops behind it read without further checks.</summary>
    private static bool CheckRows(ReadOnlySpan<int> rows, int length)
    {
        var (least, most) = (0, -1);
        foreach (var row in rows)
        {
            least = Math.Min(least, row);
            most = Math.Max(most, row);
        }

        return least >= -1 && most < length
            ? least < 0
            : throw new ArgumentOutOfRangeException(nameof(rows), least < -1 ? least : most, $"The rows are -1 to {length - 1}.");
    }
}
