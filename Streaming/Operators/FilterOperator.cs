using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Streaming.Operators;

/// <summary>Lets the rows through for which a condition is true; a null is not.</summary>
/// <param name="condition">Of type bool.</param>
public sealed class FilterOperator(IBatchExpression condition) : StreamOperator
{
    private ArrowAllocator _allocator = ArrowAllocator.Default;

    /// <inheritdoc/>
    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _allocator = context.Allocator;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(output);
        RecordBatch chosen;
        using (batch)
        {
            using var mask = condition.Evaluate(batch, _allocator);
            chosen = ArrowFilter.Filter(batch, (BooleanArray)mask, _allocator);
        }

        return output.EmitAsync(chosen, cancellationToken);
    }
}
