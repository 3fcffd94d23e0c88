using System.Globalization;

namespace OrleansFlow.Arrow.CData;

/// <summary>Format strings of the C Data Interface.</summary>
internal static class CDataFormat
{
    public const long FlagDictionaryOrdered = 1;
    public const long FlagNullable = 2;
    public const long FlagMapKeysSorted = 4;

    private static readonly string[] Units = ["s", "m", "u", "n"];

    private static readonly Dictionary<string, ArrowType> Simple = new(StringComparer.Ordinal)
    {
        ["n"] = ArrowType.Null,
        ["b"] = ArrowType.Boolean,
        ["c"] = ArrowType.Int8,
        ["C"] = ArrowType.UInt8,
        ["s"] = ArrowType.Int16,
        ["S"] = ArrowType.UInt16,
        ["i"] = ArrowType.Int32,
        ["I"] = ArrowType.UInt32,
        ["l"] = ArrowType.Int64,
        ["L"] = ArrowType.UInt64,
        ["e"] = ArrowType.Float16,
        ["f"] = ArrowType.Float32,
        ["g"] = ArrowType.Float64,
        ["u"] = ArrowType.Utf8,
        ["U"] = ArrowType.LargeUtf8,
        ["z"] = ArrowType.Binary,
        ["Z"] = ArrowType.LargeBinary,
        ["vu"] = ArrowType.Utf8View,
        ["vz"] = ArrowType.BinaryView,
        ["tdD"] = ArrowType.Date32,
        ["tdm"] = ArrowType.Date64,
        ["tts"] = ArrowType.Time32(TimeUnit.Second),
        ["ttm"] = ArrowType.Time32(TimeUnit.Millisecond),
        ["ttu"] = ArrowType.Time64(TimeUnit.Microsecond),
        ["ttn"] = ArrowType.Time64(TimeUnit.Nanosecond),
        ["tDs"] = ArrowType.Duration(TimeUnit.Second),
        ["tDm"] = ArrowType.Duration(TimeUnit.Millisecond),
        ["tDu"] = ArrowType.Duration(TimeUnit.Microsecond),
        ["tDn"] = ArrowType.Duration(TimeUnit.Nanosecond),
        ["tiM"] = ArrowType.Interval(IntervalUnit.YearMonth),
        ["tiD"] = ArrowType.Interval(IntervalUnit.DayTime),
        ["tin"] = ArrowType.Interval(IntervalUnit.MonthDayNano),
    };

    private static readonly Dictionary<ArrowType, string> SimpleNames = Simple.ToDictionary(pair => pair.Value, pair => pair.Key);

    public static string Write(ArrowType type) => type switch
    {
        _ when SimpleNames.TryGetValue(type, out var name) => name,
        TimestampType timestamp => $"ts{Units[(int)timestamp.Unit]}:{timestamp.TimeZone}",
        FixedSizeBinaryType binary => string.Create(CultureInfo.InvariantCulture, $"w:{binary.ByteWidth}"),
        DecimalType { FixedBitWidth: 128 } number => string.Create(CultureInfo.InvariantCulture, $"d:{number.Precision},{number.Scale}"),
        DecimalType number => string.Create(CultureInfo.InvariantCulture, $"d:{number.Precision},{number.Scale},{number.FixedBitWidth}"),
        ListType list => list.IsLarge ? "+L" : "+l",
        FixedSizeListType list => string.Create(CultureInfo.InvariantCulture, $"+w:{list.Size}"),
        ListViewType view => view.IsLarge ? "+vL" : "+vl",
        RunEndEncodedType => "+r",
        StructType => "+s",
        MapType => "+m",
        UnionType union => $"+u{(union.Mode == UnionMode.Dense ? "d" : "s")}:{string.Join(",", union.TypeIds)}",
        DictionaryType dictionary => Write(dictionary.IndexType),
        _ => throw new ArgumentException($"{type.Name} has no format string.", nameof(type)),
    };

    /// <summary>The type of a format string without dictionary.</summary>
    /// <exception cref="ArrowFormatException">The format is unknown, or the children do not fit it.</exception>
    public static ArrowType Read(string format, ArrowField[] children, long flags)
    {
        try
        {
            return Simple.TryGetValue(format, out var simple) ? simple : ReadWithParameters(format, children, flags);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new ArrowFormatException($"The format '{format}' with {children.Length} children is not valid: {exception.Message}", exception);
        }
    }

    private static ArrowType ReadWithParameters(string format, ArrowField[] children, long flags)
    {
        var colon = format.IndexOf(':', StringComparison.Ordinal);
        var head = colon < 0 ? format : format[..colon];
        var rest = colon < 0 ? "" : format[(colon + 1)..];
        return head switch
        {
            "w" => ArrowType.FixedSizeBinary(Number(rest)),
            "d" => ReadDecimal(rest.Split(',')),
            "tss" or "tsm" or "tsu" or "tsn" => ArrowType.Timestamp((TimeUnit)Array.IndexOf(Units, head[2..]), rest.Length == 0 ? null : rest),
            "+l" => new ListType(children[0], false),
            "+L" => new ListType(children[0], true),
            "+w" => new FixedSizeListType(children[0], Number(rest)),
            "+vl" => new ListViewType(children[0], false),
            "+vL" => new ListViewType(children[0], true),
            "+r" => new RunEndEncodedType(children[0], children[1]),
            "+s" => new StructType(children),
            "+m" => new MapType(children[0], (flags & FlagMapKeysSorted) != 0),
            "+ud" or "+us" => new UnionType(
                head == "+ud" ? UnionMode.Dense : UnionMode.Sparse, children, rest.Length == 0 ? [] : [.. rest.Split(',').Select(Number)]),
            _ => throw new ArrowFormatException($"The format '{format}' is not supported."),
        };
    }

    private static DecimalType ReadDecimal(string[] parts) =>
        new(Number(parts[0]), Number(parts[1]), parts.Length > 2 ? Number(parts[2]) : 128);

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
