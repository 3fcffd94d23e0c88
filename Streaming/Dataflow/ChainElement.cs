using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>One element of a chain with its state. What the element before gives out comes in here by a call.</summary>
internal sealed class ChainElement(StreamElement element, OperatorContext context, IOperatorOutput after) : IOperatorOutput
{
    public StreamElement Element => element;

    public OperatorContext Context => context;

    public ISubtaskState State => context.State;

    /// <summary>Where its own rows go.</summary>
    public IOperatorOutput After => after;

    public StreamOperator? Operator { get; } = element as StreamOperator;

    public bool IsCommitting => Operator?.IsCommitting == true;

    /// <summary>The last event time that came in, in microseconds; at first the restored one.</summary>
    public long? WatermarkMicros { get; private set; }

    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        WatermarkMicros = State.RestoredWatermarkMicros;
        await element.StartAsync(context, cancellationToken);
    }

    public ValueTask EmitAsync(RecordBatch batch, CancellationToken cancellationToken) => ProcessAsync(batch, 0, cancellationToken);

    public ValueTask EmitWatermarkAsync(Watermark watermark, CancellationToken cancellationToken)
    {
        WatermarkMicros = watermark.IsIdle ? WatermarkMicros : watermark.EventTimeMicros;
        return Operator!.OnWatermarkAsync(watermark, after, cancellationToken);
    }

    public ValueTask ProcessAsync(RecordBatch batch, int input, CancellationToken cancellationToken)
    {
        if (batch.RowCount == 0)
        {
            batch.Dispose();
            return ValueTask.CompletedTask;
        }

        return Operator!.ProcessAsync(batch, input, after, cancellationToken);
    }
}
