using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>A source that says when a barrier is in the queues behind it: its snapshot may be told of before that.</summary>
internal sealed class BarrierPassing
{
    private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _passed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the first barrier has been given on.</summary>
    public Task Passed => _passed.Task;

    /// <summary>Gives out a number of batches and looks for a barrier only behind the last one.</summary>
    /// <param name="batches">How many.</param>
    /// <param name="emitAsync">Gives a batch out.</param>
    public LambdaSource Before(int batches, Func<SourceContext, int, CancellationToken, Task> emitAsync) =>
        new(async (context, cancellationToken) =>
        {
            for (var batch = 0; batch < batches; batch++)
            {
                await emitAsync(context, batch, cancellationToken);
            }

            if (await context.WaitForAsync(_met.Task, cancellationToken) is { } told)
            {
                return told;
            }

            _passed.TrySetResult();
            return (await context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken))!.Value;
        })
        {
            Barriers = OnBarrierAsync,
        };

    /// <summary>Gives out batches without end and looks for a barrier between them.</summary>
    /// <param name="emitAsync">Gives a batch out.</param>
    public LambdaSource Among(Func<SourceContext, int, CancellationToken, Task> emitAsync) =>
        new(async (context, cancellationToken) =>
        {
            for (var batch = 0; ; batch++)
            {
                var end = await context.PollAsync(cancellationToken);
                if (_met.Task.IsCompleted)
                {
                    _passed.TrySetResult();
                }

                if (end is { } told)
                {
                    return told;
                }

                await emitAsync(context, batch, cancellationToken);
            }
        })
        {
            Barriers = OnBarrierAsync,
        };

    private ValueTask OnBarrierAsync(CheckpointBarrier barrier, CancellationToken cancellationToken)
    {
        _met.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
