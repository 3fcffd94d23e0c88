using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>
/// All that comes to one subtask: a queue bounded in rows for each input, control messages, ticks. One reader, which gets control before
/// barriers that overtake before ticks before rows, takes the inputs in turn and passes over those that are blocked; one writer an input.
/// </summary>
/// <remarks>Thread-safe. Closing it disposes what is queued, lets waiting writers go with <see langword="false"/> and ends the reader's wait.</remarks>
internal sealed partial class SubtaskInbox : IDisposable
{
    /// <summary>Rows that an input holds at most, unless told otherwise.</summary>
    public const int DefaultCapacityRows = 8_192;

    /// <summary>Control messages that wait at most.</summary>
    public const int ControlMax = 16;

    private readonly Lock _gate = new();
    private readonly InboxChannel[] _inputs;
    private readonly int _capacityRows;
    private readonly Wakeup _reader = new();
    private readonly Channel<SubtaskControl> _control = Channel.CreateBounded<SubtaskControl>(ControlMax);
    private int _next;
    private bool _hasTick;
    private bool _isClosed;

    /// <summary>Makes an empty inbox.</summary>
    /// <param name="inputCount">0 for a source.</param>
    /// <param name="capacityRows">Rows of each input. At least 1.</param>
    public SubtaskInbox(int inputCount, int capacityRows = DefaultCapacityRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityRows, 1);
        _capacityRows = capacityRows;
        _inputs = new InboxChannel[inputCount];
        for (var i = 0; i < inputCount; i++)
        {
            _inputs[i] = new InboxChannel(this, i, capacityRows);
        }
    }

    /// <summary>The sending end of an input.</summary>
    public ISubtaskChannel Input(int input) => _inputs[input];

    /// <summary>Stops or resumes the reading of an input.</summary>
    public void SetBlocked(int input, bool isBlocked)
    {
        lock (_gate)
        {
            _inputs[input].IsBlocked = isBlocked;
        }
    }

    /// <summary>Rows that wait in all inputs.</summary>
    public long QueuedRows
    {
        get
        {
            lock (_gate)
            {
                var sum = 0L;
                foreach (var input in _inputs)
                {
                    sum += input.UsedRows;
                }

                return sum;
            }
        }
    }

    /// <summary>A timer fired; several before the next read count as one.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            _hasTick = true;
            _reader.WakeWhileLocked();
        }
    }

    /// <summary>Waits for the next thing to do.</summary>
    /// <exception cref="OperationCanceledException">The token fired, or the inbox was closed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<InboxItem> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ValueTask arrival;
            lock (_gate)
            {
                if (_isClosed)
                {
                    throw new OperationCanceledException("The subtask's inbox was closed.");
                }

                if (TryTakeWhileLocked(out var item))
                {
                    return item;
                }

                arrival = _reader.ArmWhileLockedAsync();
            }

            using var registration = cancellationToken.UnsafeRegister(static state => ((SubtaskInbox)state!).WakeReader(), this);
            await arrival;
        }
    }

    /// <summary>Takes what is there, without waiting.</summary>
    /// <returns>Whether there was something.</returns>
    public bool TryRead(out InboxItem item)
    {
        lock (_gate)
        {
            item = default;
            return !_isClosed && TryTakeWhileLocked(out item);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _capture?.Fail(new OperationCanceledException("The subtask's inbox was closed."));
            foreach (var input in _inputs)
            {
                input.IsClosed = true;
                while (input.Messages.TryDequeue(out var message))
                {
                    message.Batch?.Dispose();
                }

                input.UsedRows = 0;
                input.Writer.WakeWhileLocked();
            }

            _reader.WakeWhileLocked();
        }

        EndControl();
    }

    internal int UsedRowsOf(InboxChannel input)
    {
        lock (_gate)
        {
            return input.UsedRows;
        }
    }

    /// <summary>Counted when it is asked for, so that no batch pays for it on its way.</summary>
    internal long QueuedBytesOf(InboxChannel input)
    {
        lock (_gate)
        {
            var sum = 0L;
            foreach (var message in input.Messages)
            {
                sum += message.Batch?.ByteCount ?? 0;
            }

            return sum;
        }
    }

    internal ValueTask<bool> WriteAsync(InboxChannel input, StreamMessage message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            message.Batch?.Dispose();
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        lock (_gate)
        {
            if (TryAdmitWhileLocked(input, message) is { } isAdmitted)
            {
                return ValueTask.FromResult(isAdmitted);
            }
        }

        return WriteSlowAsync(input, message, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteSlowAsync(InboxChannel input, StreamMessage message, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask room;
            lock (_gate)
            {
                if (TryAdmitWhileLocked(input, message) is { } isAdmitted)
                {
                    return isAdmitted;
                }

                room = input.Writer.ArmWhileLockedAsync();
            }

            using (cancellationToken.UnsafeRegister(static state => ((InboxChannel)state!).WakeWriter(), input))
            {
                await room;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                message.Batch?.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>True when the message is queued, false when nobody reads it, null when it has to wait.</summary>
    private bool? TryAdmitWhileLocked(InboxChannel input, StreamMessage message)
    {
        if (input.IsClosed)
        {
            message.Batch?.Dispose();
            return false;
        }

        if (!HasRoomWhileLocked(input, message))
        {
            return null;
        }

        input.UsedRows += message.CostRows(input.CapacityRows);
        input.Messages.Enqueue(message);
        NoteWhileLocked(input, message);
        if (!input.IsBlocked)
        {
            _reader.WakeWhileLocked();
        }

        return true;
    }

    private bool TryTakeWhileLocked(out InboxItem item)
    {
        if (_control.Reader.TryRead(out var control))
        {
            item = InboxItem.Of(control);
            return true;
        }

        if (_hasOvertaking)
        {
            _hasOvertaking = false;
            item = InboxItem.Overtaking;
            return true;
        }

        if (_hasTick)
        {
            _hasTick = false;
            item = InboxItem.Tick;
            return true;
        }

        for (var i = 0; i < _inputs.Length; i++)
        {
            var place = _next;
            _next = _next + 1 == _inputs.Length ? 0 : _next + 1;
            var input = _inputs[place];
            if (!input.IsBlocked && input.Messages.TryDequeue(out var message))
            {
                input.UsedRows -= message.CostRows(input.CapacityRows);
                input.Writer.WakeWhileLocked();
                item = InboxItem.Of(place, message);
                return true;
            }
        }

        item = default;
        return false;
    }

    internal void Wake(Wakeup party)
    {
        lock (_gate)
        {
            party.WakeWhileLocked();
        }
    }

    private void WakeReader() => Wake(_reader);
}
