namespace OrleansFlow.Arrow;

/// <summary>Chooses the array class of a type.</summary>
internal static class ArrowArrayFactory
{
    public static ArrowArray Wrap(ArrowArrayData data) => data.Type.Id switch
    {
        ArrowTypeId.Null => new NullArray(data),
        ArrowTypeId.Boolean => new BooleanArray(data),
        ArrowTypeId.Int8 => new Int8Array(data),
        ArrowTypeId.UInt8 => new UInt8Array(data),
        ArrowTypeId.Int16 => new Int16Array(data),
        ArrowTypeId.UInt16 => new UInt16Array(data),
        ArrowTypeId.Int32 => new Int32Array(data),
        ArrowTypeId.UInt32 => new UInt32Array(data),
        ArrowTypeId.Int64 => new Int64Array(data),
        ArrowTypeId.UInt64 => new UInt64Array(data),
        ArrowTypeId.Float16 => new HalfArray(data),
        ArrowTypeId.Float32 => new FloatArray(data),
        ArrowTypeId.Float64 => new DoubleArray(data),
        ArrowTypeId.Utf8 => new StringArray(data),
        ArrowTypeId.LargeUtf8 => new LargeStringArray(data),
        ArrowTypeId.Binary => new BinaryArray(data),
        ArrowTypeId.LargeBinary => new LargeBinaryArray(data),
        ArrowTypeId.FixedSizeBinary => new FixedSizeBinaryArray(data),
        ArrowTypeId.Date32 => new Date32Array(data),
        ArrowTypeId.Date64 => new Date64Array(data),
        ArrowTypeId.Time32 => new Time32Array(data),
        ArrowTypeId.Time64 => new Time64Array(data),
        ArrowTypeId.Timestamp => new TimestampArray(data),
        ArrowTypeId.Duration => new DurationArray(data),
        ArrowTypeId.Interval => ((IntervalType)data.Type).Unit switch
        {
            IntervalUnit.YearMonth => new YearMonthIntervalArray(data),
            IntervalUnit.DayTime => new DayTimeIntervalArray(data),
            _ => new MonthDayNanoIntervalArray(data),
        },
        ArrowTypeId.Decimal32 => new Decimal32Array(data),
        ArrowTypeId.Decimal64 => new Decimal64Array(data),
        ArrowTypeId.Decimal128 => new Decimal128Array(data),
        ArrowTypeId.Decimal256 => new Decimal256Array(data),
        ArrowTypeId.List => new ListArray(data),
        ArrowTypeId.LargeList => new LargeListArray(data),
        ArrowTypeId.FixedSizeList => new FixedSizeListArray(data),
        ArrowTypeId.Struct => new StructArray(data),
        ArrowTypeId.Map => new MapArray(data),
        ArrowTypeId.Union => new UnionArray(data),
        ArrowTypeId.Dictionary => new DictionaryArray(data),
        ArrowTypeId.Utf8View => new StringViewArray(data),
        ArrowTypeId.BinaryView => new BinaryViewArray(data),
        ArrowTypeId.ListView or ArrowTypeId.LargeListView => new ListViewArray(data),
        ArrowTypeId.RunEndEncoded => new RunEndEncodedArray(data),
        _ => throw new ArgumentException($"No array class for {data.Type.Name}.", nameof(data)),
    };
}
