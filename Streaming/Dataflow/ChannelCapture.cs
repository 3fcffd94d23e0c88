using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>
/// Rows and watermarks that were on their way to a subtask when a barrier overtook them: those that waited in its inputs, and those that still come on inputs whose barrier is
/// not there yet. Complete when every input has delivered its barrier or ended.
/// </summary>
/// <remarks>Thread-safe: senders add to it, the writer of snapshots reads it when it is complete. It holds a reference to each batch until it is disposed.</remarks>
/// <param name="epoch">Number of the checkpoint.</param>
/// <param name="inputCount">Inputs of the subtask.</param>
/// <param name="capacityRows">Rows of the queue of an input.</param>
/// <param name="queuesMax">Queues of rows that it holds at most of an input; more fail it.</param>
internal sealed class ChannelCapture(long epoch, int inputCount, int capacityRows, int queuesMax) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly bool[] _isOpen = new bool[inputCount];
    private readonly long[] _rows = new long[inputCount];
    private readonly List<(int Input, StreamMessage Message)> _messages = [];
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _openCount;
    private bool _isOver;

    public long Epoch => epoch;

    /// <summary>Ends when nothing is awaited any more; fails when there was too much, or a newer checkpoint came.</summary>
    public Task Completed => _completed.Task;

    /// <summary>What was captured, in the order of each input. Once it is complete.</summary>
    public IReadOnlyList<(int Input, StreamMessage Message)> Messages => _messages;

    /// <summary>Bytes of the batches.</summary>
    public long ByteCount { get; private set; }

    /// <summary>An input's barrier is awaited.</summary>
    public void Open(int input)
    {
        lock (_gate)
        {
            _isOpen[input] = true;
            _openCount++;
        }
    }

    /// <summary>Takes a message that waited in an input before its barrier.</summary>
    public void Add(int input, StreamMessage message)
    {
        lock (_gate)
        {
            AddWhileLocked(input, message);
        }
    }

    /// <summary>A message came on an input: one before the barrier is captured; the barrier, or the end, closes it.</summary>
    public void Note(int input, StreamMessage message)
    {
        lock (_gate)
        {
            if (!_isOpen[input])
            {
                return;
            }

            var isLast = message.Kind is StreamMessageKind.EndOfData or StreamMessageKind.Stop || message.Barrier?.Epoch >= epoch;
            if (!isLast)
            {
                AddWhileLocked(input, message);
                return;
            }

            _isOpen[input] = false;
            _openCount--;
            SettleWhileLocked();
        }
    }

    /// <summary>All inputs have been looked at.</summary>
    public void Seal()
    {
        lock (_gate)
        {
            SettleWhileLocked();
        }
    }

    /// <summary>It will not be complete.</summary>
    public void Fail(Exception exception)
    {
        _completed.TrySetException(exception);
        _ = _completed.Task.Exception;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            ClearWhileLocked();
        }

        Fail(new OperationCanceledException($"Checkpoint {epoch} was given up."));
    }

    private void AddWhileLocked(int input, StreamMessage message)
    {
        if (_isOver || message.Kind is not (StreamMessageKind.Batch or StreamMessageKind.Watermark))
        {
            return;
        }

        // As a queue counts: a batch is never more than a whole one.
        _rows[input] += message.CostRows(capacityRows);
        if (_rows[input] > (long)queuesMax * capacityRows)
        {
            _isOver = true;
            ClearWhileLocked();
            Fail(new FlowException(
                FlowErrorCode.LimitExceeded,
                $"Checkpoint {epoch} holds more than {(long)queuesMax * capacityRows} rows of one input whose barrier does not come. The job goes on; a longer alignment_timeout, or aligned barriers, hold fewer."));
            return;
        }

        message.Batch?.Retain();
        ByteCount += message.Batch?.ByteCount ?? 0;
        _messages.Add((input, message));
    }

    private void SettleWhileLocked()
    {
        if (_openCount == 0)
        {
            _completed.TrySetResult();
        }
    }

    private void ClearWhileLocked()
    {
        foreach (var (_, message) in _messages)
        {
            message.Batch?.Dispose();
        }

        _messages.Clear();
    }
}
