using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace OrleansFlow.Streaming.Exchange;

/// <summary>
/// An ordered queue between producers of batches and one consumer, bounded in batches, rows and bytes: a writer waits while it is full.
/// </summary>
/// <typeparam name="TBatch">What travels: a record batch, or one with its name. The queue owns it between write and read.</typeparam>
/// <remarks>
/// Any number of writers, whose batches are admitted in the order of their calls; one reader at a time. Thread-safe.
/// Disposing it releases what is queued and lets every waiting writer go with <see langword="false"/>.
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue; it only is no collection.")]
public sealed class BatchQueue<TBatch> : IDisposable
    where TBatch : class, IDisposable
{
    private readonly Lock _gate = new();
    private readonly BatchQueueLimits _limits;
    private readonly Queue<Entry> _entries = new();
    private readonly LinkedList<WaitingWriter> _writers = [];
    private TaskCompletionSource? _reader;
    private Exception? _error;
    private long _rows;
    private long _bytes;
    private bool _isCompleted;
    private bool _isDisposed;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="limits">How much it may hold; null for <see cref="BatchQueueLimits.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is below 1.</exception>
    public BatchQueue(BatchQueueLimits? limits = null)
    {
        _limits = limits ?? BatchQueueLimits.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(_limits.MaxBatches, 1, "limits.MaxBatches");
        ArgumentOutOfRangeException.ThrowIfLessThan(_limits.MaxRows, 1, "limits.MaxRows");
        ArgumentOutOfRangeException.ThrowIfLessThan(_limits.MaxBytes, 1, "limits.MaxBytes");
    }

    /// <summary>Batches queued now, without those of waiting writers.</summary>
    public int Count => Read(() => _entries.Count);

    /// <summary>Rows queued now.</summary>
    public long QueuedRows => Read(() => _rows);

    /// <summary>Bytes queued now.</summary>
    public long QueuedBytes => Read(() => _bytes);

    /// <summary>Writers that wait for room.</summary>
    public int WaitingWriterCount => Read(() => _writers.Count);

    /// <summary>Hands a batch over; waits while the queue is full. The batch belongs to the queue from the call on, whatever comes of it.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">Its rows. Not negative.</param>
    /// <param name="bytes">Its size in bytes. Not negative.</param>
    /// <param name="cancellationToken">Gives up waiting; the batch is then disposed.</param>
    /// <returns>False when the reader has gone, and the batch was disposed: further batches would be in vain.</returns>
    /// <exception cref="InvalidOperationException">The queue was completed before.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    public ValueTask<bool> WriteAsync(TBatch batch, long rows, long bytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var entry = new Entry(batch, rows, bytes);
        WaitingWriter waiting;
        TaskCompletionSource? reader;
        lock (_gate)
        {
            if (_isDisposed || _isCompleted || cancellationToken.IsCancellationRequested)
            {
                batch.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
                return _isDisposed
                    ? ValueTask.FromResult(false)
                    : throw new InvalidOperationException("The queue was completed; no batch can follow its end.");
            }

            if (_writers.Count > 0 || !HasRoomWhileLocked(entry))
            {
                waiting = new WaitingWriter(entry);
                waiting.Node = _writers.AddLast(waiting);
                reader = null;
            }
            else
            {
                AdmitWhileLocked(entry);
                reader = TakeReaderWhileLocked();
                waiting = null!;
            }
        }

        if (waiting is null)
        {
            reader?.TrySetResult();
            return ValueTask.FromResult(true);
        }

        return new ValueTask<bool>(WaitAsync(waiting, cancellationToken));
    }

    /// <summary>Says that no further batch comes. Batches of writers that wait are still admitted. Completing twice changes nothing.</summary>
    /// <param name="error">What the reader gets after the last batch; null for a plain end.</param>
    public void Complete(Exception? error = null)
    {
        TaskCompletionSource? reader;
        lock (_gate)
        {
            if (_isCompleted || _isDisposed)
            {
                return;
            }

            _isCompleted = true;
            _error = error;
            reader = TakeReaderWhileLocked();
        }

        reader?.TrySetResult();
    }

    /// <summary>Takes the next batch, which then belongs to the caller; waits while there is none.</summary>
    /// <returns>Null after the last one.</returns>
    /// <exception cref="InvalidOperationException">Another reader waits.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token fired first; nothing was taken.</exception>
    /// <remarks>The error given to <see cref="Complete"/> is thrown after the last batch.</remarks>
    public async ValueTask<TBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TaskCompletionSource arrival;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                if (_entries.TryDequeue(out var entry))
                {
                    _rows -= entry.Rows;
                    _bytes -= entry.Bytes;
                    AdmitWaitingWhileLocked();
                    return entry.Batch;
                }

                if (_isCompleted && _writers.Count == 0)
                {
                    if (_error is not null)
                    {
                        ExceptionDispatchInfo.Throw(_error);
                    }

                    return null;
                }

                if (_reader is not null)
                {
                    throw new InvalidOperationException("The queue has one reader, and it is waiting already.");
                }

                arrival = _reader = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            // Not Task.WaitAsync, whose end would pass through the thread pool whatever scheduler the reader is on.
            using var registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), arrival);
            try
            {
                await arrival.Task;
            }
            finally
            {
                lock (_gate)
                {
                    if (_reader == arrival)
                    {
                        _reader = null;
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        List<WaitingWriter> writers;
        TaskCompletionSource? reader;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            while (_entries.TryDequeue(out var entry))
            {
                entry.Batch.Dispose();
            }

            _rows = 0;
            _bytes = 0;
            writers = [.. _writers];
            _writers.Clear();
            reader = TakeReaderWhileLocked();
        }

        foreach (var writer in writers)
        {
            writer.Entry.Batch.Dispose();
            writer.Admitted.TrySetResult(false);
        }

        reader?.TrySetResult();
    }

    private async Task<bool> WaitAsync(WaitingWriter waiting, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, writer) = ((BatchQueue<TBatch>, WaitingWriter))state!;
                queue.GiveUp(writer, token);
            },
            (this, waiting));
        return await waiting.Admitted.Task;
    }

    private void GiveUp(WaitingWriter writer, CancellationToken token)
    {
        lock (_gate)
        {
            if (writer.Node is not { List: not null } node)
            {
                return;
            }

            _writers.Remove(node);

            // A smaller batch behind the one that gave up may fit now.
            AdmitWaitingWhileLocked();
        }

        writer.Entry.Batch.Dispose();
        writer.Admitted.TrySetCanceled(token);
    }

    private void AdmitWaitingWhileLocked()
    {
        while (_writers.First is { } first && HasRoomWhileLocked(first.Value.Entry))
        {
            _writers.RemoveFirst();
            AdmitWhileLocked(first.Value.Entry);
            first.Value.Admitted.TrySetResult(true);
        }

        if (_reader is not null && (_entries.Count > 0 || (_isCompleted && _writers.Count == 0)))
        {
            TakeReaderWhileLocked()!.TrySetResult();
        }
    }

    private bool HasRoomWhileLocked(Entry entry) =>
        _entries.Count == 0
        || (_entries.Count < _limits.MaxBatches && _rows + entry.Rows <= _limits.MaxRows && _bytes + entry.Bytes <= _limits.MaxBytes);

    private void AdmitWhileLocked(Entry entry)
    {
        _entries.Enqueue(entry);
        _rows += entry.Rows;
        _bytes += entry.Bytes;
    }

    private TaskCompletionSource? TakeReaderWhileLocked()
    {
        var reader = _reader;
        _reader = null;
        return reader;
    }

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private readonly record struct Entry(TBatch Batch, long Rows, long Bytes);

    private sealed class WaitingWriter(Entry entry)
    {
        public Entry Entry { get; } = entry;

        public TaskCompletionSource<bool> Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LinkedListNode<WaitingWriter>? Node { get; set; }
    }
}
