using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Lives;

/// <summary>Holds every batch before every operator until it is let through, so that queues fill up as they do before a slow sink.</summary>
internal sealed class StepGate
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = [];
    private TaskCompletionSource _arrived = New();
    private bool _isOpen = true;

    /// <summary>Whoever comes from now on waits.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isOpen = false;
        }
    }

    /// <summary>Nobody waits any more.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _isOpen = true;
            while (_waiting.TryDequeue(out var one))
            {
                one.TrySetResult();
            }
        }
    }

    /// <summary>Lets one batch through at a time, until something ends.</summary>
    public async Task StepUntilAsync(Task end)
    {
        while (!end.IsCompleted)
        {
            Task arrived;
            lock (_gate)
            {
                if (_waiting.TryDequeue(out var one))
                {
                    one.TrySetResult();
                }

                arrived = _waiting.Count > 0 ? Task.CompletedTask : _arrived.Task;
            }

            await Task.WhenAny(arrived, end);
        }
    }

    /// <summary>The same operators, behind the gate; sources are as they were.</summary>
    public OperatorRegistry Before(OperatorRegistry inner)
    {
        var gated = new OperatorRegistry();
        foreach (var kind in inner.Kinds)
        {
            gated.Add(kind, definition => inner.Create(definition) switch
            {
                StreamOperator one => new Gated(one, this),
                var source => source,
            });
        }

        return gated;
    }

    private Task PassAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isOpen)
            {
                return Task.CompletedTask;
            }

            var mine = New();
            _waiting.Enqueue(mine);
            _arrived.TrySetResult();
            _arrived = New();
            return mine.Task.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Gated(StreamOperator inner, StepGate gate) : StreamOperator
    {
        public override TimeSpan? TickInterval => inner.TickInterval;

        public override bool IsCommitting => inner.IsCommitting;

        public override ReadOnlyMemory<byte> CommitData => inner.CommitData;

        public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken) => inner.StartAsync(context, cancellationToken);

        public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
        {
            try
            {
                await gate.PassAsync(cancellationToken);
            }
            catch
            {
                batch.Dispose();
                throw;
            }

            await inner.ProcessAsync(batch, input, output, cancellationToken);
        }

        public override ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken) => inner.OnWatermarkAsync(watermark, output, cancellationToken);

        public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken) => inner.OnBarrierAsync(barrier, output, cancellationToken);

        public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken) => inner.OnTickAsync(output, cancellationToken);

        public override ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken) => inner.OnEndAsync(output, cancellationToken);

        public override ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken) => inner.CommitAsync(epoch, commitData, cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
