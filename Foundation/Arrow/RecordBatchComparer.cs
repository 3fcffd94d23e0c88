namespace OrleansFlow.Arrow;

/// <summary>
/// Compares batches by value: nulls equal nulls, whatever lies under them; NaN equals NaN; floating point within a tolerance.
/// The physical form (offsets, missing bitmaps, dictionaries with other indices) does not count.
/// </summary>
/// <param name="relativeTolerance">Largest difference of floating point values, relative to the larger one. Default 0: exact.</param>
/// <param name="absoluteTolerance">Largest difference of floating point values that is always accepted. Default 0.</param>
/// <param name="compareMetadata">Whether metadata of schema and fields must be the same. Default true.</param>
public sealed class RecordBatchComparer(double relativeTolerance = 0, double absoluteTolerance = 0, bool compareMetadata = true)
    : IEqualityComparer<RecordBatch>
{
    /// <summary>Exact comparison.</summary>
    public static RecordBatchComparer Exact { get; } = new();

    /// <inheritdoc/>
    public bool Equals(RecordBatch? x, RecordBatch? y) => ReferenceEquals(x, y) || (x is not null && y is not null && FindDifference(x, y) is null);

    /// <inheritdoc/>
    public int GetHashCode(RecordBatch obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return HashCode.Combine(obj.RowCount, obj.ColumnCount);
    }

    /// <summary>Says where two batches differ first; null when they are equal.</summary>
    public string? FindDifference(RecordBatch expected, RecordBatch actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        var sameSchema = compareMetadata
            ? expected.Schema.Equals(actual.Schema)
            : expected.Schema.Fields.Count == actual.Schema.Fields.Count
                && expected.Schema.Fields.Zip(actual.Schema.Fields).All(pair => pair.First.Name == pair.Second.Name && pair.First.Type.Equals(pair.Second.Type));
        if (!sameSchema)
        {
            return $"schema: expected ({expected.Schema}), found ({actual.Schema})";
        }

        if (expected.RowCount != actual.RowCount)
        {
            return $"rows: expected {expected.RowCount}, found {actual.RowCount}";
        }

        for (var i = 0; i < expected.ColumnCount; i++)
        {
            if (FindDifference(expected.Column(i), actual.Column(i)) is { } difference)
            {
                return $"column '{expected.Schema.Fields[i].Name}', {difference}";
            }
        }

        return null;
    }

    /// <summary>Says where two arrays differ first; null when they are equal.</summary>
    public string? FindDifference(ArrowArray expected, ArrowArray actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        if (!expected.Type.Equals(actual.Type))
        {
            return $"type: expected {expected.Type.Name}, found {actual.Type.Name}";
        }

        if (expected.Length != actual.Length)
        {
            return $"length: expected {expected.Length}, found {actual.Length}";
        }

        for (var i = 0; i < expected.Length; i++)
        {
            if (!SameValue(expected, actual, i, i))
            {
                return $"row {i}: expected {ArrowFormatter.FormatValue(expected, i)}, found {ArrowFormatter.FormatValue(actual, i)}";
            }
        }

        return null;
    }

    private bool SameValue(ArrowArray expected, ArrowArray actual, int i, int j)
    {
        var valid = expected.IsValid(i);
        if (valid != actual.IsValid(j) || !valid)
        {
            return valid == actual.IsValid(j);
        }

        return (expected, actual) switch
        {
            (DoubleArray a, DoubleArray b) => Close(a.Values[i], b.Values[j]),
            (FloatArray a, FloatArray b) => Close(a.Values[i], b.Values[j]),
            (HalfArray a, HalfArray b) => Close((double)a.Values[i], (double)b.Values[j]),
            (Int64Array a, Int64Array b) => a.Values[i] == b.Values[j],
            (PrimitiveArray<long> a, PrimitiveArray<long> b) => a.Values[i] == b.Values[j],
            (PrimitiveArray<int> a, PrimitiveArray<int> b) => a.Values[i] == b.Values[j],
            (VariableBinaryArray a, VariableBinaryArray b) => a.GetBytes(i).SequenceEqual(b.GetBytes(j)),
            (FixedSizeBinaryArray a, FixedSizeBinaryArray b) => a.GetBytes(i).SequenceEqual(b.GetBytes(j)),
            (VariableListArray a, VariableListArray b) => SameItems(a.Items, b.Items, a.GetRange(i), b.GetRange(j)),
            (FixedSizeListArray a, FixedSizeListArray b) => SameItems(a.Items, b.Items, a.GetRange(i), b.GetRange(j)),
            (StructArray a, StructArray b) => SameFields(a, b, i, j),
            (DictionaryArray a, DictionaryArray b) => SameValue(a.Dictionary, b.Dictionary, (int)a.GetIndex(i), (int)b.GetIndex(j)),
            (UnionArray a, UnionArray b) => SameMember(a, b, i, j),
            (BytesViewArray a, BytesViewArray b) => a.GetBytes(i).SequenceEqual(b.GetBytes(j)),
            (ListViewArray a, ListViewArray b) => SameItems(a.Items, b.Items, a.GetRange(i), b.GetRange(j)),
            (RunEndEncodedArray a, RunEndEncodedArray b) => SameValue(a.Values, b.Values, a.FindRun(i), b.FindRun(j)),
            _ => Equals(expected.GetValue(i), actual.GetValue(j)),
        };
    }

    private bool SameItems(ArrowArray expected, ArrowArray actual, (int Start, int Length) a, (int Start, int Length) b)
    {
        var same = a.Length == b.Length;
        for (var i = 0; same && i < a.Length; i++)
        {
            same = SameValue(expected, actual, a.Start + i, b.Start + i);
        }

        return same;
    }

    private bool SameFields(StructArray expected, StructArray actual, int i, int j)
    {
        var same = true;
        for (var field = 0; same && field < expected.FieldCount; field++)
        {
            same = SameValue(expected.Field(field), actual.Field(field), i, j);
        }

        return same;
    }

    private bool SameMember(UnionArray expected, UnionArray actual, int i, int j)
    {
        var a = expected.Locate(i);
        var b = actual.Locate(j);
        return a.Child == b.Child && SameValue(expected.Data.Children[a.Child], actual.Data.Children[b.Child], a.Slot, b.Slot);
    }

    private bool Close(double a, double b)
    {
        if (a.Equals(b) || a == b)
        {
            return true;
        }

        var difference = Math.Abs(a - b);
        return difference <= absoluteTolerance || difference <= relativeTolerance * Math.Max(Math.Abs(a), Math.Abs(b));
    }
}
