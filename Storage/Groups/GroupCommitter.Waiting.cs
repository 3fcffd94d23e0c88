namespace OrleansFlow.Storage.Groups;

/// <content>What the writer waits for before it takes a group.</content>
internal sealed partial class GroupCommitter<TWrite>
{
    /// <summary>Waits until there is a write; false when the queue was closed and is empty.</summary>
    private bool WaitForOne()
    {
        if (WaitingCount() > 0)
        {
            return true;
        }

        var began = _clock.GetTimestamp();
        if (IsFollowed(began))
        {
            return true;
        }

#pragma warning disable VSTHRD002 // This thread belongs to the committer alone, so blocking it holds up nobody else.
        var hasCome = _queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        if (_clock.GetElapsedTime(began) > WaitMax)
        {
            // So long after the last group this is a lone write.
            _expectedCount = 0;
        }

        return hasCome;
    }

    /// <summary>Stays awake for as long as two commits take: whoever was just told of a commit comes back with the next one about then.</summary>
    /// <remarks>Steps of one run follow one another so. To be woken from sleep each time would cost a fifth of the commit; who needs the core gets it.</remarks>
    private bool IsFollowed(long began)
    {
        var wait = _lastCommit * 2 < AwakeMax ? _lastCommit * 2 : AwakeMax;
        while (_clock.GetElapsedTime(began) < wait && !_queue.Reader.Completion.IsCompleted)
        {
            if (WaitingCount() > 0)
            {
                return true;
            }

            Thread.Yield();
        }

        return false;
    }

    /// <summary>Waits while there are only writes that may wait, and room for more of them.</summary>
    private void WaitForHurry()
    {
        if (Volatile.Read(ref _urgentCount) > 0)
        {
            return;
        }

        _hurry.Reset();
        _isPatient = true;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _urgentCount) == 0 && !IsFull)
        {
            _hurry.Wait(_patience);
        }

        _isPatient = false;
    }

    /// <summary>Waits while those whose writes the last group held come back with the next ones.</summary>
    /// <remarks>Gives its core to whoever can use it, over and over: these waits are shorter than the system's timers can measure.</remarks>
    private void WaitForCompany()
    {
        if (_expectedCount <= 1)
        {
            return;
        }

        var wait = _lastCommit / WaitDivisor < WaitMax ? _lastCommit / WaitDivisor : WaitMax;
        var began = _clock.GetTimestamp();
        while (Volatile.Read(ref _urgentCount) < _expectedCount && _clock.GetElapsedTime(began) < wait)
        {
            Thread.Yield();
        }
    }

    private static int CompanyIn(List<TWrite> group)
    {
        var count = 0;
        foreach (var write in group)
        {
            count += write.MayWait ? 0 : 1;
        }

        return count;
    }

    private bool IsFull => QueuedCount >= Math.Min(_limits.WritesMax, _limits.QueueMax);

    private int WaitingCount() => QueuedCount + (_next is null ? 0 : 1);
}
