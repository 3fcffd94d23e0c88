using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Calls about standalone tasks, and reading those of runs.</summary>
internal sealed class TaskCalls(IGrainFactory grains, IIdSource ids, RoleChecks roles)
{
    private const int SubmitMax = 1_000;
    private const int WatchMax = 50_000;

    // How many groups of ends may wait for a slow reader; the partitions' watches wait then.
    private const int EndsMax = 16;

    private const int OfRuns = TaskPartitions.Count;

    public async Task<Wire.SubmitTasksResponse> SubmitAsync(Wire.SubmitTasksRequest request, CancellationToken cancellationToken)
    {
        if (request.Tasks.Count is 0 or > SubmitMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{request.Tasks.Count} tasks in one call; 1 to {SubmitMax} are possible.");
        }

        var submissions = new NewTask[request.Tasks.Count];
        var seen = new HashSet<string>(submissions.Length, StringComparer.Ordinal);
        for (var position = 0; position < submissions.Length; position++)
        {
            var spec = request.Tasks[position];
            var id = ToStandaloneId(spec.TaskId, position);
            if (!seen.Add(id.Value))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"tasks[{position}]: id '{id}' occurs twice in the call.");
            }

            submissions[position] = new NewTask(id, spec.ToSubmission(position));
        }

        if (!request.AllowUnknownRoles)
        {
            var unknown = await roles.FindUnknownAsync(submissions.Select(submission => submission.Submission.Role), cancellationToken);
            if (unknown.Count > 0)
            {
                throw new FlowException(
                    FlowErrorCode.UnknownRole, string.Join(Environment.NewLine, unknown.Order(StringComparer.Ordinal).Select(RoleChecks.Message)));
            }
        }

        await Task.WhenAll(ByPartition(submissions, static task => task.TaskId)
            .Select(group => Partition(group.Number).SubmitAsync(group.Items, cancellationToken)));
        var response = new Wire.SubmitTasksResponse();
        response.TaskIds.Capacity = submissions.Length;
        foreach (var submission in submissions)
        {
            response.TaskIds.Add(submission.TaskId.Value);
        }

        return response;
    }

    public async Task<Wire.TaskDetail> GetAsync(Wire.GetTaskRequest request, CancellationToken cancellationToken)
    {
        var id = ControlMapping.ToTaskId(request.TaskId);
        var view = await grains.GetGrain<ITaskGrain>(id.Value).GetAsync(cancellationToken);
        return view?.ToWire() ?? throw Unknown(id);
    }

    public async IAsyncEnumerable<Wire.TaskDetail> WatchAsync(Wire.WatchTasksRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (request.TaskIds.Count is 0 or > WatchMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{request.TaskIds.Count} tasks to watch in one call; 1 to {WatchMax} are possible.");
        }

        var tasks = request.TaskIds.Select(ControlMapping.ToTaskId).Distinct().ToArray();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ends = Channel.CreateBounded<IReadOnlyList<TaskView>>(new BoundedChannelOptions(EndsMax) { SingleReader = true });
        var watching = WatchAllAsync(tasks, ends.Writer, stop.Token);
        try
        {
            await foreach (var views in ends.Reader.ReadAllAsync(cancellationToken))
            {
                foreach (var view in views)
                {
                    yield return view.ToWire();
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await watching;
        }
    }

    public async Task<Wire.TaskDetail> CancelAsync(Wire.CancelTaskRequest request, CancellationToken cancellationToken)
    {
        var id = ControlMapping.ToTaskId(request.TaskId);
        if (!id.IsStandalone)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Task '{id}' belongs to run '{id.RunId}' and is cancelled with it: cancel the run.");
        }

        var view = await Partition(TaskPartitions.NumberOf(id)).CancelAsync(id, RunCalls.CheckReason(request.Reason), cancellationToken);
        return view.ToWire();
    }

    private static FlowException Unknown(TaskId id) => new(FlowErrorCode.NotFound, $"There is no task '{id}'.");

    private TaskId ToStandaloneId(string text, int position)
    {
        if (text.Length == 0)
        {
            return TaskId.Standalone(ids.NewId());
        }

        return IdText.IsValid(text)
            ? TaskId.Standalone(text)
            : throw new FlowException(
                FlowErrorCode.BadInput,
                $"tasks[{position}]: '{text}' is not a task id: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");
    }

    /// <summary>Those of each partition, and those of no partition: the tasks of runs.</summary>
    private static List<(int Number, List<T> Items)> ByPartition<T>(IReadOnlyCollection<T> items, Func<T, TaskId> task)
    {
        var groups = new List<T>?[TaskPartitions.Count + 1];
        foreach (var item in items)
        {
            var id = task(item);
            (groups[id.IsStandalone ? TaskPartitions.NumberOf(id) : OfRuns] ??= new List<T>(items.Count / TaskPartitions.Count)).Add(item);
        }

        var result = new List<(int, List<T>)>();
        for (var number = 0; number < groups.Length; number++)
        {
            if (groups[number] is { } group)
            {
                result.Add((number, group));
            }
        }

        return result;
    }

    private ITaskPartitionGrain Partition(int number) => grains.GetGrain<ITaskPartitionGrain>(TaskPartitions.Keys[number]);

    /// <summary>Ends the channel with the last task's end, or with the first failure. Throws nothing.</summary>
    private async Task WatchAllAsync(TaskId[] tasks, ChannelWriter<IReadOnlyList<TaskView>> ends, CancellationToken cancellationToken)
    {
        try
        {
            var watches = ByPartition(tasks, static task => task)
                .SelectMany(group => group.Number == OfRuns
                    ? group.Items.Select(task => WatchOneAsync(task, ends, cancellationToken))
                    : [WatchPartitionAsync(Partition(group.Number), group.Items, ends, cancellationToken)])
                .ToList();
            await Task.WhenAll(watches.Select(async watch =>
            {
                try
                {
                    await watch;
                }
                catch (Exception exception)
                {
                    // The first failure ends the call; the others are stopped by the reader's leaving.
                    ends.TryComplete(exception);
                }
            }));
        }
        finally
        {
            ends.TryComplete();
        }
    }

    private static async Task WatchPartitionAsync(
        ITaskPartitionGrain partition, List<TaskId> tasks, ChannelWriter<IReadOnlyList<TaskView>> ends, CancellationToken cancellationToken)
    {
        var open = tasks.ToHashSet();
        while (open.Count > 0)
        {
            try
            {
                await foreach (var views in partition.WatchEndsAsync([.. open], cancellationToken).WithCancellation(cancellationToken))
                {
                    foreach (var view in views)
                    {
                        open.Remove(view.TaskId);
                    }

                    await ends.WriteAsync(views, cancellationToken);
                }
            }
            catch (EnumerationAbortedException)
            {
                // The grain moved; its stored state tells the ends just as well.
            }
        }
    }

    private async Task WatchOneAsync(TaskId task, ChannelWriter<IReadOnlyList<TaskView>> ends, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<ITaskGrain>(task.Value);
        while (true)
        {
            try
            {
                await foreach (var view in grain.WatchEndAsync(cancellationToken).WithCancellation(cancellationToken))
                {
                    await ends.WriteAsync([view], cancellationToken);
                    return;
                }

                throw Unknown(task);
            }
            catch (EnumerationAbortedException)
            {
                // The grain moved; its stored state tells the end just as well.
            }
        }
    }
}
