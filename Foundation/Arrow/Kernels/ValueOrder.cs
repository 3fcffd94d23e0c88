using System.Numerics;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>
/// Orders the values of two arrays of one type; one object for two arrays, so that the type is looked at once. Numbers by size with NaN
/// behind all others and -0 equal to 0; false before true; text and bytes byte by byte (for text the order of code points); times by
/// time; dictionaries and runs by their values; lists and structs item by item with nulls last.
/// </summary>
internal abstract class ValueOrder
{
    /// <summary>Less than 0 when value <paramref name="i"/> of the left array comes before value <paramref name="j"/> of the right one. Neither is null.</summary>
    public abstract int Compare(int i, int j);

    /// <exception cref="NotSupportedException">The type has no order: intervals, maps, unions.</exception>
    public static ValueOrder For(ArrowArray left, ArrowArray right) => (left, right) switch
    {
        (DoubleArray a, DoubleArray b) => new FloatOrder<double>(a, b),
        (FloatArray a, FloatArray b) => new FloatOrder<float>(a, b),
        (HalfArray a, HalfArray b) => new FloatOrder<Half>(a, b),
        (PrimitiveArray<long> a, PrimitiveArray<long> b) => new PrimitiveOrder<long>(a, b),
        (YearMonthIntervalArray, _) => throw NoOrder(left),
        (PrimitiveArray<int> a, PrimitiveArray<int> b) => new PrimitiveOrder<int>(a, b),
        (PrimitiveArray<short> a, PrimitiveArray<short> b) => new PrimitiveOrder<short>(a, b),
        (PrimitiveArray<sbyte> a, PrimitiveArray<sbyte> b) => new PrimitiveOrder<sbyte>(a, b),
        (PrimitiveArray<ulong> a, PrimitiveArray<ulong> b) => new PrimitiveOrder<ulong>(a, b),
        (PrimitiveArray<uint> a, PrimitiveArray<uint> b) => new PrimitiveOrder<uint>(a, b),
        (PrimitiveArray<ushort> a, PrimitiveArray<ushort> b) => new PrimitiveOrder<ushort>(a, b),
        (PrimitiveArray<byte> a, PrimitiveArray<byte> b) => new PrimitiveOrder<byte>(a, b),
        (PrimitiveArray<Int128> a, PrimitiveArray<Int128> b) => new PrimitiveOrder<Int128>(a, b),
        (Decimal256Array a, Decimal256Array b) => new SelectedOrder<Decimal256Array>(a, b, static (x, i, y, j) => x.GetUnscaled(i).CompareTo(y.GetUnscaled(j))),
        (BooleanArray a, BooleanArray b) => new SelectedOrder<BooleanArray>(a, b, static (x, i, y, j) => x.GetBoolean(i).CompareTo(y.GetBoolean(j))),
        (VariableBinaryArray a, VariableBinaryArray b) => new SelectedOrder<VariableBinaryArray>(a, b, static (x, i, y, j) => x.GetBytes(i).SequenceCompareTo(y.GetBytes(j))),
        (BytesViewArray a, BytesViewArray b) => new SelectedOrder<BytesViewArray>(a, b, static (x, i, y, j) => x.GetBytes(i).SequenceCompareTo(y.GetBytes(j))),
        (FixedSizeBinaryArray a, FixedSizeBinaryArray b) => new SelectedOrder<FixedSizeBinaryArray>(a, b, static (x, i, y, j) => x.GetBytes(i).SequenceCompareTo(y.GetBytes(j))),
        (DictionaryArray a, DictionaryArray b) => new IndirectOrder(a.Dictionary, b.Dictionary, i => (int)a.GetIndex(i), j => (int)b.GetIndex(j)),
        (RunEndEncodedArray a, RunEndEncodedArray b) => new IndirectOrder(a.Values, b.Values, a.FindRun, b.FindRun),
        (MapArray, _) => throw NoOrder(left),
        (VariableListArray a, VariableListArray b) => new ListOrder(a.Items, b.Items, a.GetRange, b.GetRange),
        (FixedSizeListArray a, FixedSizeListArray b) => new ListOrder(a.Items, b.Items, a.GetRange, b.GetRange),
        (ListViewArray a, ListViewArray b) => new ListOrder(a.Items, b.Items, a.GetRange, b.GetRange),
        (StructArray a, StructArray b) => new StructOrder(a, b),
        (NullArray, NullArray) => new SelectedOrder<ArrowArray>(left, right, static (_, _, _, _) => 0),
        _ => throw NoOrder(left),
    };

    /// <summary>Compares values that may be null; nulls come last and equal each other.</summary>
    private static int CompareWithNulls(ArrowArray left, ArrowArray right, ValueOrder order, int i, int j) => (left.IsValid(i), right.IsValid(j)) switch
    {
        (true, true) => order.Compare(i, j),
        (false, false) => 0,
        (true, false) => -1,
        _ => 1,
    };

    private static NotSupportedException NoOrder(ArrowArray array) => new($"Values of {array.Type.Name} have no order.");

    private sealed class PrimitiveOrder<T>(PrimitiveArray<T> left, PrimitiveArray<T> right) : ValueOrder
        where T : unmanaged, IComparable<T>
    {
        public override int Compare(int i, int j) => left.At(i).CompareTo(right.At(j));
    }

    private sealed class FloatOrder<T>(PrimitiveArray<T> left, PrimitiveArray<T> right) : ValueOrder
        where T : unmanaged, IFloatingPoint<T>
    {
        public override int Compare(int i, int j)
        {
            var (a, b) = (left.At(i), right.At(j));
            return a < b ? -1 : a > b ? 1 : a == b ? 0 : T.IsNaN(a).CompareTo(T.IsNaN(b));
        }
    }

    private sealed class SelectedOrder<TArray>(TArray left, TArray right, Func<TArray, int, TArray, int, int> compare) : ValueOrder
    {
        public override int Compare(int i, int j) => compare(left, i, right, j);
    }

    private sealed class IndirectOrder(ArrowArray left, ArrowArray right, Func<int, int> leftPlace, Func<int, int> rightPlace) : ValueOrder
    {
        private readonly ValueOrder _values = For(left, right);

        public override int Compare(int i, int j) => CompareWithNulls(left, right, _values, leftPlace(i), rightPlace(j));
    }

    private sealed class ListOrder(
        ArrowArray left, ArrowArray right, Func<int, (int Start, int Length)> leftRange, Func<int, (int Start, int Length)> rightRange) : ValueOrder
    {
        private readonly ValueOrder _items = For(left, right);

        public override int Compare(int i, int j)
        {
            var (a, b) = (leftRange(i), rightRange(j));
            for (var k = 0; k < Math.Min(a.Length, b.Length); k++)
            {
                if (CompareWithNulls(left, right, _items, a.Start + k, b.Start + k) is not 0 and var result)
                {
                    return result;
                }
            }

            return a.Length.CompareTo(b.Length);
        }
    }

    private sealed class StructOrder(StructArray left, StructArray right) : ValueOrder
    {
        private readonly ValueOrder[] _fields = [.. Enumerable.Range(0, left.FieldCount).Select(field => For(left.Field(field), right.Field(field)))];

        public override int Compare(int i, int j)
        {
            for (var field = 0; field < _fields.Length; field++)
            {
                if (CompareWithNulls(left.Field(field), right.Field(field), _fields[field], i, j) is not 0 and var result)
                {
                    return result;
                }
            }

            return 0;
        }
    }
}
