using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <content>Records become batches: while one batch is on its way, what comes meanwhile makes the next.</content>
internal abstract partial class RemotePeer : IThreadPoolWorkItem
{
    /// <summary>Bytes that may wait to be sent. Larger: a slow connection is noticed later, and holds more memory.</summary>
    public const int UnsentBytesMax = 64 * 1024 * 1024;

    private const int SpareFramesMax = 4;

    private readonly Lock _gate = new();
    private readonly Queue<RemoteFrame> _full = [];
    private readonly Stack<RemoteFrame> _spare = [];
    private readonly HashSet<int> _described = [];
    private RemoteFrame? _filling;
    private long _unsentBytes;
    private bool _writing;

    /// <summary>Sends what is being written, until nothing waits. Runs for at most one thread at a time.</summary>
    void IThreadPoolWorkItem.Execute() => _ = WriteAllAsync(isPoolThread: true);

    /// <summary>Whether a record that comes now is probably not followed by others at once.</summary>
    protected virtual bool IsQuiet => _pending.Count <= 1;

    /// <summary>Queues a record.</summary>
    /// <param name="writer">Holds it.</param>
    /// <param name="method">Described before its first use; null when the record names none.</param>
    /// <param name="request">Waits for the answer from now on; null when there is none.</param>
    /// <param name="id">Number of the request.</param>
    /// <exception cref="LimitExceededException">The record is too large, or too much waits.</exception>
    /// <exception cref="OrleansException">The connection has ended.</exception>
    protected void Post(CodecWriter writer, RemoteMethod? method, GrainRequest? request, long id)
    {
        var record = writer.Written;
        if (record.Length > recordBytesMax)
        {
            throw TooLarge(record.Length);
        }

        var description = method is null ? [] : method.Description;
        bool start;
        lock (_gate)
        {
            if (Ended is { } reason)
            {
                throw ToFailure(reason);
            }

            if (_unsentBytes > UnsentBytesMax)
            {
                throw new LimitExceededException(
                    $"{_unsentBytes} bytes wait to be sent to the gateway, {UnsentBytesMax} may. Send fewer calls at a time.");
            }

            if (method is not null && _described.Add(method.Number))
            {
                AddWhileLocked(description);
            }

            if (request is not null)
            {
                _pending.Add(id, request);
            }

            AddWhileLocked(record);
            start = !_writing;
            _writing = true;
        }

        if (start)
        {
            StartWriting();
        }

        // Between its last look and this line the caller may have stopped waiting, and then nobody else cancels the callee.
        if (request is { IsAnswered: true })
        {
            Abandon(id, request.IsCancellable);
        }
    }

    protected void PostShort(RecordKind kind, long id)
    {
        var writer = CodecWriter.Rent(References);
        try
        {
            writer.WriteVarint((ulong)kind);
            writer.WriteVarint((ulong)id);
            Post(writer, null, null, 0);
        }
        catch (OrleansException)
        {
            // The connection has ended, and with it everything that could be cancelled.
        }
        finally
        {
            writer.Return();
        }
    }

    protected LimitExceededException TooLarge(int bytes) => new(
        $"A message of {bytes} bytes is larger than the limit of {recordBytesMax} bytes. Send it in parts, or raise "
        + $"{nameof(Configuration.MessagingOptions.MaxMessageBodySize)} in silo and client.");

    private void AddWhileLocked(ReadOnlySpan<byte> record)
    {
        _filling ??= _spare.TryPop(out var spare) ? spare : new RemoteFrame(4096);
        if (_filling.Length > 0 && _filling.Length + record.Length > RemoteProtocol.BatchBytes)
        {
            _full.Enqueue(_filling);
            _filling = _spare.TryPop(out spare) ? spare : new RemoteFrame(4096);
        }

        var before = _filling.Length;
        _filling.Add(record);
        _unsentBytes += _filling.Length - before;
    }

    // A lone call goes out on its caller's thread, which saves a change of threads; of many, the change lets others join the batch.
    // Never inside a grain's turn, whose scheduler the connection must not depend on.
    private void StartWriting()
    {
        if (IsQuiet && ReferenceEquals(TaskScheduler.Current, TaskScheduler.Default) && SynchronizationContext.Current is null)
        {
            _ = WriteAllAsync(isPoolThread: false);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task WriteAllAsync(bool isPoolThread)
    {
        try
        {
            while (TakeBatch() is { } frame)
            {
                var write = connection.WriteAsync(frame);
                var isCallersThread = !isPoolThread && write.IsCompleted;
                await write.ConfigureAwait(false);
                GiveBack(frame);
                if (isCallersThread)
                {
                    // The caller wrote its own call; those of others are not its business.
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            End(exception);
        }
    }

    private RemoteFrame? TakeBatch()
    {
        lock (_gate)
        {
            if (Ended is null)
            {
                if (_full.TryDequeue(out var full))
                {
                    return full;
                }

                if (_filling is { Length: > 0 } filling)
                {
                    _filling = null;
                    return filling;
                }
            }

            _writing = false;
            return null;
        }
    }

    private void GiveBack(RemoteFrame frame)
    {
        lock (_gate)
        {
            _unsentBytes -= frame.Length;
            if (frame.Length <= RemoteProtocol.BatchBytes && _spare.Count < SpareFramesMax)
            {
                frame.Clear();
                _spare.Push(frame);
                return;
            }
        }

        frame.Dispose();
    }
}
