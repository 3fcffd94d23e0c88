using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Storage;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>
/// Keeps the tasks of a partition: a log whose rows hold tasks as one commit left them, and behind it rows of tasks that have ended. A commit
/// is one new log row, whatever the number of its tasks, and the head row, whose etag makes it the only one.
/// </summary>
/// <remarks>
/// <para><b>Log.</b> A task's first image has its submission, later ones only its lease. A row is needed while it has the submission or the newest
/// lease of a task that is not in a row of ended tasks; the rows at the tail that are not needed are deleted with a later commit. Where a few
/// old tasks hold up a long tail, their images move to the next row.</para>
/// <para><b>Ended tasks</b> stay in the log until there are many, then <see cref="SegmentTasks"/> of them, oldest first, move to a row of their
/// own, and their ids' hashes to an index in memory, of which blocks are stored too. So neither a commit nor an activation costs more the
/// more tasks have ended.</para>
/// <para>Over <see cref="IGrainStorageBatch"/> the rows of a commit are one transaction. Over any other storage they are written first and the
/// head last. An activation that was replaced could then overwrite a row that its successor's head refers to; so before its first
/// commit an activation rewrites the head, which makes every older one's head write fail, and reads the etags of the rows it will write first:
/// from then on an older one's row write fails too, or has come before and is overwritten.</para>
/// Used by one grain inside its turns, one commit at a time. After a failed write nobody knows what the rows hold: the grain must be left.
/// </remarks>
internal sealed partial class TaskPartitionStore
{
    /// <summary>Tasks of one row of ended tasks.</summary>
    public const int SegmentTasks = 512;

    /// <summary>Rows of ended tasks for each stored block of the index.</summary>
    private const int IndexSegments = 16;

    /// <summary>Rows read side by side.</summary>
    private const int ReadsMax = 16;

    private const string HeadName = "partition";

    private readonly IGrainStorage _storage;
    private readonly IGrainStorageBatch? _batch;
    private readonly IArtifactStore? _artifacts;
    private readonly GrainId _grain;
    private readonly string _grainText;
    private readonly GrainState<TaskPartitionHead> _head = new(new TaskPartitionHead());
    private readonly Dictionary<long, LogRow> _log = [];
    private readonly Queue<LiveTask> _ended = new();
    private readonly EndedTaskIndex _index = new();
    private long _imageCount;
    private (int Row, TaskImagesRow Images)? _lastRead;

    public TaskPartitionStore(IServiceProvider services, GrainId grain)
    {
        _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
        _batch = _storage as IGrainStorageBatch;
        _artifacts = services.GetService<IArtifactStore>();
        _grain = grain;
        _grainText = grain.ToString();
    }

    /// <summary>Reads the tasks that are in the log, in the order of their submission; ended ones are among them.</summary>
    public async Task<IReadOnlyList<LiveTask>> LoadAsync(CancellationToken cancellationToken)
    {
        await _storage.ReadStateAsync(HeadName, _grain, _head);
        await LoadIndexAsync(cancellationToken);
        var tasks = new Dictionary<string, LiveTask>(StringComparer.Ordinal);
        var order = new List<LiveTask>();
        for (var first = _head.State.Tail; first < _head.State.Next; first += ReadsMax)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(ReadsMax, _head.State.Next - first);
            var rows = await Task.WhenAll(Enumerable.Range(0, count).Select(offset => ReadAsync<TaskImagesRow>(LogName(first + offset))));
            for (var offset = 0; offset < count; offset++)
            {
                Replay(first + offset, rows[offset], tasks, order);
            }
        }

        order = await DropMovedAsync(order);
        foreach (var ended in order.Where(task => task.Lease.IsTerminal).OrderBy(task => task.Row))
        {
            _ended.Enqueue(ended);
        }

        return order;
    }

    /// <summary>A task that has ended and is not in the log any more. Costs a look into memory unless there is one.</summary>
    /// <returns>Null when there is none.</returns>
    public async ValueTask<LiveTask?> FindEndedAsync(TaskId task)
    {
        var (hash, step) = (EndedTaskIndex.Hash(task), 0);
        while (_index.Find(hash, ref step) is { } number)
        {
            if (_lastRead is not { } read || read.Row != number)
            {
                _lastRead = read = (number, (await ReadAsync<TaskImagesRow>(EndedName(number))).State);
            }

            if (read.Images.Tasks.Find(image => image.Id == task.Value) is { } found)
            {
                return ToTask(found);
            }
        }

        return null;
    }

    private static string LogName(long number) => string.Create(CultureInfo.InvariantCulture, $"log-{number}");

    private static string EndedName(int number) => string.Create(CultureInfo.InvariantCulture, $"ended-{number}");

    private static string IndexName(int block) => string.Create(CultureInfo.InvariantCulture, $"index-{block}");

    private LiveTask ToTask(TaskImageRow image) => StoredState.Convert(_grainText, image.Id, () =>
    {
        var task = new LiveTask(TaskId.Standalone(image.Id), image.Submission!.ToSubmission()) { Lease = image.Lease.ToLease() };
        task.Durable = task.Lease;
        return task;
    });

    private async Task<GrainState<T>> ReadAsync<T>(string name)
        where T : class, new()
    {
        var row = new GrainState<T>(new T());
        await _storage.ReadStateAsync(name, _grain, row);
        return row.RecordExists
            ? row
            : throw new FlowException(FlowErrorCode.StateCorrupt, $"State '{name}' of grain '{_grainText}' is missing; restore a backup. 'flow db check' lists every such row.");
    }

    private async Task LoadIndexAsync(CancellationToken cancellationToken)
    {
        var blocks = _head.State.Ended / IndexSegments;
        for (var block = _head.State.FirstEnded / IndexSegments; block < blocks; block++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hashes = (await ReadAsync<EndedIndexRow>(IndexName(block))).State.Hashes;
            for (var position = 0; position < hashes.Length / sizeof(ulong); position++)
            {
                var row = (block * IndexSegments) + (position / SegmentTasks);
                if (row >= _head.State.FirstEnded)
                {
                    _index.Add(BinaryPrimitives.ReadUInt64LittleEndian(hashes.AsSpan(position * sizeof(ulong))), row);
                }
            }
        }

        for (var number = blocks * IndexSegments; number < _head.State.Ended; number++)
        {
            if (number < _head.State.FirstEnded)
            {
                // Its place in the block stays.
                _unstoredHashes.AddRange(new ulong[SegmentTasks]);
                continue;
            }

            foreach (var image in (await ReadAsync<TaskImagesRow>(EndedName(number))).State.Tasks)
            {
                AddToIndex(EndedTaskIndex.Hash(TaskId.Standalone(image.Id)), number);
            }
        }
    }

    private void Replay(long number, GrainState<TaskImagesRow> row, Dictionary<string, LiveTask> tasks, List<LiveTask> order)
    {
        _log.Add(number, new LogRow { ETag = row.ETag });
        foreach (var image in row.State.Tasks)
        {
            if (!tasks.TryGetValue(image.Id, out var task))
            {
                if (image.Submission is null)
                {
                    // Its submission was in a row that is gone: the task is in a row of ended tasks.
                    continue;
                }

                task = ToTask(image);
                tasks.Add(image.Id, task);
                order.Add(task);
            }

            task.Lease = StoredState.Convert(_grainText, image.Id, image.Lease.ToLease);
            task.Durable = task.Lease;
            Book(task, number, isFull: image.Submission is not null);
        }
    }

    /// <summary>Drops tasks whose end is in a row of ended tasks already.</summary>
    private async Task<List<LiveTask>> DropMovedAsync(List<LiveTask> tasks)
    {
        var kept = new List<LiveTask>(tasks.Count);
        foreach (var task in tasks)
        {
            if (task.Lease.IsTerminal && await FindEndedAsync(task.Id) is not null)
            {
                Release(task);
            }
            else
            {
                kept.Add(task);
            }
        }

        return kept;
    }

    private void AddToIndex(ulong hash, int number)
    {
        _index.Add(hash, number);
        _unstoredHashes.Add(hash);
    }

    /// <summary>The task's newest image is in this row now.</summary>
    private void Book(LiveTask task, long number, bool isFull)
    {
        var row = _log[number];
        row.Tasks.Add(task);
        _imageCount++;
        if (isFull || task.Row != task.FullRow)
        {
            Unneed(task.Row);
        }

        if (isFull)
        {
            if (task.FullRow != task.Row)
            {
                Unneed(task.FullRow);
            }

            task.FullRow = number;
        }

        task.Row = number;
        row.Needed++;
    }

    /// <summary>No log row is needed for the task any more.</summary>
    private void Release(LiveTask task)
    {
        Unneed(task.FullRow);
        if (task.Row != task.FullRow)
        {
            Unneed(task.Row);
        }

        (task.FullRow, task.Row) = (0, 0);
    }

    private void Unneed(long number)
    {
        if (_log.TryGetValue(number, out var row))
        {
            row.Needed--;
        }
    }

    private sealed class LogRow
    {
        public string? ETag { get; set; }

        /// <summary>Submissions and newest leases in it that are in no later row.</summary>
        public int Needed { get; set; }

        /// <summary>Tasks that were written in it, in order.</summary>
        public List<LiveTask> Tasks { get; } = [];
    }
}
