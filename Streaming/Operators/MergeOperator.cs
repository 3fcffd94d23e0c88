using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Operators;

/// <summary>Rows of several inputs go on as they are, under one set of names. The engine lets the least watermark of the inputs through.</summary>
public sealed class MergeOperator : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "merge";

    private readonly ArrowSchema _output;

    /// <summary>Makes one from a program.</summary>
    /// <exception cref="FlowException">The program does not say what comes out, or an input has other types (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public MergeOperator(OperatorDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _output = definition.OutputSchema ?? throw new FlowException(FlowErrorCode.BadGraph, $"Merge operator '{definition.Id}': the program does not say what rows come out.");
        foreach (var input in definition.InputSchemas)
        {
            if (input is not null && !input.Fields.Select(field => field.Type).SequenceEqual(_output.Fields.Select(field => field.Type)))
            {
                throw new FlowException(FlowErrorCode.BadGraph, $"Merge operator '{definition.Id}': ({input}) comes in, and ({_output}) goes out.");
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(output);
        using (batch)
        {
            var columns = new ArrowArray[batch.ColumnCount];
            for (var i = 0; i < columns.Length; i++)
            {
                columns[i] = batch.Column(i).Retain();
            }

            return output.EmitAsync(new RecordBatch(_output, columns, batch.RowCount), cancellationToken);
        }
    }
}
