using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <summary>
/// Gathers tasks that are submitted one by one. A call leaves at once while fewer than <see cref="CallsMax"/> are under way; what comes meanwhile
/// leaves together when one of them ends. So a lone task waits for nobody, and many callers share calls, commits and acknowledgements.
/// </summary>
/// <remarks>
/// Thread-safe. Each caller gets the answer for its own task: when a call of several tasks is refused for what is in it, each is sent alone, which
/// is safe because all have ids and the same task may be submitted again. Bounded by its callers: each waits for one task.
/// </remarks>
/// <param name="submit">Submits up to <see cref="GroupMax"/> tasks; durable when it returns.</param>
internal sealed class TaskSubmitter(Func<IReadOnlyList<(TaskId Id, TaskSubmission Task)>, bool, Task> submit)
{
    /// <summary>Two, so that one call's commit runs while the next one gathers.</summary>
    public const int CallsMax = 2;

    /// <summary>Most tasks of a call, as the gateway takes them.</summary>
    public const int GroupMax = 1_000;

    // Far below the largest message that a gateway takes (4 MiB is gRPC's usual limit), whatever the characters are.
    private const int GroupCharsMax = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _calls;

    /// <summary>Submits a task.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="task">The task.</param>
    /// <param name="allowUnknownRoles">Accept a role that no worker has announced yet.</param>
    /// <param name="cancellationToken">Stops waiting; the task may have been accepted.</param>
    /// <returns>Completes when the task is durable.</returns>
    /// <exception cref="FlowException">The gateway refused the task, or did not answer.</exception>
    public Task SubmitAsync(TaskId id, TaskSubmission task, bool allowUnknownRoles, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var waiting = new Waiting(id, task, allowUnknownRoles, cancellationToken);
        var mustSend = false;
        lock (_gate)
        {
            _waiting.Enqueue(waiting);
            if (_calls < CallsMax)
            {
                _calls++;
                mustSend = true;
            }
        }

        if (mustSend)
        {
            // Owned by those who wait: it ends with the last of them, and what goes wrong is theirs.
            _ = SendAllAsync();
        }

        return waiting.Task.WaitAsync(cancellationToken);
    }

    private async Task SendAllAsync()
    {
        while (TryTake(out var group))
        {
            await SendAsync(group).ConfigureAwait(false);

            // Lets those who were answered come back with their next task first.
            await Task.Yield();
        }
    }

    private bool TryTake(out List<Waiting> group)
    {
        group = [];
        lock (_gate)
        {
            var chars = 0;
            while (group.Count < GroupMax && chars < GroupCharsMax && _waiting.TryPeek(out var next)
                && (group.Count == 0 || next.AllowsUnknownRoles == group[0].AllowsUnknownRoles))
            {
                _waiting.Dequeue();
                if (!next.CancellationToken.IsCancellationRequested)
                {
                    group.Add(next);
                    chars += next.Submission.PayloadJson?.Length ?? 0;
                }
            }

            if (group.Count == 0)
            {
                _calls--;
            }

            return group.Count > 0;
        }
    }

    private async Task SendAsync(List<Waiting> group)
    {
        try
        {
            await submit([.. group.Select(waiting => (waiting.Id, waiting.Submission))], group[0].AllowsUnknownRoles).ConfigureAwait(false);
        }
        catch (FlowException exception) when (group.Count > 1 && IsOfOneTask(exception.Kind))
        {
            foreach (var waiting in group)
            {
                await SendAsync([waiting]).ConfigureAwait(false);
            }

            return;
        }
        catch (Exception exception)
        {
            foreach (var waiting in group)
            {
                // Seen here: a caller that has stopped waiting leaves no unobserved exception behind.
                waiting.SetException(exception);
                _ = waiting.Task.Exception;
            }

            return;
        }

        foreach (var waiting in group)
        {
            waiting.SetResult();
        }
    }

    private static bool IsOfOneTask(FlowErrorKind kind) => kind is { Origin: FaultOrigin.User, Retry: RetryAdvice.Never } and not { Code: FlowErrorCode.Unauthenticated };

    private sealed class Waiting(TaskId id, TaskSubmission submission, bool allowsUnknownRoles, CancellationToken cancellationToken)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TaskId Id => id;

        public TaskSubmission Submission => submission;

        public bool AllowsUnknownRoles => allowsUnknownRoles;

        public CancellationToken CancellationToken => cancellationToken;
    }
}
