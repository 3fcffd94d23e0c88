using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <content>Decides, and commits the decisions of many calls with one write at a time, as <see cref="Commits.CommitPump{TState,TEvent}"/> does for one state.</content>
internal sealed partial class TaskPartitionGrain
{
    /// <summary>Tasks that one commit writes at most; the rest waits for the next.</summary>
    private const int ImagesMax = 4_096;

    private readonly List<LiveTask> _moved = [];
    private readonly List<LiveTask> _staged = [];
    private readonly List<TaskCompletionSource> _unanswered = [];
    private List<WorkerStop> _stagedStops = [];
    private TaskCompletionSource? _waiting;
    private TaskCompletionSource? _underWay;
    private Task _loop = Task.CompletedTask;
    private bool _isRunning;
    private FlowException? _failure;

    /// <summary>Decides a command and stages what must be stored.</summary>
    /// <returns>Why it was refused; null when it was accepted.</returns>
    private string? Take(LiveTask task, LeaseCommand command)
    {
        var before = task.Lease;
        var policy = _policies.Of(task.Submission);
        var nowUtc = _clock.GetUtcNow();
        var decision = _rules is null
            ? LeaseDecider.Decide(before, command, policy, nowUtc)
            : _rules.Decide(task.Id, before, command, policy, nowUtc);
        if (decision.Events.IsEmpty)
        {
            return decision.Refused;
        }

        var lease = LeaseDecider.Apply(before, decision.Events);
        task.Lease = lease;
        var isDurable = false;
        foreach (var change in decision.Events)
        {
            isDurable |= change.IsDurable;
            if (TaskReports.ToStop(change) is { } stop)
            {
                _stagedStops.Add(new WorkerStop(stop.Worker, new LeaseToken(task.Id, stop.Epoch), stop.Reason));
            }

            if (change is TaskCancelled && lease.Holder is { } holder)
            {
                _stagedStops.Add(new WorkerStop(holder.Worker, new LeaseToken(task.Id, lease.Epoch), LeaseReasons.Cancelled));
            }

            if (change is LeaseRenewed renewed && task.Durable is { } shown)
            {
                task.Durable = LeaseDecider.Apply(shown, renewed);
            }
        }

        if (isDurable)
        {
            Stage(task);
        }

        if (before.Status != lease.Status)
        {
            if (before.Status == FlowTaskStatus.Leased)
            {
                _leased.Remove(task);
            }
            else if (lease.Status == FlowTaskStatus.Leased)
            {
                _leased.Add(task);
                ArmAt(lease.Holder!.ExpiresUtc);
            }
        }

        return decision.Refused;
    }

    private void Stage(LiveTask task)
    {
        if (!task.IsStaged)
        {
            task.IsStaged = true;
            _staged.Add(task);
        }
    }

    /// <summary>Completes when all that is staged now is durable; at once when nothing is.</summary>
    private Task CommittedAsync()
    {
        ThrowIfFailed();
        if (_staged.Count == 0)
        {
            return _underWay?.Task ?? Task.CompletedTask;
        }

        _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = _waiting.Task;
        if (!_isRunning)
        {
            _isRunning = true;
            _loop = RunAsync();
        }

        return waiting;
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new FlowException(failure.Code, failure.Message, failure);
        }
    }

    private async Task RunAsync()
    {
        // Leaves the turn that staged first, so that calls that wait already join its write.
        await Task.Yield();
        while (_staged.Count > 0)
        {
            var done = _waiting ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiting, _underWay) = (null, done);
            var (images, stops) = (TakeStaged(), _stagedStops);
            _stagedStops = [];
            _unanswered.Add(done);
            var isWhole = _staged.Count == 0;
            try
            {
                _moved.Clear();
                await _store.WriteAsync(images, _tasks.Count, _moved, _clock.GetUtcNow());
            }
            catch (Exception exception)
            {
                Fail(exception);
                return;
            }

            OnCommitted(images, stops);
            if (isWhole)
            {
                // Those before waited for what one row could not take.
                _underWay = null;
                _unanswered.ForEach(answered => answered.SetResult());
                _unanswered.Clear();
            }
        }

        _isRunning = false;
    }

    /// <summary>A sweep is a commit of its own, so it waits for the one that is under way, and the next ones for it.</summary>
    public async Task<int> SweepAsync(DateTimeOffset endedBeforeUtc, int limit, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        while (_isRunning)
        {
            await _loop;
            ThrowIfFailed();
        }

        _isRunning = true;
        var sweeping = SweepAndGoOnAsync(endedBeforeUtc, limit);
        _loop = sweeping;
        return await sweeping;
    }

    private async Task<int> SweepAndGoOnAsync(DateTimeOffset endedBeforeUtc, int limit)
    {
        var swept = 0;
        try
        {
            swept = await _store.SweepAsync(endedBeforeUtc, limit);
        }
        catch (Exception exception)
        {
            Fail(exception);
            return 0;
        }

        await RunAsync();
        return swept;
    }

    private List<TaskImage> TakeStaged()
    {
        var count = Math.Min(_staged.Count, ImagesMax);
        var images = new List<TaskImage>(count);
        for (var position = 0; position < count; position++)
        {
            var task = _staged[position];
            task.IsStaged = false;
            images.Add(new TaskImage(task, task.Lease));
        }

        if (count == _staged.Count)
        {
            _staged.Clear();
        }
        else
        {
            _staged.RemoveRange(0, count);
        }

        return images;
    }

    private void OnCommitted(List<TaskImage> images, List<WorkerStop> stops)
    {
        foreach (var (task, lease) in images)
        {
            var before = task.Durable;
            task.Durable = lease;
            switch (lease.Status)
            {
                case FlowTaskStatus.Ready:
                    Offer(task);
                    break;
                case FlowTaskStatus.BackingOff:
                    WakeAt(task, lease.ReadyUtc!.Value);
                    break;
                case FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled when before?.IsTerminal != true:
                    OnEnded(task, before);
                    break;
            }
        }

        foreach (var task in _moved)
        {
            _tasks.Remove(task.Id.Value);
        }

        Send(stops);
    }

    private void OnEnded(LiveTask task, TaskLease? before)
    {
        _openCount--;
        if (before is { Status: FlowTaskStatus.Ready } || CountsInHand(task.Submission.Role))
        {
            Withdraw(task);
        }

        if (task.Watches is { } watches)
        {
            task.Watches = null;
            var view = View(task);
            foreach (var watch in watches)
            {
                watch.Add(view);
            }
        }

        if (_openCount == 0)
        {
            ArmForIdle();
        }
    }

    private void Fail(Exception exception)
    {
        _failure = exception as FlowException ?? new FlowException(
            FlowErrorCode.StoreUnavailable, $"The tasks could not be written, and whether they were is not known: {exception.Message}", exception);
        LogWriteFailed(exception, this.GetPrimaryKeyString());

        // First of all: when a caller learns of the failure, the activation is on its way out.
        DeactivateOnIdle();
        if (_waiting is { } waiting)
        {
            _unanswered.Add(waiting);
        }

        (_waiting, _underWay) = (null, null);
        foreach (var waiter in _unanswered)
        {
            waiter.SetException(_failure);

            // Seen here, so that a write that nobody waited for is no unobserved exception.
            _ = waiter.Task.Exception;
        }

        _unanswered.Clear();

        foreach (var watch in _watches)
        {
            watch.Fail(_failure);
        }
    }

    /// <summary>A worker that must be told that a lease has ended.</summary>
    private readonly record struct WorkerStop(WorkerId Worker, LeaseToken Token, string Reason);
}
