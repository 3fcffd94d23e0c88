using System.Runtime.CompilerServices;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <content>Standalone tasks.</content>
public sealed partial class FlowClient
{
    /// <summary>Submits one standalone task. Durable when it returns.</summary>
    /// <remarks>Calls that are made at the same time share requests; one that is alone leaves at once.</remarks>
    /// <param name="task">The task.</param>
    /// <param name="id">Its id; default: it gets one, which sorts by time.</param>
    /// <param name="allowUnknownRoles">Accept a role that no worker has announced yet.</param>
    /// <param name="cancellationToken">Stops waiting; the task may have been accepted, which a repeat with the same id shows.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="FlowException"><c>bad_input</c>; <c>unknown_role</c>; <c>already_exists</c>: there is another task with this id.</exception>
    public async Task<TaskId> SubmitTaskAsync(
        TaskSubmission task, TaskId id = default, bool allowUnknownRoles = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (id == default)
        {
            id = TaskId.Standalone(Guid.CreateVersion7(_clock.GetUtcNow()).ToString("n"));
        }

        await _submitter.SubmitAsync(id, task, allowUnknownRoles, cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <summary>Submits standalone tasks, at most 1 000 a call. Durable when it returns.</summary>
    /// <param name="tasks">The tasks; one without an id gets one.</param>
    /// <param name="allowUnknownRoles">Accept roles that no worker has announced yet.</param>
    /// <param name="cancellationToken">Stops waiting; some tasks may have been accepted.</param>
    /// <returns>Their ids, in the same order.</returns>
    public async Task<IReadOnlyList<TaskId>> SubmitTasksAsync(
        IReadOnlyList<(TaskId Id, TaskSubmission Task)> tasks, bool allowUnknownRoles = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        var request = new SubmitTasksRequest { AllowUnknownRoles = allowUnknownRoles };
        foreach (var (id, task) in tasks)
        {
            request.Tasks.Add(new TaskSpec
            {
                TaskId = id.Value,
                Role = task.Role,
                PayloadJson = task.PayloadJson ?? "",
                Priority = task.Priority,
                MaxRetries = task.MaxRetries,
                BackoffSec = task.Backoff.TotalSeconds,
                Placement = task is { Labels: null or { Count: 0 }, RoleVersion: null }
                    ? null : new TaskPlacement { RoleVersion = task.RoleVersion ?? "", Labels = { task.Labels?.ToDictionary() ?? [] } },
            });
        }

        var response = await CallAsync(FlowMethods.SubmitTasks, request, cancellationToken).ConfigureAwait(false);
        return [.. response.TaskIds.Select(TaskId.Parse)];
    }

    /// <summary>Where a task stands.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<TaskView> GetTaskAsync(TaskId taskId, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.GetTask, new GetTaskRequest { TaskId = taskId.Value }, cancellationToken).ConfigureAwait(false)).ToView();

    /// <summary>Each of the tasks once, as it ends; closes when all of them have.</summary>
    public async IAsyncEnumerable<TaskView> WatchTasksAsync(
        IEnumerable<TaskId> taskIds, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new WatchTasksRequest { TaskIds = { taskIds.Select(id => id.Value) } };
        await foreach (var task in StreamAsync(FlowMethods.WatchTasks, request, cancellationToken).ConfigureAwait(false))
        {
            yield return task.ToView();
        }
    }

    /// <summary>Cancels a standalone task; final when it returns.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>; <c>bad_input</c> for a task of a run.</exception>
    public async Task<TaskView> CancelTaskAsync(TaskId taskId, string reason, CancellationToken cancellationToken = default) =>
        (await CallAsync(FlowMethods.CancelTask, new CancelTaskRequest { TaskId = taskId.Value, Reason = reason }, cancellationToken).ConfigureAwait(false)).ToView();
}
