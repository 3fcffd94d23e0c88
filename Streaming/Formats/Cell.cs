using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Takes the text of one value of a flat type into a column. Not thread-safe.</summary>
internal abstract class Cell
{
    /// <summary>What a JSON value has to be, besides a text, to be taken.</summary>
    public enum JsonValue
    {
        /// <summary>Text alone.</summary>
        Text = 0,

        /// <summary>A number.</summary>
        Number = 1,

        /// <summary>True and false.</summary>
        Truth = 2,

        /// <summary>Anything, as it is written.</summary>
        Any = 3,
    }

    /// <summary>Which JSON values it takes, besides texts.</summary>
    public abstract JsonValue Takes { get; }

    /// <summary>Appends a value.</summary>
    /// <param name="text">UTF-8, without quotes and escapes.</param>
    /// <returns>False when the text is no value of the type; nothing is appended then.</returns>
    public abstract bool TryAppend(ReadOnlySpan<byte> text);

    /// <summary>The cell of a column.</summary>
    /// <param name="builder">Where values go.</param>
    /// <param name="column">Its name, for messages.</param>
    /// <param name="times">What a number means in a column of times.</param>
    /// <exception cref="FlowException">Text formats have no such values (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    public static Cell Of(ArrowArrayBuilder builder, string column, JsonTimes times) => builder switch
    {
        PrimitiveBuilder<sbyte> one when one.Type is IntegerType => new NumberCell<sbyte>(one),
        PrimitiveBuilder<byte> one when one.Type is IntegerType => new NumberCell<byte>(one),
        PrimitiveBuilder<short> one when one.Type is IntegerType => new NumberCell<short>(one),
        PrimitiveBuilder<ushort> one when one.Type is IntegerType => new NumberCell<ushort>(one),
        PrimitiveBuilder<int> one when one.Type is IntegerType => new NumberCell<int>(one),
        PrimitiveBuilder<uint> one when one.Type is IntegerType => new NumberCell<uint>(one),
        PrimitiveBuilder<long> one when one.Type is IntegerType => new NumberCell<long>(one),
        PrimitiveBuilder<ulong> one when one.Type is IntegerType => new NumberCell<ulong>(one),
        PrimitiveBuilder<float> one => new NumberCell<float>(one),
        PrimitiveBuilder<double> one => new NumberCell<double>(one),
        BooleanBuilder one => new TruthCell(one),
        Utf8Builder one => new TextCell(one),
        BinaryBuilder one => new BytesCell(one),
        Date32Builder one => new DateCell(one),
        Time64Builder one => new TimeOfDayCell(one),
        TimestampBuilder one => new TimestampCell(one, times),
        Decimal32Builder one => new DecimalCell<int>(one),
        Decimal64Builder one => new DecimalCell<long>(one),
        Decimal128Builder one => new DecimalCell<Int128>(one),
        _ => throw new FlowException(
            FlowErrorCode.Unsupported, $"Column '{column}' is of type {builder.Type.Name}, which text formats do not hold. Declare it TEXT and cast it in a query."),
    };
}
