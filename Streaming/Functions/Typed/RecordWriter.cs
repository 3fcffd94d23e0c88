using System.Linq.Expressions;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.StreamJobs;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Writes records as rows with their event time. One caller at a time.</summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class RecordWriter<T>
{
    private readonly Action<RecordBatchBuilder, T> _write;
    private readonly int _time;

    /// <summary>Makes one for the rows that an operator gives out.</summary>
    /// <param name="schema">The rows: the record's columns, by name, and the event time.</param>
    /// <param name="operatorId">Who writes, for messages.</param>
    /// <exception cref="FlowException">The rows have columns that the record does not have (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public RecordWriter(ArrowSchema schema, string operatorId)
    {
        _time = EventTime.IndexIn(schema, operatorId);
        var columns = RecordColumns.Of(typeof(T));
        var (builder, value) = (Expression.Parameter(typeof(RecordBatchBuilder)), Expression.Parameter(typeof(T)));
        var writes = new List<Expression>();
        for (var i = 0; i < schema.Fields.Count; i++)
        {
            if (i == _time)
            {
                continue;
            }

            var field = schema.Fields[i];
            var column = columns.Columns.FirstOrDefault(one => string.Equals(one.Name, field.Name, StringComparison.OrdinalIgnoreCase))
                ?? throw Bad(operatorId, $"the column '{field.Name}' goes out, which {typeof(T).Name} does not have; it has: {string.Join(", ", columns.Columns.Select(one => one.Name))}");
            if (ColumnCells.TypeOf(column.ClrType) is { } type && !type.Equals(field.Type))
            {
                throw Bad(operatorId, $"column '{field.Name}' goes out as {field.Type.Name}, and {typeof(T).Name} has {type.Name}; declare it as {column.SqlType}");
            }

            var cell = Expression.Call(builder, nameof(RecordBatchBuilder.Column), null, Expression.Constant(i));
            var member = column.Member is null ? (Expression)value : Expression.Property(value, column.Member);
            var inner = Nullable.GetUnderlyingType(column.ClrType);
            writes.Add(Expression.Call(typeof(ColumnCells), inner is null ? nameof(ColumnCells.Append) : nameof(ColumnCells.AppendNullable), [inner ?? column.ClrType], cell, member));
        }

        _write = Expression.Lambda<Action<RecordBatchBuilder, T>>(Expression.Block([.. writes, Expression.Empty()]), builder, value).Compile();
    }

    /// <summary>Appends a record.</summary>
    public void Write(RecordBatchBuilder builder, T value, long timeMicros)
    {
        _write(builder, value);
        builder.Column<PrimitiveBuilder<long>>(_time).Append(timeMicros);
    }

    private static FlowException Bad(string operatorId, string problem) => new(FlowErrorCode.BadGraph, $"Operator '{operatorId}': {problem}.");
}
