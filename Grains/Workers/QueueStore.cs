using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <summary>
/// Keeps a queue's entries in segments, rows of their own, so that a write costs what changed and not what waits. Concurrent appends share
/// one write. Removals cost nothing until a whole segment is empty, whose row is then deleted: an entry that comes back after a crash is
/// dropped when its owner is asked.
/// </summary>
/// <remarks>
/// Used by one grain, inside its turns. After a write that failed nobody knows what the rows hold, so nothing more is written: a segment
/// that the stored head does not reach would be acknowledged and never found again. The next activation reads what is there.
/// </remarks>
/// <param name="services">Where the storage is.</param>
/// <param name="failed">Called when a write failed, before its caller hears of it.</param>
internal sealed partial class QueueStore(IServiceProvider services, Action failed)
{
    private const int SegmentItemsMax = 512;

    /// <summary>Segment numbers are taken from the head in blocks, so that the head is written once for many segments.</summary>
    private const int SegmentBlock = 64;

    private readonly IGrainStorage _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
    private readonly GrainState<QueueHeadState> _head = new(new QueueHeadState());
    private readonly SortedDictionary<long, Segment> _segments = [];
    private readonly List<Append> _waiting = [];
    private GrainId _grain;
    private long _lastSegment;
    private Task _writing = Task.CompletedTask;
    private Task _headWrite = Task.CompletedTask;
    private Exception? _failure;

    /// <summary>True once any worker has announced the role; durable.</summary>
    public bool IsKnown => _head.State.Known;

    /// <summary>Reads what is stored.</summary>
    public async IAsyncEnumerable<(QueueEntry Entry, long Segment)> LoadAsync(
        GrainId grain, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _grain = grain;
        await _storage.ReadStateAsync("queue", _grain, _head);
        for (var number = _head.State.FirstSegment; number < _head.State.NextSegment; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var segment = new Segment { Number = number };
            await _storage.ReadStateAsync(Name(number), _grain, segment.Row);
            if (!segment.Row.RecordExists)
            {
                continue;
            }

            _segments.Add(number, segment);
            foreach (var item in segment.Row.State.Items)
            {
                segment.Live.Add(item.Task);
                yield return (new QueueEntry(TaskId.Parse(item.Task), item.Priority, item.ReadyUtc, item.Needs, default, item.LimitKey, item.Limit), number);
            }
        }

        // New entries go into new numbers: a segment of an earlier life may hold entries that have ended since.
        _lastSegment = _head.State.NextSegment - 1;
    }

    /// <summary>Stores entries; durable when it returns.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="isWanted">Asked when they are about to be written; those that are not wanted any more are left out. Null: nothing else goes on before they are stored.</param>
    /// <returns>The segment of each, in order; 0 for one that was left out.</returns>
    public async Task<IReadOnlyList<long>> AppendAsync(IReadOnlyList<QueueEntry> entries, Func<TaskId, bool>? isWanted)
    {
        ThrowIfFailed();
        var append = new Append(entries, isWanted);
        _waiting.Add(append);
        if (_writing.IsCompleted)
        {
            _writing = WriteWaitingAsync();
        }

        return await append.Done.Task;
    }

    /// <summary>The entry of a segment has ended.</summary>
    public void Removed(long segment, TaskId task)
    {
        if (_segments.TryGetValue(segment, out var found))
        {
            found.Live.Remove(task.Value);
        }
    }

    /// <summary>Deletes the rows of segments that are empty, but for the newest, which still grows.</summary>
    public async Task TidyAsync()
    {
        if (_failure is not null)
        {
            return;
        }

        foreach (var (number, segment) in _segments.Where(pair => pair.Key != _lastSegment && pair.Value is { Live.Count: 0, WriteCount: 0 }).ToList())
        {
            _segments.Remove(number);
            await DoneAsync(_storage.ClearStateAsync(Name(number), _grain, segment.Row));
        }

        var first = _segments.Count > 0 ? _segments.Keys.First() : _lastSegment + 1;
        if (first - _head.State.FirstSegment >= SegmentBlock)
        {
            _head.State.FirstSegment = first;
            await WriteHeadAsync();
        }
    }

    private static string Name(long number) => string.Create(CultureInfo.InvariantCulture, $"segment-{number}");

    private async Task WriteWaitingAsync()
    {
        await Task.Yield();
        while (_waiting.Count > 0)
        {
            var appends = _waiting.ToList();
            _waiting.Clear();
            try
            {
                ThrowIfFailed();
                await WriteAsync(appends);
                appends.ForEach(append => append.Done.SetResult(append.Segments));
            }
            catch (Exception exception)
            {
                appends.ForEach(append => append.Done.SetException(exception));
            }
        }
    }

    private async Task WriteAsync(List<Append> appends)
    {
        var changed = new List<Segment>();
        var mayWait = appends.TrueForAll(append => append.IsWanted is not null);
        var writes = new List<Task>();
        foreach (var append in appends)
        {
            foreach (var entry in append.Entries)
            {
                if (append.IsWanted?.Invoke(entry.TaskId) == false)
                {
                    append.Segments.Add(0);
                    continue;
                }

                var segment = await CurrentAsync();
                segment.Row.State.Items.Add(new QueueItemState(entry.TaskId.Value, entry.Priority, entry.ReadyUtc, entry.Needs, entry.LimitKey, entry.Limit));
                segment.Live.Add(entry.TaskId.Value);
                append.Segments.Add(_lastSegment);
                if (changed.Count == 0 || changed[^1] != segment)
                {
                    // From here on, because what follows may wait for the head.
                    segment.WriteCount++;
                    changed.Add(segment);
                }
            }
        }

        foreach (var segment in changed)
        {
            // What has ended need not be written again.
            segment.Row.State.Items.RemoveAll(item => !segment.Live.Contains(item.Task));
            writes.Add(DoneAsync(StoreAsync(segment, mayWait)));
        }

        await Task.WhenAll(writes);
    }

    private async Task StoreAsync(Segment segment, bool mayWait)
    {
        try
        {
            await WriteAsync(segment, mayWait);
        }
        finally
        {
            segment.WriteCount--;
        }
    }

    private async Task WriteAsync(Segment segment, bool mayWait)
    {
        var row = segment.Row;
        if (_storage is not IGrainStorageBatch batch)
        {
            await _storage.WriteStateAsync(Name(segment.Number), _grain, row);
            return;
        }

        var change = new GrainStateChange(Name(segment.Number), typeof(QueueSegmentState), row.State, row.ETag) { MayWait = mayWait };
        await batch.WriteAsync(_grain.ToString(), [change], CancellationToken.None);
        (row.ETag, row.RecordExists) = (change.NextETag!, true);
    }

    private async ValueTask<Segment> CurrentAsync()
    {
        if (_segments.TryGetValue(_lastSegment, out var current) && current.Row.State.Items.Count < SegmentItemsMax)
        {
            return current;
        }

        _lastSegment++;
        var segment = new Segment { Number = _lastSegment };
        _segments.Add(_lastSegment, segment);
        if (_lastSegment >= _head.State.NextSegment)
        {
            _head.State.NextSegment = _lastSegment + SegmentBlock;
            await WriteHeadAsync();
        }

        return segment;
    }

    /// <summary>Writes of the head follow one another, because each needs the etag of the one before.</summary>
    private Task WriteHeadAsync()
    {
        _headWrite = WriteAfterAsync(_headWrite);
        return _headWrite;

        async Task WriteAfterAsync(Task before)
        {
            await before.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);
            ThrowIfFailed();
            await DoneAsync(_storage.WriteStateAsync("queue", _grain, _head));
        }
    }

    private async Task DoneAsync(Task write)
    {
        try
        {
            await write;
        }
        catch (Exception exception)
        {
            _failure ??= exception;
            failed();
            throw;
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"The queue '{_grain}' is read again, because a write of it failed: {failure.Message}", failure);
        }
    }

    private sealed class Segment
    {
        public long Number { get; init; }

        public GrainState<QueueSegmentState> Row { get; } = new(new QueueSegmentState());

        /// <summary>Writes that are under way; a task may have ended before it is stored.</summary>
        public int WriteCount { get; set; }

        /// <summary>Tasks of the segment that have not ended.</summary>
        public HashSet<string> Live { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Append(IReadOnlyList<QueueEntry> entries, Func<TaskId, bool>? isWanted)
    {
        public IReadOnlyList<QueueEntry> Entries { get; } = entries;

        public Func<TaskId, bool>? IsWanted { get; } = isWanted;

        public List<long> Segments { get; } = [];

        public TaskCompletionSource<IReadOnlyList<long>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
