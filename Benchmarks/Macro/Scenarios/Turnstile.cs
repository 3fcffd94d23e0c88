using OrleansFlow.Workers;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A handler that does nothing, once the turnstile lets it through.</summary>
internal sealed class TurnstileHandler(Turnstile turnstile) : RoleHandler
{
    public const string Role = "bench.turnstile";

    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(
        RunContext context, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await turnstile.EnterAsync().WaitAsync(cancellationToken);
        yield break;
    }

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(BatchOutcome.None);
}

/// <summary>Lets so many attempts go on, and counts those that have come.</summary>
internal sealed class Turnstile
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = [];
    private long _passes;
    private long _come;
    private (long Count, TaskCompletionSource Reached)? _awaited;

    /// <summary>Attempts that have come.</summary>
    public long Come
    {
        get
        {
            lock (_gate)
            {
                return _come;
            }
        }
    }

    public Task EnterAsync()
    {
        lock (_gate)
        {
            _come++;
            if (_awaited is { } awaited && _come >= awaited.Count)
            {
                awaited.Reached.TrySetResult();
                _awaited = null;
            }

            if (_passes > 0)
            {
                _passes--;
                return Task.CompletedTask;
            }

            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiting);
            return waiting.Task;
        }
    }

    /// <summary>Lets more attempts through, those that wait first.</summary>
    public void Let(long count)
    {
        lock (_gate)
        {
            for (; count > 0 && _waiting.TryDequeue(out var waiting); count--)
            {
                waiting.SetResult();
            }

            _passes += count;
        }
    }

    /// <summary>Ends when so many have come in all. One call at a time.</summary>
    public Task WhenComeAsync(long count)
    {
        lock (_gate)
        {
            if (_come >= count)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited = (count, reached);
            return reached.Task;
        }
    }
}
