using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Operators;

/// <summary>The column of a stream that holds the event time of its rows.</summary>
public static class EventTime
{
    /// <summary>Its name.</summary>
    public const string Column = "_timestamp";

    /// <summary>Its usual field: microseconds, no zone, not null.</summary>
    public static readonly ArrowField Field = new(Column, ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false);

    /// <summary>Finds a column of times.</summary>
    /// <param name="schema">The rows.</param>
    /// <param name="name">The column. Default the event time.</param>
    /// <param name="operatorId">Who asks, for the message.</param>
    /// <returns>Place of the column.</returns>
    /// <exception cref="FlowException">It is missing, of another type, or may be null (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static int IndexIn(ArrowSchema schema, string operatorId, string name = Column)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var index = schema.TryIndexOf(name);
        return index >= 0 && schema.Fields[index] is { IsNullable: false, Type: TimestampType { Unit: TimeUnit.Microsecond } }
            ? index
            : throw new FlowException(
                FlowErrorCode.BadGraph, $"Operator '{operatorId}' needs a column '{name}' of type timestamp[us] that is not null; its rows are ({schema}).");
    }
}
