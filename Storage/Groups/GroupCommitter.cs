using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Groups;

/// <summary>
/// The one writer of a connection: takes every write that is waiting, up to a bound, into one transaction, and acknowledges each after the
/// commit. A lone write pays no added wait; under load the group grows by itself while the previous commit runs.
/// </summary>
/// <remarks>
/// Technique: group commit, DeWitt et al., "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984, section 5.
/// A write that is refused (wrong etag) fails alone. When a whole transaction fails because of what is in it, its writes are tried again one
/// by one, so that one that cannot be kept never fails its neighbours.
/// </remarks>
internal sealed class GroupCommitter<TWrite> : IAsyncDisposable
    where TWrite : GroupedWrite
{
    private readonly Channel<TWrite> _queue;
    private readonly ICommitTarget<TWrite> _target;
    private readonly GroupLimits _limits;
    private readonly ILogger _logger;
    private readonly List<TWrite> _group = [];
    private readonly Task _loop;
    private TWrite? _next;

    /// <param name="target">Owned: it is disposed when the last write has been committed.</param>
    /// <param name="limits">From checked options.</param>
    /// <param name="logger">For failures.</param>
    public GroupCommitter(ICommitTarget<TWrite> target, GroupLimits limits, ILogger logger)
    {
        _target = target;
        _limits = limits;
        _logger = logger;
        _queue = Channel.CreateBounded<TWrite>(new BoundedChannelOptions(limits.QueueMax) { SingleReader = true });

        // A thread of its own: a commit blocks in fsync or in the network, which would starve the pool that runs the grains.
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Completes when the write is durable.</summary>
    /// <exception cref="FlowException"><c>store_full</c>, <c>store_unavailable</c>.</exception>
    public async Task WriteAsync(TWrite write)
    {
        if (!_queue.Writer.TryWrite(write))
        {
            await EnqueueWhenThereIsRoomAsync(write);
        }

        await write.Done;
    }

    /// <summary>Writes what is queued, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        _target.Dispose();
    }

    private async Task EnqueueWhenThereIsRoomAsync(TWrite write)
    {
        try
        {
            await _queue.Writer.WriteAsync(write);
        }
        catch (ChannelClosedException exception)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store {_target.StoreName} is closed; the silo is stopping.", exception);
        }
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
        while (true)
        {
            var bytes = 0;
            _group.Clear();
            while (_group.Count < _limits.WritesMax && bytes < _limits.BytesMax && TryNext(out var write))
            {
                if (_group.Count > 0 && !_target.MayJoin(_group, write))
                {
                    _next = write;
                    break;
                }

                _group.Add(write);
                bytes += write.StateBytes;
            }

            if (_group.Count > 0)
            {
                return true;
            }

            // This thread belongs to the committer alone, so blocking it holds up nobody else.
#pragma warning disable VSTHRD002
            if (!_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                return false;
            }
#pragma warning restore VSTHRD002
        }
    }

    private bool TryNext([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TWrite write)
    {
        if (_next is { } held)
        {
            _next = null;
            write = held;
            return true;
        }

        return _queue.Reader.TryRead(out write);
    }

    private void CommitGroup()
    {
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
