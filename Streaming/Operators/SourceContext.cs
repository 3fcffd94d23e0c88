using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Streaming.Operators;

/// <summary>What a running source works with: where its rows go, and what the engine tells it.</summary>
public sealed class SourceContext : IDisposable
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private readonly SourceSubtask _subtask;
    private readonly ChainElement _element;
    private readonly SourceBatcher _batcher;
    private readonly OperatorChain _chain;
    private readonly ITimer _timer;
    private SourceEnd? _end;

    internal SourceContext(SourceSubtask subtask, ChainElement element, SourceBatcher batcher)
    {
        (_subtask, _element, _batcher, _chain) = (subtask, element, batcher, subtask.Chain);
        _timer = element.Context.Clock.CreateTimer(
            static inbox => ((SubtaskInbox)inbox!).Tick(), subtask.Inbox, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The source's place.</summary>
    public OperatorContext Operator => _element.Context;

    /// <summary>Rows that are gathered; add at most <see cref="RoomRows"/> of them, then say so by <see cref="RowsAddedAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">The program gives the source no schema.</exception>
    public RecordBatchBuilder Rows => _batcher.Rows;

    /// <summary>Rows until the batch is full; at least 1 after <see cref="RowsAddedAsync"/>.</summary>
    public int RoomRows => _batcher.RoomRows;

    /// <summary>Rows were added: a full batch goes on, and one whose first row has waited long enough.</summary>
    public ValueTask RowsAddedAsync(CancellationToken cancellationToken) => _batcher.FlushIfDueAsync(cancellationToken);

    /// <summary>Gives a whole batch on, behind the rows that were gathered before. It belongs to the receiver from the call on.</summary>
    public async ValueTask EmitAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        await _batcher.FlushAsync(cancellationToken);
        await _element.After.EmitAsync(batch, cancellationToken);
    }

    /// <summary>Gives a watermark on, behind the rows that were gathered before: of a source that knows its event time, or that it is idle.</summary>
    public async ValueTask EmitWatermarkAsync(Watermark watermark, CancellationToken cancellationToken)
    {
        await _batcher.FlushAsync(cancellationToken);
        await _element.After.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <summary>Takes what the engine has to say, without waiting; a checkpoint is taken inside.</summary>
    /// <returns>How the source is to end, for its <see cref="StreamSource.RunAsync"/> to return; null when it goes on.</returns>
    public async ValueTask<SourceEnd?> PollAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_end is null && _subtask.Inbox.TryRead(out var item))
        {
            await MeetAsync(item, cancellationToken);
        }

        if (_end is null)
        {
            await _batcher.FlushIfDueAsync(cancellationToken);
        }

        return _end;
    }

    /// <summary>As <see cref="PollAsync"/>, but waits for the engine meanwhile. Gathered rows go on when their time comes.</summary>
    /// <param name="atMost">How long; <see cref="Timeout.InfiniteTimeSpan"/> until the engine says something that ends the source.</param>
    /// <param name="cancellationToken">The job ends at once.</param>
    public ValueTask<SourceEnd?> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => WaitAsync(Operator.Clock.GetTimestamp(), atMost, cancellationToken);

    /// <summary>As the public one; the time runs from a moment on that the caller looked at to know how long to wait.</summary>
    internal async ValueTask<SourceEnd?> WaitAsync(long since, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var clock = Operator.Clock;
        while (await PollAsync(cancellationToken) is null)
        {
            var now = clock.GetTimestamp();
            var left = atMost == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : atMost - clock.GetElapsedTime(since, now);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            if (_batcher.Left() is { } linger && linger < left)
            {
                left = linger;
            }

            if (left < TimeSpan.MaxValue)
            {
                _timer.Change(left < ShortestWait ? ShortestWait : left, Timeout.InfiniteTimeSpan);

                // A clock that was moved before the timer was set does not fire it.
                if (clock.GetElapsedTime(now) >= left)
                {
                    _subtask.Inbox.Tick();
                }
            }

            await MeetAsync(await _subtask.Inbox.ReadAsync(cancellationToken), cancellationToken);
        }

        return _end;
    }

    /// <summary>As <see cref="WaitAsync(TimeSpan, CancellationToken)"/>, until something beside the engine is done, such as a read from a network. Its outcome is for the caller to see.</summary>
    /// <param name="other">What is awaited; it goes on when the source ends.</param>
    /// <param name="cancellationToken">The job ends at once.</param>
    public async ValueTask<SourceEnd?> WaitForAsync(Task other, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(other);
        var isHeard = false;
        while (await PollAsync(cancellationToken) is null && !other.IsCompleted)
        {
            if (!isHeard)
            {
                isHeard = true;
                _ = other.ContinueWith(static (_, inbox) => ((SubtaskInbox)inbox!).Tick(), _subtask.Inbox, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            if (_batcher.Left() is { } linger)
            {
                _timer.Change(linger < ShortestWait ? ShortestWait : linger, Timeout.InfiniteTimeSpan);
            }

            await MeetAsync(await _subtask.Inbox.ReadAsync(cancellationToken), cancellationToken);
        }

        return _end;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private async ValueTask MeetAsync(InboxItem item, CancellationToken cancellationToken)
    {
        if (item.Control is { } control)
        {
            _end = await _subtask.MeetAsync(control, cancellationToken);
        }
        else if (item.IsTick)
        {
            await _chain.TickAsync(cancellationToken);
        }
    }
}
