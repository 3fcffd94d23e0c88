using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Gathers the rows of a source until there are enough of them or the first one has waited long enough.</summary>
internal sealed class SourceBatcher : IDisposable
{
    private readonly IOperatorOutput _output;
    private readonly StreamEngineLimits _limits;
    private readonly TimeProvider _clock;
    private RecordBatchBuilder? _builder;
    private long? _firstRowAt;

    public SourceBatcher(OperatorContext context, IOperatorOutput output, StreamEngineLimits limits)
    {
        (_output, _limits, _clock) = (output, limits, context.Clock);
        _builder = context.OutputSchema is { } schema ? new RecordBatchBuilder(schema, context.Allocator) : null;
    }

    /// <summary>Where rows are added.</summary>
    public RecordBatchBuilder Rows => _builder ?? throw new InvalidOperationException("The program gives the source no output schema; it can emit whole batches only.");

    /// <summary>Rows until the batch is full.</summary>
    public int RoomRows => Math.Max(0, _limits.SourceBatchRows - (_builder?.RowCount ?? 0));

    /// <summary>How long the rows may still wait; null when there are none.</summary>
    public TimeSpan? Left()
    {
        if (_builder is null || _builder.RowCount == 0)
        {
            return null;
        }

        _firstRowAt ??= _clock.GetTimestamp();
        var left = _limits.SourceBatchLinger - _clock.GetElapsedTime(_firstRowAt.Value);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Gives the rows on if there are enough, or they have waited long enough.</summary>
    public ValueTask FlushIfDueAsync(CancellationToken cancellationToken) =>
        RoomRows == 0 || Left() == TimeSpan.Zero ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Gives the rows on.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        _firstRowAt = null;
        return _builder is { RowCount: > 0 } ? _output.EmitAsync(_builder.Build(), cancellationToken) : ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        _builder?.Dispose();
        _builder = null;
    }
}
