using System.Buffers.Binary;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Storage;

namespace OrleansFlow.Grains.Tasks;

/// <summary>A task and the state that a commit writes of it.</summary>
/// <param name="Task">The task.</param>
/// <param name="Lease">Its state.</param>
internal readonly record struct TaskImage(LiveTask Task, TaskLease Lease);

/// <content>How a commit is written.</content>
internal sealed partial class TaskPartitionStore
{
    /// <summary>Tasks in the log beside those that have not ended before they move to a row of their own.</summary>
    private const int EndedMax = 2 * SegmentTasks;

    /// <summary>Rows of ended tasks that one commit writes at most.</summary>
    private const int MovesMax = 16;

    /// <summary>Log rows that one commit deletes at most.</summary>
    private const int DeletesMax = 64;

    /// <summary>The log may have this many images for each task in it, beside <see cref="ImagesFree"/>, before its tail is rewritten.</summary>
    private const int ImagesPerTask = 4;

    private const int ImagesFree = 8 * 1_024;

    private readonly List<ulong> _unstoredHashes = [];
    private readonly List<GrainStateChange> _changes = [];
    private readonly Dictionary<string, string?> _etags = new(StringComparer.Ordinal);
    private bool _isClaimed;

    /// <summary>Stores tasks; durable when it returns.</summary>
    /// <param name="images">What changed; each task once.</param>
    /// <param name="taskCount">Tasks in the partition's memory, which are those in the log.</param>
    /// <param name="moved">Gets the ended tasks that the log does not hold any more; the partition forgets them.</param>
    /// <param name="nowUtc">The time.</param>
    public async Task WriteAsync(List<TaskImage> images, int taskCount, List<LiveTask> moved, DateTimeOffset nowUtc)
    {
        if (_batch is null && !_isClaimed)
        {
            await ClaimAsync();
        }

        _changes.Clear();
        var number = _head.State.Next;
        var row = new LogRow();
        _log.Add(number, row);
        AddTail(images, taskCount);
        _changes.Add(Change(LogName(number), ToRow(images, number)));
        MoveEnded(moved, nowUtc);
        var deletes = FindUnneeded(number);
        var head = new TaskPartitionHead
        {
            Tail = _head.State.Tail + deletes.Count,
            Next = number + 1,
            Ended = _head.State.Ended + (moved.Count / SegmentTasks),
            FirstEnded = _head.State.FirstEnded,
        };
        if (_batch is { } batch)
        {
            var last = new GrainStateChange(HeadName, typeof(TaskPartitionHead), head, _head.ETag);
            var log = _changes[0];
            _changes.AddRange(deletes);
            _changes.Add(last);
            await batch.WriteAsync(_grainText, _changes, CancellationToken.None);
            row.ETag = log.NextETag;
            (_head.State, _head.ETag, _head.RecordExists) = (head, last.NextETag!, true);
        }
        else
        {
            row.ETag = await WritePlainAsync(head, deletes);
        }

        foreach (var (task, lease) in images)
        {
            if (lease.IsTerminal && task.Durable?.IsTerminal != true)
            {
                _ended.Enqueue(task);
            }
        }
    }

    /// <summary>Writes over a storage without transactions: rows, then the head, then what is not needed any more.</summary>
    /// <returns>The log row's etag.</returns>
    private async Task<string?> WritePlainAsync(TaskPartitionHead head, List<GrainStateChange> deletes)
    {
        foreach (var change in _changes)
        {
            switch (change.State)
            {
                case TaskImagesRow images:
                    await WriteRowAsync(change, images);
                    break;
                case EndedIndexRow index:
                    await WriteRowAsync(change, index);
                    break;
            }
        }

        _head.State = head;
        await _storage.WriteStateAsync(HeadName, _grain, _head);
        foreach (var delete in deletes)
        {
            try
            {
                if (delete.StateType == typeof(EndedIndexRow))
                {
                    await _storage.ClearStateAsync(
                        delete.Name, _grain, new GrainState<EndedIndexRow>(new EndedIndexRow()) { ETag = delete.ETag!, RecordExists = true });
                }
                else
                {
                    await _storage.ClearStateAsync(
                        delete.Name, _grain, new GrainState<TaskImagesRow>(new TaskImagesRow()) { ETag = delete.ETag!, RecordExists = true });
                }
            }
            catch (Exception)
            {
                // The commit stands; a row that nothing refers to costs room and nothing else.
            }
        }

        return _changes.Count > 0 ? _changes[0].NextETag : null;
    }

    private async Task WriteRowAsync<T>(GrainStateChange change, T state)
    {
        _etags.Remove(change.Name, out var etag);
        var row = new GrainState<T>(state) { ETag = etag!, RecordExists = etag is not null };
        await _storage.WriteStateAsync(change.Name, _grain, row);
        change.NextETag = row.ETag;
    }

    /// <summary>Makes the head writes of earlier activations fail, then learns what rows they may have left where this one writes.</summary>
    private async Task ClaimAsync()
    {
        await _storage.WriteStateAsync(HeadName, _grain, _head);
        await LearnAsync<TaskImagesRow>(LogName(_head.State.Next));
        for (var ahead = 0; ahead < MovesMax; ahead++)
        {
            await LearnAsync<TaskImagesRow>(EndedName(_head.State.Ended + ahead));
        }

        for (var ahead = 0; ahead < (MovesMax / IndexSegments) + 1; ahead++)
        {
            await LearnAsync<EndedIndexRow>(IndexName((_head.State.Ended / IndexSegments) + ahead));
        }

        _isClaimed = true;

        async Task LearnAsync<T>(string name)
            where T : class, new()
        {
            var row = new GrainState<T>(new T());
            await _storage.ReadStateAsync(name, _grain, row);
            if (row.RecordExists)
            {
                _etags[name] = row.ETag;
            }
        }
    }

    private static GrainStateChange Change<T>(string name, T state) => new(name, typeof(T), state, etag: null);

    private TaskImagesRow ToRow(List<TaskImage> images, long number)
    {
        var row = new TaskImagesRow { Tasks = new List<TaskImageRow>(images.Count) };
        foreach (var (task, lease) in images)
        {
            var isFull = task.FullRow == 0;
            row.Tasks.Add(new TaskImageRow
            {
                Id = task.Id.Value,
                Submission = isFull ? TaskSubmissionRow.Of(task.Submission) : null,
                Lease = TaskLeaseRow.Of(lease),
            });
            Book(task, number, isFull);
        }

        return row;
    }

    /// <summary>Where a long log is held up by its tail, the tail's tasks are written again.</summary>
    private void AddTail(List<TaskImage> images, int taskCount)
    {
        if (_imageCount <= (ImagesPerTask * (long)taskCount) + ImagesFree)
        {
            return;
        }

        var tail = _head.State.Tail;
        var written = images.Select(image => image.Task).ToHashSet(ReferenceEqualityComparer.Instance);
        foreach (var task in _log[tail].Tasks)
        {
            if (task.FullRow == tail || task.Row == tail)
            {
                Release(task);
                if (written.Add(task))
                {
                    images.Add(new TaskImage(task, task.Durable!));
                }
            }
        }
    }

    /// <summary>Moves the oldest ended tasks to rows of their own when there are many.</summary>
    private void MoveEnded(List<LiveTask> moved, DateTimeOffset nowUtc)
    {
        for (var move = 0; move < MovesMax && _ended.Count >= EndedMax; move++)
        {
            var number = _head.State.Ended + move;
            var row = new TaskImagesRow { MovedUtc = nowUtc, Tasks = new List<TaskImageRow>(SegmentTasks) };
            for (var count = 0; count < SegmentTasks; count++)
            {
                var task = _ended.Dequeue();
                row.Tasks.Add(new TaskImageRow { Id = task.Id.Value, Submission = TaskSubmissionRow.Of(task.Submission), Lease = TaskLeaseRow.Of(task.Durable!) });
                Release(task);
                moved.Add(task);
                AddToIndex(EndedTaskIndex.Hash(task.Id), number);
            }

            _changes.Add(Change(EndedName(number), row));
            if (_unstoredHashes.Count == IndexSegments * SegmentTasks)
            {
                var hashes = new byte[_unstoredHashes.Count * sizeof(ulong)];
                for (var position = 0; position < _unstoredHashes.Count; position++)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(hashes.AsSpan(position * sizeof(ulong)), _unstoredHashes[position]);
                }

                _changes.Add(Change(IndexName(number / IndexSegments), new EndedIndexRow { Hashes = hashes }));
                _unstoredHashes.Clear();
            }
        }
    }

    /// <summary>The rows at the tail that nothing needs; the row that is being written stays.</summary>
    private List<GrainStateChange> FindUnneeded(long number)
    {
        var deletes = new List<GrainStateChange>();
        for (var tail = _head.State.Tail; tail < number && deletes.Count < DeletesMax && _log[tail].Needed == 0; tail++)
        {
            _log.Remove(tail, out var row);
            _imageCount -= row!.Tasks.Count;
            deletes.Add(new GrainStateChange(LogName(tail), typeof(TaskImagesRow), null, row.ETag));
        }

        return deletes;
    }
}
