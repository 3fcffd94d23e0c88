using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>Runs several loops of a worker. Starts once; stops gently (<see cref="DrainAsync"/>) or at once (<see cref="StopAsync"/>). Thread-safe.</summary>
/// <param name="worker">The worker; it may also be used beside the pool.</param>
/// <param name="loops">How many steps run at the same time; 1 to 1 000.</param>
public sealed class WorkerPool(WorkflowWorker worker, int loops) : IAsyncDisposable
{
    private readonly WorkflowWorker _worker = worker ?? throw new ArgumentNullException(nameof(worker));
    private readonly int _loops = loops is >= 1 and <= 1_000 ? loops : throw new ArgumentOutOfRangeException(nameof(loops), loops, "A pool has 1 to 1 000 loops.");
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isStarted;

    /// <summary>Starts the loops; nothing happens when they were started.</summary>
    /// <exception cref="ObjectDisposedException">The pool was stopped: make a new one.</exception>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_drain.IsCancellationRequested, this);
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            _ = RunAsync();
        }
    }

    /// <summary>How the loops are, in the order of their ids.</summary>
    public IReadOnlyList<WorkerHealth> Health => _worker.Health;

    /// <summary>Takes no further items, and waits until the steps in flight have ended as if nothing had happened.</summary>
    /// <param name="cancellationToken">Ends the wait; the steps go on, and <see cref="StopAsync"/> may follow.</param>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        await _drain.CancelAsync().ConfigureAwait(false);
        await JoinAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes no further items, tells the nodes of the steps in flight to stop, gives their items back, and waits until all loops have ended.</summary>
    public async Task StopAsync()
    {
        await _drain.CancelAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await JoinAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Waits until all loops have ended, because of <see cref="DrainAsync"/> or <see cref="StopAsync"/>; at once when none was started and none will be.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task JoinAsync(CancellationToken cancellationToken = default) =>
        Volatile.Read(ref _isStarted) == 0 && _drain.IsCancellationRequested ? Task.CompletedTask : _ended.Task.WaitAsync(cancellationToken);

    /// <summary>Stops the loops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _drain.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, _loops).Select(_ => _worker.RunForeverAsync(_drain.Token, _stop.Token))).ConfigureAwait(false);
            _ended.TrySetResult();
        }
        catch (Exception error)
        {
            // Nothing of a loop is expected to come here; whoever joins learns of it.
            _ended.TrySetException(error);
        }
    }
}
