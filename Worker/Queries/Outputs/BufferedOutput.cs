using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>
/// An output that is read while it is made. It holds so many bytes and no more, so that slow readers hold the task back; but a partition without
/// rows takes one message in any case, or its reader would starve while another partition's reader is not there yet.
/// </summary>
/// <param name="partitionCount">Partitions, at least 1.</param>
/// <param name="readerCount">How often each of them is read.</param>
/// <param name="budgetBytes">Bytes that it holds.</param>
/// <param name="size">How long messages are.</param>
/// <param name="onReadersGone">Called outside of the lock when the last reader there can be has gone, and when one goes after a failure.</param>
internal sealed class BufferedOutput(int partitionCount, int readerCount, long budgetBytes, MessageSize size, Action onReadersGone) : ITaskOutput
{
    private readonly Lock _gate = new();
    private readonly BufferedPartition[] _partitions = [.. Enumerable.Range(0, partitionCount).Select(_ => new BufferedPartition(readerCount))];
    private readonly HashSet<Reader> _waiting = [];
    private TaskCompletionSource? _room;
    private Exception? _failure;
    private long _heldBytes;
    private bool _isComplete;

    public int PartitionCount => _partitions.Length;

    public bool IsAbandoned
    {
        get
        {
            lock (_gate)
            {
                return Array.TrueForAll(_partitions, partition => partition.IsAbandoned);
            }
        }
    }

    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _isComplete && Array.TrueForAll(_partitions, partition => partition.IsDone);
            }
        }
    }

    /// <summary>Bytes that wait for readers.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate)
            {
                return _heldBytes;
            }
        }
    }

    public async ValueTask WriteAsync(int partition, RecordBatch batch, long bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!TryAdd(partition, batch, bytes, out var room))
            {
                await room.WaitAsync(cancellationToken);
            }
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isComplete = true;
            WakeWhileLocked();
        }

        return ValueTask.CompletedTask;
    }

    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
            foreach (var partition in _partitions)
            {
                partition.Clear();
            }

            _heldBytes = 0;
            WakeWhileLocked();
            FreeWhileLocked(0);
        }
    }

    public IOutputReader OpenReader(int firstPartition, int count)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                return new Reader(this, []);
            }

            var range = _partitions.AsSpan(firstPartition, count);
            for (var index = 0; index < range.Length; index++)
            {
                if (!range[index].HasPlace)
                {
                    throw new FlowException(
                        FlowErrorCode.AlreadyEnded,
                        string.Create(CultureInfo.InvariantCulture, $"Partition {firstPartition + index} was read {readerCount} times, as often as its plan says (reader_count); its rows are gone. Run the task again."));
                }
            }

            var cursors = new (BufferedPartition, BufferedPartition.Cursor)[count];
            for (var index = 0; index < count; index++)
            {
                cursors[index] = (range[index], range[index].Open());
            }

            return new Reader(this, cursors);
        }
    }

    public void Dispose() => Fail(new ObjectDisposedException(nameof(BufferedOutput)));

    /// <summary>Adds a batch, or says what to wait for.</summary>
    private bool TryAdd(int partition, RecordBatch batch, long bytes, [NotNullWhen(false)] out Task? room)
    {
        room = null;
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            var target = _partitions[partition];
            if (target.IsDone)
            {
                // Nobody wants it; the others do.
                batch.Dispose();
                return true;
            }

            if (!target.IsEmpty && _heldBytes + bytes > budgetBytes)
            {
                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
                return false;
            }

            target.Add(batch, bytes);
            _heldBytes += bytes;
            WakeWhileLocked();
            return true;
        }
    }

    private void WakeWhileLocked()
    {
        foreach (var reader in _waiting)
        {
            reader.Wake();
        }

        _waiting.Clear();
    }

    private void FreeWhileLocked(long bytes)
    {
        _heldBytes -= bytes;

        // Also without bytes: that a partition has become empty is reason enough to look again.
        _room?.TrySetResult();
        _room = null;
    }

    private sealed class Reader(BufferedOutput owner, (BufferedPartition Partition, BufferedPartition.Cursor Cursor)[] places) : IOutputReader
    {
        private readonly List<RecordBatch> _taken = [];
        private TaskCompletionSource? _more;
        private int _turn;
        private bool _isAtEnd;
        private bool _isClosed;

        public async ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
        {
            while (!TryTake(out var more))
            {
                await more.WaitAsync(cancellationToken);
            }

            if (_taken.Count == 0)
            {
                return null;
            }

            var batch = MessageSize.Join(_taken);
            _taken.Clear();
            return batch;
        }

        public void Wake()
        {
            _more?.TrySetResult();
            _more = null;
        }

        public void Dispose()
        {
            bool areGone;
            lock (owner._gate)
            {
                if (_isClosed)
                {
                    return;
                }

                _isClosed = true;
                owner._waiting.Remove(this);
                var freed = 0L;
                foreach (var (partition, cursor) in places)
                {
                    freed += partition.Leave(cursor, _isAtEnd);
                }

                owner.FreeWhileLocked(owner._failure is null ? freed : 0);
                areGone = owner._failure is not null || Array.TrueForAll(owner._partitions, partition => partition.IsDone);
            }

            if (areGone)
            {
                owner.OnReadersGone();
            }
        }

        /// <summary>Takes what one message holds, or says what to wait for.</summary>
        private bool TryTake([NotNullWhen(false)] out Task? more)
        {
            more = null;
            lock (owner._gate)
            {
                if (owner._failure is not null)
                {
                    throw owner._failure;
                }

                for (var tried = 0; tried < places.Length; tried++)
                {
                    var (partition, cursor) = places[_turn];
                    _turn = (_turn + 1) % places.Length;
                    if (partition.HasRowsFor(cursor))
                    {
                        owner.FreeWhileLocked(partition.Take(cursor, owner.Size, _taken));
                        return true;
                    }
                }

                if (owner._isComplete)
                {
                    _isAtEnd = true;
                    return true;
                }

                _more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                owner._waiting.Add(this);
                more = _more.Task;
                return false;
            }
        }
    }

    private MessageSize Size => size;

    private void OnReadersGone() => onReadersGone();
}
