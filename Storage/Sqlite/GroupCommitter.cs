using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>
/// The store's one writer: takes every write that is waiting, up to a bound, into one transaction with one fsync, and acknowledges each after
/// the commit. A lone write pays no added wait; under load the group grows by itself while the previous fsync runs.
/// </summary>
/// <remarks>
/// Technique: group commit, DeWitt et al., "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984, section 5.
/// A write that is refused (wrong etag) fails alone. When a whole transaction fails, its writes are tried again one by one, so that one
/// that cannot be kept never fails its neighbours.
/// </remarks>
internal sealed partial class GroupCommitter : IAsyncDisposable
{
    private readonly Channel<StoreWrite> _queue;
    private readonly WriteStatements _statements;
    private readonly SqliteStoreOptions _options;
    private readonly ILogger _logger;
    private readonly List<StoreWrite> _group = [];
    private readonly Task _loop;

    public GroupCommitter(SqliteConnection connection, SqliteStoreOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _statements = new WriteStatements(connection);
        _queue = Channel.CreateBounded<StoreWrite>(new BoundedChannelOptions(options.QueueWritesMax) { SingleReader = true });

        // A thread of its own: SQLite blocks in fsync, which would starve the pool that runs the grains.
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Completes when the write is on disk.</summary>
    /// <exception cref="FlowException"><c>store_full</c>, <c>store_unavailable</c>.</exception>
    public async Task WriteAsync(StoreWrite write)
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
        _statements.Dispose();
    }

    private async Task EnqueueWhenThereIsRoomAsync(StoreWrite write)
    {
        try
        {
            await _queue.Writer.WriteAsync(write);
        }
        catch (ChannelClosedException exception)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store '{_options.DatabasePath}' is closed; the silo is stopping.", exception);
        }
    }

    private void Run()
    {
        while (WaitForWrites())
        {
            CommitGroup();
        }
    }

    private bool WaitForWrites()
    {
        var bytes = 0;
        _group.Clear();
        while (_group.Count < _options.GroupWritesMax && bytes < _options.GroupBytesMax && _queue.Reader.TryRead(out var write))
        {
            _group.Add(write);
            bytes += write.StateBytes;
        }

        if (_group.Count > 0)
        {
            return true;
        }

        // This thread belongs to the writer alone, so blocking it holds up nobody else.
#pragma warning disable VSTHRD002
        return _queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    private void CommitGroup()
    {
        if (_group.Count == 0)
        {
            return;
        }

        try
        {
            Commit(_group);
        }
        catch (SqliteException exception)
        {
            if (_group.Count == 1)
            {
                _group[0].Fail(SqliteFailures.Translate(exception, _options.DatabasePath));
                LogWriteFailed(exception, 1);
                return;
            }

            LogGroupFailed(exception, _group.Count);
            foreach (var write in _group)
            {
                CommitAlone(write);
            }
        }
    }

    private void CommitAlone(StoreWrite write)
    {
        try
        {
            Commit([write]);
        }
        catch (SqliteException exception)
        {
            write.Fail(SqliteFailures.Translate(exception, _options.DatabasePath));
            LogWriteFailed(exception, 1);
        }
    }

    private void Commit(List<StoreWrite> writes)
    {
        try
        {
            _statements.Begin();
            foreach (var write in writes)
            {
                write.Execute(_statements);
            }

            _statements.Commit();
        }
        catch (SqliteException)
        {
            _statements.Rollback();
            throw;
        }

        foreach (var write in writes)
        {
            write.Acknowledge();
        }
    }
}
