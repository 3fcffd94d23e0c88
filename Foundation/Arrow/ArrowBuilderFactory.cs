namespace OrleansFlow.Arrow;

/// <summary>Chooses the builder class of a type.</summary>
internal static class ArrowBuilderFactory
{
    public static ArrowArrayBuilder Create(ArrowType type, ArrowAllocator? allocator)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type switch
        {
            NullType => new NullBuilder(allocator),
            BooleanType => new BooleanBuilder(allocator),
            IntegerType or FloatingPointType => CreateNumber(type, allocator),
            StringType text => new Utf8Builder(text, allocator),
            BinaryType binary => new BinaryBuilder(binary, allocator),
            FixedSizeBinaryType fixedSize => new FixedSizeBinaryBuilder(fixedSize, allocator),
            DateType => type.FixedBitWidth == 32 ? new Date32Builder(allocator) : new Date64Builder(allocator),
            TimeType time => time.FixedBitWidth == 32 ? new Time32Builder(time.Unit, allocator) : new Time64Builder(time.Unit, allocator),
            TimestampType timestamp => new TimestampBuilder(timestamp, allocator),
            DurationType duration => new DurationBuilder(duration.Unit, allocator),
            IntervalType { Unit: IntervalUnit.YearMonth } => new YearMonthIntervalBuilder(allocator),
            IntervalType { Unit: IntervalUnit.DayTime } => new DayTimeIntervalBuilder(allocator),
            IntervalType => new MonthDayNanoIntervalBuilder(allocator),
            DecimalType number => CreateDecimal(number, allocator),
            ListType or MapType => new ListBuilder(type, allocator),
            FixedSizeListType list => new FixedSizeListBuilder(list, allocator),
            StructType row => new StructBuilder(row, allocator),
            StringViewType or BinaryViewType => new BytesViewBuilder(type, allocator),
            ListViewType list => new ListViewBuilder(list, allocator),
            RunEndEncodedType encoded => new RunEndEncodedBuilder(encoded, allocator),
            UnionType union => new UnionBuilder(union, allocator),
            DictionaryType dictionary => new DictionaryBuilder(dictionary, allocator),
            _ => throw new NotSupportedException($"There is no builder for {type.Name}."),
        };
    }

    private static ArrowArrayBuilder CreateNumber(ArrowType type, ArrowAllocator? allocator) => type.Id switch
    {
        ArrowTypeId.Int8 => new Int8Builder(allocator),
        ArrowTypeId.UInt8 => new UInt8Builder(allocator),
        ArrowTypeId.Int16 => new Int16Builder(allocator),
        ArrowTypeId.UInt16 => new UInt16Builder(allocator),
        ArrowTypeId.Int32 => new Int32Builder(allocator),
        ArrowTypeId.UInt32 => new UInt32Builder(allocator),
        ArrowTypeId.Int64 => new Int64Builder(allocator),
        ArrowTypeId.UInt64 => new UInt64Builder(allocator),
        ArrowTypeId.Float16 => new HalfBuilder(allocator),
        ArrowTypeId.Float32 => new FloatBuilder(allocator),
        _ => new DoubleBuilder(allocator),
    };

    private static ArrowArrayBuilder CreateDecimal(DecimalType type, ArrowAllocator? allocator) => type.FixedBitWidth switch
    {
        32 => new Decimal32Builder(type, allocator),
        64 => new Decimal64Builder(type, allocator),
        128 => new Decimal128Builder(type, allocator),
        _ => new Decimal256Builder(type, allocator),
    };
}
