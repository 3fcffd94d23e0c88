using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Operators;

/// <summary>Makes each row anew from expressions over it.</summary>
public sealed class ProjectionOperator : StreamOperator
{
    private readonly ArrowSchema _schema;
    private readonly IReadOnlyList<IBatchExpression> _expressions;
    private ArrowAllocator _allocator = ArrowAllocator.Default;

    /// <summary>Makes a projection.</summary>
    /// <param name="schema">The new rows.</param>
    /// <param name="expressions">One for each column, of its type.</param>
    /// <exception cref="ArgumentException">Number or types do not match.</exception>
    public ProjectionOperator(ArrowSchema schema, IReadOnlyList<IBatchExpression> expressions)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(expressions);
        if (schema.Fields.Count != expressions.Count)
        {
            throw new ArgumentException($"{expressions.Count} expressions for {schema.Fields.Count} columns.", nameof(expressions));
        }

        for (var i = 0; i < expressions.Count; i++)
        {
            if (!expressions[i].Type.Equals(schema.Fields[i].Type))
            {
                throw new ArgumentException($"Column '{schema.Fields[i].Name}' is {schema.Fields[i].Type.Name}, its expression {expressions[i].Type.Name}.", nameof(expressions));
            }
        }

        (_schema, _expressions) = (schema, expressions);
    }

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
        ArgumentNullException.ThrowIfNull(output);
        return output.EmitAsync(Project(batch), cancellationToken);
    }

    private RecordBatch Project(RecordBatch batch)
    {
        using var source = batch;
        var columns = new ArrowArray[_expressions.Count];
        var done = 0;
        try
        {
            for (; done < columns.Length; done++)
            {
                columns[done] = _expressions[done].Evaluate(batch, _allocator);
            }

            return new RecordBatch(_schema, columns, batch.RowCount);
        }
        catch
        {
            for (var i = 0; i < done; i++)
            {
                columns[i].Dispose();
            }

            throw;
        }
    }
}
