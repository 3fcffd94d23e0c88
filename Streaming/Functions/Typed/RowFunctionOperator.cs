using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Runs a scalar or a table function over rows as they come. It keeps nothing.</summary>
internal sealed class RowFunctionOperator<TIn, TOut> : StreamOperator
{
    private const int OutputRowsMax = 8_192;
    private const int RowsOfOneMax = 1_000_000;

    private readonly string _id;
    private readonly string _name;
    private readonly Action<TIn, List<TOut>> _expand;
    private readonly RecordReader<TIn> _reader;
    private readonly RecordWriter<TOut> _writer;
    private readonly ArrowSchema _output;
    private readonly int _time;
    private readonly List<TOut> _made = [];
    private RecordBatchBuilder? _builder;

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program.</param>
    /// <param name="name">Of the function's type, for messages.</param>
    /// <param name="expand">The function: it adds what goes out.</param>
    /// <exception cref="FlowException">The rows do not fit the records (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public RowFunctionOperator(OperatorDefinition definition, string name, Action<TIn, List<TOut>> expand)
    {
        (_id, _name, _expand) = (definition.Id, name, expand);
        (var input, _output) = FunctionSchemas.Of(definition);
        _reader = new RecordReader<TIn>(input, _id);
        _writer = new RecordWriter<TOut>(_output, _id);
        _time = EventTime.IndexIn(input, _id);
    }

    /// <inheritdoc/>
    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _builder = new RecordBatchBuilder(_output, context.Allocator);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var rows = batch;
        _reader.Begin(batch);
        for (var row = 0; row < batch.RowCount; row++)
        {
            Expand(batch, row);
            if (_builder!.RowCount >= OutputRowsMax)
            {
                await output.EmitAsync(_builder.Build(), cancellationToken);
            }
        }

        if (_builder!.RowCount > 0)
        {
            await output.EmitAsync(_builder.Build(), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _builder?.Dispose();
        return base.DisposeAsync();
    }

    private void Expand(RecordBatch batch, int row)
    {
        _made.Clear();
        try
        {
            _expand(_reader.Read(row), _made);
        }
        catch (Exception exception) when (exception is not FlowException and not OperationCanceledException)
        {
            throw new FlowException(FlowErrorCode.UnexpectedError, $"Function {_name} of operator '{_id}' failed at a row: {exception.Message}", exception);
        }

        if (_made.Count > RowsOfOneMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, FormattableString.Invariant($"Function {_name} of operator '{_id}' made {_made.Count} rows of one; it may make {RowsOfOneMax}."));
        }

        var timeMicros = batch.Column<TimestampArray>(_time).Values[row];
        foreach (var made in _made)
        {
            _writer.Write(_builder!, made, timeMicros);
        }
    }
}
