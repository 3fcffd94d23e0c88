namespace OrleansFlow.Streaming.Dataflow;

/// <content>
/// Barriers that overtake. From the moment on that an epoch is said to overtake, an input whose barrier is not there yet takes twice its rows, so that whoever waits to write gets
/// through with what is under way and meets the barrier; the barrier itself is always taken, and shown to the reader at once, wherever it stands in its queue.
/// </content>
internal sealed partial class SubtaskInbox
{
    /// <summary>Rows that a checkpoint holds at most of an input, in queues: what waits in it, what it takes beyond that, and as much again that is read meanwhile.</summary>
    private const int CapturedQueuesMax = 4;

    private long _overtaking = long.MinValue;
    private long _givenUp = long.MinValue;
    private bool _hasOvertaking;
    private ChannelCapture? _capture;

    /// <summary>The barrier of the epoch that overtakes, if an input has it; null otherwise.</summary>
    public CheckpointBarrier? OvertakingBarrier
    {
        get
        {
            lock (_gate)
            {
                foreach (var input in _inputs)
                {
                    if (input.LastBarrier is { } barrier && barrier.Epoch == _overtaking)
                    {
                        return barrier;
                    }
                }

                return null;
            }
        }
    }

    /// <summary>Barriers of an epoch overtake from now on. An epoch that is over changes nothing; repeating it is safe.</summary>
    public void Overtake(long epoch)
    {
        lock (_gate)
        {
            if (_isClosed || epoch <= _overtaking || epoch <= _givenUp)
            {
                return;
            }

            _overtaking = epoch;
            _hasOvertaking = true;
            _reader.WakeWhileLocked();
            foreach (var input in _inputs)
            {
                input.Writer.WakeWhileLocked();
            }
        }
    }

    /// <summary>An epoch is given up, and those before it: inputs take no more than their rows again.</summary>
    public void EndOvertaking(long epoch)
    {
        lock (_gate)
        {
            _givenUp = Math.Max(_givenUp, epoch);
            if (_overtaking <= epoch)
            {
                _overtaking = long.MinValue;
                _hasOvertaking = false;
            }
        }
    }

    /// <summary>Takes references to all that is before the barrier of an epoch and was not read: what waits, and what comes until the barrier is there.</summary>
    /// <returns>The caller disposes it.</returns>
    public ChannelCapture Capture(long epoch)
    {
        lock (_gate)
        {
            _capture?.Fail(new OperationCanceledException($"Checkpoint {_capture.Epoch} was overtaken by {epoch}."));
            var capture = new ChannelCapture(epoch, _inputs.Length, _capacityRows, CapturedQueuesMax);
            foreach (var input in _inputs)
            {
                CaptureWhileLocked(input, capture);
            }

            _capture = capture;
            capture.Seal();
            return capture;
        }
    }

    /// <summary>Puts back what a checkpoint held of an input, before anybody writes to it; whoever does waits until there is room again.</summary>
    public void Restore(int input, StreamMessage message)
    {
        lock (_gate)
        {
            var channel = _inputs[input];
            channel.UsedRows += message.CostRows(channel.CapacityRows);
            channel.Messages.Enqueue(message);
        }
    }

    private static void CaptureWhileLocked(InboxChannel input, ChannelCapture capture)
    {
        var isThere = input.LastBarrier?.Epoch >= capture.Epoch;
        if (isThere && !IsQueued(input, capture.Epoch))
        {
            // Its reader has met the barrier: all that waits is behind it.
            return;
        }

        foreach (var message in input.Messages)
        {
            if (message.Barrier?.Epoch == capture.Epoch)
            {
                break;
            }

            capture.Add(input.Index, message);
        }

        if (!isThere && !input.HasEnded)
        {
            capture.Open(input.Index);
        }
    }

    private static bool IsQueued(InboxChannel input, long epoch)
    {
        foreach (var message in input.Messages)
        {
            if (message.Barrier?.Epoch == epoch)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasRoomWhileLocked(InboxChannel input, StreamMessage message)
    {
        var used = (long)input.UsedRows + message.CostRows(input.CapacityRows);
        if (used <= input.CapacityRows)
        {
            return true;
        }

        var isAwaited = _overtaking > (input.LastBarrier?.Epoch ?? long.MinValue);
        return isAwaited && (message.Barrier?.Epoch == _overtaking || used <= 2L * input.CapacityRows);
    }

    private void NoteWhileLocked(InboxChannel input, StreamMessage message)
    {
        _capture?.Note(input.Index, message);
        input.HasEnded |= message.Kind is StreamMessageKind.EndOfData or StreamMessageKind.Stop;
        if (message.Barrier is { } barrier)
        {
            input.LastBarrier = barrier;
            if (barrier.Epoch == _overtaking)
            {
                _hasOvertaking = true;
                _reader.WakeWhileLocked();
            }
        }
    }
}
