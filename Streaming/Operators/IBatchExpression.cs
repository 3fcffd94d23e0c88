using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Operators;

/// <summary>A value for each row of a batch, computed for all of them at a time. Thread-safe: all subtasks share it.</summary>
public interface IBatchExpression
{
    /// <summary>Type of the values.</summary>
    ArrowType Type { get; }

    /// <summary>Computes the values.</summary>
    /// <param name="batch">The rows; they stay the caller's.</param>
    /// <param name="allocator">Memory for the result.</param>
    /// <returns>As many values as there are rows; the caller owns the one reference.</returns>
    ArrowArray Evaluate(RecordBatch batch, ArrowAllocator allocator);
}

/// <summary>A column as it is.</summary>
/// <param name="index">Place of the column.</param>
/// <param name="type">Its type.</param>
public sealed class ColumnExpression(int index, ArrowType type) : IBatchExpression
{
    /// <inheritdoc/>
    public ArrowType Type => type;

    /// <inheritdoc/>
    public ArrowArray Evaluate(RecordBatch batch, ArrowAllocator allocator)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Column(index).Retain();
    }
}

/// <summary>An expression that is a method.</summary>
/// <param name="type">Type of the values.</param>
/// <param name="evaluate">See <see cref="IBatchExpression.Evaluate"/>.</param>
public sealed class DelegateExpression(ArrowType type, Func<RecordBatch, ArrowAllocator, ArrowArray> evaluate) : IBatchExpression
{
    /// <inheritdoc/>
    public ArrowType Type => type;

    /// <inheritdoc/>
    public ArrowArray Evaluate(RecordBatch batch, ArrowAllocator allocator) => evaluate(batch, allocator);
}
