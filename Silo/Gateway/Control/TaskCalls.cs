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

    // How many ends may wait for a slow reader; the tasks' own watches wait then.
    private const int EndsMax = 256;

    public async Task<Wire.SubmitTasksResponse> SubmitAsync(Wire.SubmitTasksRequest request, CancellationToken cancellationToken)
    {
        if (request.Tasks.Count is 0 or > SubmitMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{request.Tasks.Count} tasks in one call; 1 to {SubmitMax} are possible.");
        }

        var submissions = new (TaskId Id, TaskSubmission Task)[request.Tasks.Count];
        var seen = new HashSet<TaskId>();
        for (var position = 0; position < submissions.Length; position++)
        {
            var spec = request.Tasks[position];
            var id = ToStandaloneId(spec.TaskId, position);
            if (!seen.Add(id))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"tasks[{position}]: id '{id}' occurs twice in the call.");
            }

            submissions[position] = (id, spec.ToSubmission(position));
        }

        if (!request.AllowUnknownRoles)
        {
            var unknown = await roles.FindUnknownAsync(submissions.Select(submission => submission.Task.Role), cancellationToken);
            if (unknown.Count > 0)
            {
                throw new FlowException(
                    FlowErrorCode.UnknownRole, string.Join(Environment.NewLine, unknown.Order(StringComparer.Ordinal).Select(RoleChecks.Message)));
            }
        }

        await Task.WhenAll(submissions.Select(submission =>
            grains.GetGrain<ITaskGrain>(submission.Id.Value).SubmitAsync(submission.Task, cancellationToken)));
        var response = new Wire.SubmitTasksResponse();
        response.TaskIds.Add(submissions.Select(submission => submission.Id.Value));
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
        var ends = Channel.CreateBounded<TaskView>(new BoundedChannelOptions(EndsMax) { SingleReader = true });
        var watching = WatchAllAsync(tasks, ends.Writer, stop.Token);
        try
        {
            await foreach (var view in ends.Reader.ReadAllAsync(cancellationToken))
            {
                yield return view.ToWire();
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

        var view = await grains.GetGrain<ITaskGrain>(id.Value).CancelAsync(RunCalls.CheckReason(request.Reason), cancellationToken);
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

    /// <summary>Ends the channel with the last task's end, or with the first failure. Throws nothing.</summary>
    private async Task WatchAllAsync(TaskId[] tasks, ChannelWriter<TaskView> ends, CancellationToken cancellationToken)
    {
        try
        {
            var watches = tasks.Select(task => WatchOneAsync(task, ends, cancellationToken)).ToList();
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

    private async Task WatchOneAsync(TaskId task, ChannelWriter<TaskView> ends, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<ITaskGrain>(task.Value);
        while (true)
        {
            try
            {
                await foreach (var view in grain.WatchEndAsync(cancellationToken).WithCancellation(cancellationToken))
                {
                    await ends.WriteAsync(view, cancellationToken);
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
