using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <summary>Gathers tasks that are submitted one by one, as <see cref="CallGatherer{TItem,TAnswer}"/> does.</summary>
/// <remarks>
/// Thread-safe. Each caller gets the answer for its own task: when a call of several tasks is refused for what is in it, each is sent alone, which
/// is safe because all have ids and the same task may be submitted again.
/// </remarks>
internal sealed class TaskSubmitter
{
    private readonly Func<IReadOnlyList<(TaskId Id, TaskSubmission Task)>, bool, Task> _submit;
    private readonly CallGatherer<Submitted, bool> _gatherer;

    /// <summary>Begins with nothing to send.</summary>
    /// <param name="submit">Submits up to 1 000 tasks, and says whether roles may be unknown; durable when it returns.</param>
    public TaskSubmitter(Func<IReadOnlyList<(TaskId Id, TaskSubmission Task)>, bool, Task> submit)
    {
        _submit = submit;
        _gatherer = new CallGatherer<Submitted, bool>(
            SendAsync, static task => task.Task.PayloadJson?.Length ?? 0, static (first, next) => first.AllowsUnknownRoles == next.AllowsUnknownRoles);
    }

    /// <summary>Submits a task.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="task">The task.</param>
    /// <param name="allowUnknownRoles">Accept a role that no worker has announced yet.</param>
    /// <param name="cancellationToken">Stops waiting; the task may have been accepted.</param>
    /// <returns>Completes when the task is durable.</returns>
    /// <exception cref="FlowException">The gateway refused the task, or did not answer.</exception>
    public Task SubmitAsync(TaskId id, TaskSubmission task, bool allowUnknownRoles, CancellationToken cancellationToken) =>
        _gatherer.SendAsync(new Submitted(id, task, allowUnknownRoles), cancellationToken);

    private async Task SendAsync(IReadOnlyList<CallGatherer<Submitted, bool>.Waiting> group)
    {
        try
        {
            await _submit([.. group.Select(waiting => (waiting.Item.Id, waiting.Item.Task))], group[0].Item.AllowsUnknownRoles).ConfigureAwait(false);
        }
        catch (FlowException exception) when (group.Count > 1 && IsOfOneTask(exception.Kind))
        {
            foreach (var waiting in group)
            {
                try
                {
                    await SendAsync([waiting]).ConfigureAwait(false);
                }
                catch (Exception own)
                {
                    waiting.Fail(own);
                }
            }

            return;
        }

        foreach (var waiting in group)
        {
            waiting.SetResult(true);
        }
    }

    private static bool IsOfOneTask(FlowErrorKind kind) => kind is { Origin: FaultOrigin.User, Retry: RetryAdvice.Never } and not { Code: FlowErrorCode.Unauthenticated };

    private readonly record struct Submitted(TaskId Id, TaskSubmission Task, bool AllowsUnknownRoles);
}
