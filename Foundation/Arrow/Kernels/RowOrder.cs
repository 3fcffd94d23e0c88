namespace OrleansFlow.Arrow.Kernels;

/// <summary>Orders rows of two batches by the same keys.</summary>
internal sealed class RowOrder
{
    private readonly (ArrowArray Left, ArrowArray Right, ValueOrder Values, int Sign, int NullSign)[] _keys;

    public RowOrder(RecordBatch left, RecordBatch right, ReadOnlySpan<SortKey> keys)
    {
        if (keys.IsEmpty)
        {
            throw new ArgumentException("At least one key is needed.", nameof(keys));
        }

        _keys = new (ArrowArray, ArrowArray, ValueOrder, int, int)[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var (column, isDescending, nullsFirst) = keys[i];
            if (column < 0 || column >= left.ColumnCount || column >= right.ColumnCount)
            {
                throw new ArgumentException($"Key {i} names column {column}; there are {Math.Min(left.ColumnCount, right.ColumnCount)}.", nameof(keys));
            }

            var (a, b) = (left.Column(column), right.Column(column));
            _keys[i] = (a, b, ValueOrder.For(a, b), isDescending ? -1 : 1, nullsFirst ? -1 : 1);
        }
    }

    /// <summary>Less than 0 when row <paramref name="i"/> of the left batch comes before row <paramref name="j"/> of the right one.</summary>
    public int Compare(int i, int j)
    {
        foreach (var (left, right, values, sign, nullSign) in _keys)
        {
            var isLeft = left.IsValid(i);
            if (isLeft != right.IsValid(j))
            {
                return isLeft ? -nullSign : nullSign;
            }

            if (isLeft && values.Compare(i, j) is not 0 and var result)
            {
                return result < 0 ? -sign : sign;
            }
        }

        return 0;
    }
}
