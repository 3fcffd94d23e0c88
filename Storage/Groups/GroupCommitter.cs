using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Groups;

/// <summary>
/// The one writer of a connection: takes every write that is waiting, up to a bound, into one transaction, and acknowledges each after the
/// commit. A lone write pays no added wait; under load the group grows by itself while the previous commit runs, and then waits, for a part
/// of the time that a commit takes, for those whose writes were just acknowledged to come back. Writes that may wait
/// (<see cref="GroupedWrite.MayWait"/>) begin no commit by themselves for a moment: they share the one of whatever comes meanwhile.
/// </summary>
/// <remarks>
/// Technique: group commit, DeWitt et al., "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984, section 5.
/// A write that is refused (wrong etag) fails alone. When a whole transaction fails because of what is in it, its writes are tried again one
/// by one, so that one that cannot be kept never fails its neighbours.
/// Without the wait writers fall into two halves: one commits while the other waits for it, and each commit, which costs the same whatever is
/// in it, carries half of what it could. Writes that may wait are no company: a lone write that shared a commit with some is followed by none of them.
/// </remarks>
internal sealed partial class GroupCommitter<TWrite> : IAsyncDisposable
    where TWrite : GroupedWrite
{
    /// <summary>A group waits for at most this part of the last commit's time for its company.</summary>
    private const int WaitDivisor = 4;

    /// <summary>Longest wait for company, whatever a commit takes.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(2);

    /// <summary>Longest time that the writer stays awake after a commit.</summary>
    private static readonly TimeSpan AwakeMax = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromMilliseconds(1);

    private readonly Channel<TWrite> _queue;
    private readonly ManualResetEventSlim _hurry = new();
    private readonly TimeSpan _patience;
    private readonly ICommitTarget<TWrite> _target;
    private readonly GroupLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly List<TWrite> _group = [];
    private TimeSpan _lastCommit;
    private int _expectedCount;
    private readonly Task _loop;
    private TWrite? _next;
    private long _queuedBytes;
    private int _urgentCount;
    private volatile bool _isPatient;

    /// <param name="target">Owned: it is disposed when the last write has been committed.</param>
    /// <param name="limits">From checked options.</param>
    /// <param name="clock">Measures commits: real time, which they take whatever clock the silo has.</param>
    /// <param name="logger">For failures.</param>
    /// <param name="patience">How long writes that may wait do so when nothing else comes; null: a millisecond.</param>
    public GroupCommitter(ICommitTarget<TWrite> target, GroupLimits limits, TimeProvider clock, ILogger logger, TimeSpan? patience = null)
    {
        _patience = patience ?? DefaultPatience;
        _clock = clock;
        _target = target;
        _limits = limits;
        _logger = logger;
        _queue = Channel.CreateBounded<TWrite>(new BoundedChannelOptions(limits.QueueMax) { SingleReader = true });

        // A thread of its own: a commit blocks in fsync or in the network, which would starve the pool that runs the grains.
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Writes that are in no group yet.</summary>
    public int QueuedCount => _queue.Reader.Count;

    /// <summary>Bytes of state in them.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    /// <summary>Completes when the write is durable.</summary>
    /// <exception cref="FlowException"><c>store_full</c>, <c>store_unavailable</c>.</exception>
    public Task WriteAsync(TWrite write)
    {
        Interlocked.Add(ref _queuedBytes, write.StateBytes);
        if (!write.MayWait)
        {
            // Before it is queued, so that it is never taken for one that may wait; a full fence, so that one of the two sides sees the other.
            Interlocked.Increment(ref _urgentCount);
        }

        if (!_queue.Writer.TryWrite(write))
        {
            return WriteWhenThereIsRoomAsync(write);
        }

        HurryFor(write);
        return write.Done;
    }

    /// <summary>Writes what is queued, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        Interlocked.Increment(ref _urgentCount);
        _hurry.Set();
        await _loop;
        _hurry.Dispose();
        _target.Dispose();
    }

    private void HurryFor(TWrite write)
    {
        if (_isPatient && (!write.MayWait || IsFull))
        {
            _hurry.Set();
        }
    }

    private async Task WriteWhenThereIsRoomAsync(TWrite write)
    {
        try
        {
            await _queue.Writer.WriteAsync(write);
        }
        catch (ChannelClosedException exception)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store {_target.StoreName} is closed; the silo is stopping.", exception);
        }

        HurryFor(write);
        await write.Done;
    }

    private void Run()
    {
        while (TakeGroup())
        {
            CommitGroup();
        }
    }

    /// <summary>False when the queue was closed and is empty.</summary>
    private bool TakeGroup()
    {
        while (WaitForOne())
        {
            WaitForHurry();
            WaitForCompany();
            var bytes = 0;
            _group.Clear();
            while (_group.Count < _limits.WritesMax && bytes < _limits.BytesMax && TryNext(out var write))
            {
                if (_group.Count > 0 && !_target.MayJoin(_group, write))
                {
                    _next = write;
                    break;
                }

                if (!write.MayWait)
                {
                    Interlocked.Decrement(ref _urgentCount);
                }

                _group.Add(write);
                bytes += write.StateBytes;
            }

            if (_group.Count > 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryNext([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TWrite write)
    {
        if (_next is { } held)
        {
            _next = null;
            write = held;
            return true;
        }

        if (_queue.Reader.TryRead(out write))
        {
            Interlocked.Add(ref _queuedBytes, -write.StateBytes);
            return true;
        }

        return false;
    }

    private void CommitGroup()
    {
        var began = _clock.GetTimestamp();
        _expectedCount = 0;
        try
        {
            _target.Commit(_group);
        }
        catch (Exception exception)
        {
            if (_group.Count == 1 || !_target.IsOneWritesFault(exception))
            {
                FailAll(_group, exception);
                return;
            }

            _logger.LogGroupFailed(exception, _group.Count);
            foreach (var write in _group)
            {
                CommitAlone(write);
            }

            return;
        }

        // Whoever waits already, and whoever is told now; no more than fit.
        _lastCommit = _clock.GetElapsedTime(began);
        _expectedCount = Math.Min(CompanyIn(_group) + Volatile.Read(ref _urgentCount), _limits.WritesMax);
        foreach (var write in _group)
        {
            write.Acknowledge();
        }
    }

    private void CommitAlone(TWrite write)
    {
        List<TWrite> alone = [write];
        try
        {
            _target.Commit(alone);
        }
        catch (Exception exception)
        {
            FailAll(alone, exception);
            return;
        }

        write.Acknowledge();
    }

    private void FailAll(List<TWrite> writes, Exception exception)
    {
        var failure = _target.Translate(exception);
        foreach (var write in writes)
        {
            write.Fail(failure);
        }

        _logger.LogWriteFailed(exception, writes.Count);
    }
}
