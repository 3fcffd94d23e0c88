namespace OrleansFlow.Arrow.Kernels;

/// <summary>
/// The order of rows. Numbers sort by size with NaN as the largest and -0 equal to 0; false before true; text and bytes byte by byte
/// (for text the order of code points); lists and structs item by item. Sorting is stable.
/// </summary>
public static class ArrowSort
{
    /// <summary>The rows of a batch in sorted order, for <see cref="ArrowTake.Take(RecordBatch, ReadOnlySpan{int}, ArrowAllocator?)"/>.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="keys">What to sort by, the most important first; at least one.</param>
    /// <exception cref="ArgumentException">There is no key, or a key names no column.</exception>
    /// <exception cref="NotSupportedException">The type of a key has no order.</exception>
    public static int[] SortIndices(RecordBatch batch, params ReadOnlySpan<SortKey> keys)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var order = new RowOrder(batch, batch, keys);
        if (keys.Length > 1)
        {
            return SortByComparison(batch.RowCount, order);
        }

        var key = batch.Column(keys[0].Column);
        var (rows, nulls) = SplitNulls(key, keys[0].NullsFirst);
        var values = keys[0].NullsFirst ? rows.AsSpan(nulls) : rows.AsSpan(0, rows.Length - nulls);
        var bits = new ulong[values.Length];
        if (SortBits.TryCreate(key, values, bits))
        {
            if (keys[0].IsDescending)
            {
                foreach (ref var word in bits.AsSpan())
                {
                    word = ~word;
                }
            }

            SortBits.Sort(bits, values);
            return rows;
        }

        values.Sort((a, b) => order.Compare(a, b) is not 0 and var result ? result : a.CompareTo(b));
        return rows;
    }

    /// <summary>The places of an array's values in sorted order; see <see cref="SortIndices(RecordBatch, ReadOnlySpan{SortKey})"/>.</summary>
    public static int[] SortIndices(ArrowArray array, bool isDescending = false, bool nullsFirst = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        using var batch = new RecordBatch(new ArrowSchema(new ArrowField("", array.Type)), [array.Retain()], array.Length);
        return SortIndices(batch, new SortKey(0, isDescending, nullsFirst));
    }

    private static int[] SortByComparison(int count, RowOrder order)
    {
        var rows = new int[count];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = i;
        }

        // The sort is not stable, so equal rows are told apart by their place.
        rows.AsSpan().Sort((a, b) => order.Compare(a, b) is not 0 and var result ? result : a.CompareTo(b));
        return rows;
    }

    /// <summary>All rows in their order, but the nulls together at one end.</summary>
    private static (int[] Rows, int Nulls) SplitNulls(ArrowArray key, bool nullsFirst)
    {
        var nulls = 0;
        for (var i = 0; i < key.Length; i++)
        {
            nulls += key.IsValid(i) ? 0 : 1;
        }

        var rows = new int[key.Length];
        var value = nullsFirst ? nulls : 0;
        var missing = nullsFirst ? 0 : rows.Length - nulls;
        for (var i = 0; i < rows.Length; i++)
        {
            if (nulls == 0 || key.IsValid(i))
            {
                rows[value++] = i;
            }
            else
            {
                rows[missing++] = i;
            }
        }

        return (rows, nulls);
    }
}
