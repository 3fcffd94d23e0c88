using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Writes the snapshots of a subtask, one epoch after the other, while its rows go on.</summary>
/// <param name="completeAsync">Told of each snapshot that is durable.</param>
/// <param name="giveUpAsync">Told of an epoch that could not be written: what it held is in the next one.</param>
/// <param name="fail">Told when the state of the end could not be written, behind which there is no next one.</param>
internal sealed class SnapshotWriter(Func<FrozenElement, long, SubtaskState, ValueTask> completeAsync, Func<long, Exception, ValueTask> giveUpAsync, Action<Exception> fail)
{
    /// <summary>Epochs that wait to be written at most; the next one waits for the oldest.</summary>
    private const int UnfinishedMax = 4;

    /// <summary>Stands for the state of a subtask's end, which no abort gives up; it is told of as epoch 0.</summary>
    public const long Final = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly List<Write> _unfinished = [];
    private Task _last = Task.CompletedTask;

    /// <summary>Ends when nothing is left to write; it does not fail.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Takes snapshots over; waits only while too many epochs are unwritten.</summary>
    public async ValueTask StartAsync(long epoch, IReadOnlyList<FrozenElement> frozen, CancellationToken cancellationToken)
    {
        while (FindOldestAsync() is { } oldest)
        {
            await oldest.WaitAsync(cancellationToken);
        }

        lock (_gate)
        {
            var write = new Write(epoch, frozen, CancellationTokenSource.CreateLinkedTokenSource(cancellationToken));
            _unfinished.Add(write);
            var before = _last;

            // A pool thread from the first step on: a store that answers at once must not hold the rows up.
            _last = write.Task = Task.Run(() => RunAsync(before, write), CancellationToken.None);
        }
    }

    /// <summary>Gives up the writing of an epoch and of those before it; what they held is in the next one.</summary>
    public void Abort(long epoch)
    {
        List<Write> given;
        lock (_gate)
        {
            given = _unfinished.FindAll(write => write.Epoch <= epoch);
        }

        // Outside the lock: what a store does when it is cancelled may end the write right here, and that takes the lock.
        foreach (var write in given)
        {
            try
            {
                write.Cancel.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It was written meanwhile.
            }
        }
    }

    private Task? FindOldestAsync()
    {
        lock (_gate)
        {
            return _unfinished.Count >= UnfinishedMax ? _unfinished[0].Task : null;
        }
    }

    private async Task RunAsync(Task before, Write write)
    {
        await before;
        try
        {
            foreach (var element in write.Frozen)
            {
                var state = await element.Snapshot.WriteAsync(write.Cancel.Token);
                await completeAsync(element, write.Epoch == Final ? 0 : write.Epoch, state);
            }
        }
        catch (Exception exception)
        {
            // A write that was given up is no failure, whatever the store makes of it.
            if (write.Cancel.IsCancellationRequested)
            {
                return;
            }

            if (write.Epoch == Final)
            {
                fail(exception);
            }
            else
            {
                await giveUpAsync(write.Epoch, exception);
            }
        }
        finally
        {
            foreach (var element in write.Frozen)
            {
                await element.Snapshot.DisposeAsync();
            }

            lock (_gate)
            {
                _unfinished.Remove(write);
                write.Cancel.Dispose();
            }
        }
    }

    private sealed record Write(long Epoch, IReadOnlyList<FrozenElement> Frozen, CancellationTokenSource Cancel)
    {
        public Task Task { get; set; } = Task.CompletedTask;
    }
}
