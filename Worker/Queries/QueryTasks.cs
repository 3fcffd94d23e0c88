using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>
/// The queries of a worker and their tasks. Attempts of a task are epochs: a later one replaces an earlier one, which is refused from then on.
/// Thread-safe. Disposing it cancels everything.
/// </summary>
internal sealed partial class QueryTasks : IAsyncDisposable
{
    private readonly QueryTaskHost _host;
    private readonly QueryWorkerOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WorkerQuery> _queries = new(StringComparer.Ordinal);
    private readonly CancelledQueries _cancelled = new();
    private readonly CancellationTokenSource _stop = new();

    // One entry for the end of a task, one for the end of a call, both of which are bounded; it is emptied at once.
    private readonly Channel<string> _drained = Channel.CreateUnbounded<string>();
    private readonly Task _sweeping;
    private int _taskCount;

    public QueryTasks(QueryTaskHost host, ILogger<QueryTasks> logger)
    {
        _host = host;
        _options = host.Options;
        _clock = host.Clock;
        _logger = logger;
        _sweeping = Task.WhenAll(EndDrainedAsync(_stop.Token), EndOrphansAsync(_stop.Token));
    }

    /// <summary>Tasks that wait or run.</summary>
    public int RunningCount
    {
        get
        {
            lock (_gate)
            {
                return _queries.Values.Sum(query => query.Tasks.Values.Count(task => task.IsRunning));
            }
        }
    }

    /// <summary>Tasks that are kept, running or ended.</summary>
    public int TaskCount
    {
        get
        {
            lock (_gate)
            {
                return _taskCount;
            }
        }
    }

    /// <summary>Takes plans and starts their tasks: all of them or none.</summary>
    /// <param name="plans">The plans.</param>
    /// <param name="token">What the caller showed.</param>
    /// <exception cref="FlowException">
    /// <c>already_exists</c>: an attempt has its plan; <c>lease_lost</c>: a later attempt is known; <c>cancelled</c>: the query was;
    /// <c>bad_input</c>, <c>unsupported</c>: a plan cannot be run; <c>limit_exceeded</c>: too many tasks.
    /// </exception>
    public async Task SetPlansAsync(IReadOnlyList<TaskPlan> plans, string? token)
    {
        foreach (var plan in plans)
        {
            TaskPlanCheck.ThrowIfWrong(plan, _host);
        }

        List<QueryTask> replaced = [];
        lock (_gate)
        {
            ThrowIfTooManyWhileLocked(plans.Count);
            var seen = new HashSet<(string, int, int)>();
            foreach (var key in plans.Select(plan => plan.Key))
            {
                if (!seen.Add((key.QueryId, key.Stage, key.Task)))
                {
                    throw new FlowException(FlowErrorCode.BadInput, $"Task {QueryErrors.Format(key)} has two plans in one call.");
                }

                ThrowIfStaleWhileLocked(key, isPlan: true);
            }

            foreach (var plan in plans)
            {
                AddWhileLocked(plan, token, isOfTicket: false, replaced);
            }
        }

        await EndReplacedAsync(replaced);
    }

    /// <summary>Opens rows of a task; waits for its plan to come.</summary>
    /// <exception cref="FlowException">
    /// <c>not_found</c>: no plan came in time; <c>lease_lost</c>: a later attempt is known; <c>cancelled</c>; as <see cref="QueryTask.OpenAsync"/>.
    /// </exception>
    /// <exception cref="TaskFailedException">The task failed.</exception>
    public async Task<FlightStream> OpenAsync(OutputRange range, CancellationToken cancellationToken)
    {
        var query = Enter(range.Key.QueryId);
        try
        {
            var task = await FindAsync(query, range.Key, cancellationToken);
            return Owned(query, await task.OpenAsync(range.Output, range.FirstPartition, range.PartitionCount, cancellationToken));
        }
        catch
        {
            Leave(query);
            throw;
        }
    }

    /// <summary>Opens partition 0 of output 0 of the task of a plan, which is set unless it is already.</summary>
    /// <exception cref="FlowException">As <see cref="SetPlansAsync"/>, but for a plan that is there; as <see cref="OpenAsync(OutputRange, CancellationToken)"/>.</exception>
    public async Task<FlightStream> OpenAsync(TaskPlan plan, string? token, CancellationToken cancellationToken)
    {
        TaskPlanCheck.ThrowIfWrong(plan, _host);
        var query = Enter(plan.Key.QueryId);
        try
        {
            List<QueryTask> replaced = [];
            QueryTask? task;
            lock (_gate)
            {
                ThrowIfStaleWhileLocked(plan.Key, isPlan: false);
                if (!query.Tasks.TryGetValue((plan.Key.Stage, plan.Key.Task), out task) || task.Key.Attempt != plan.Key.Attempt)
                {
                    ThrowIfTooManyWhileLocked(1);
                    task = AddWhileLocked(plan, token, isOfTicket: true, replaced);
                }
            }

            await EndReplacedAsync(replaced);
            return Owned(query, await task.OpenAsync(0, 0, 1, cancellationToken));
        }
        catch
        {
            Leave(query);
            throw;
        }
    }

    /// <summary>Ends the tasks of a query and lets go of what they kept; ends when nothing of it is left. A query that is not known is fine.</summary>
    /// <returns>Tasks that there were.</returns>
    public Task<int> CancelAsync(string queryId, string reason) => CancelAsync(queryId, reason, isLost: false);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        string[] queries;
        lock (_gate)
        {
            queries = [.. _queries.Keys];
        }

        await Task.WhenAll(queries.Select(query => CancelAsync(query, "The worker stops.", isLost: true)));
        _stop.Dispose();
    }

    private async Task<int> CancelAsync(string queryId, string reason, bool isLost)
    {
        WorkerQuery? query;
        lock (_gate)
        {
            _cancelled.Add(queryId, reason);
            _queries.Remove(queryId, out query);
        }

        return query is null ? 0 : await EndAsync(query, reason, isLost);
    }

    private void ThrowIfTooManyWhileLocked(int count)
    {
        if (_taskCount + count > _options.TasksMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"Worker '{_host.WorkerId}' has {_taskCount} tasks, and {count} more would be above {QueryWorkerOptions.SectionName}:{nameof(QueryWorkerOptions.TasksMax)} ({_options.TasksMax}). Try again later, or raise it.");
        }
    }

    /// <summary>Refuses what belongs to a cancelled query or an older attempt, and a plan that is set.</summary>
    private void ThrowIfStaleWhileLocked(TaskKey key, bool isPlan)
    {
        if (_cancelled.ReasonOf(key.QueryId) is { } reason)
        {
            throw new FlowException(FlowErrorCode.Cancelled, $"Query '{key.QueryId}' was cancelled: {reason}");
        }

        if (!_queries.TryGetValue(key.QueryId, out var query) || !query.Tasks.TryGetValue((key.Stage, key.Task), out var known))
        {
            return;
        }

        if (known.Key.Attempt > key.Attempt)
        {
            throw new FlowException(FlowErrorCode.LeaseLost, $"Task {QueryErrors.Format(key)} was replaced by attempt {known.Key.Attempt}.");
        }

        if (isPlan && known.Key.Attempt == key.Attempt)
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"Task {QueryErrors.Format(key)} has its plan already. Send a plan once; a new try is a new attempt.");
        }
    }

    private QueryTask AddWhileLocked(TaskPlan plan, string? token, bool isOfTicket, List<QueryTask> replaced)
    {
        var query = GetWhileLocked(plan.Key.QueryId);
        var place = (plan.Key.Stage, plan.Key.Task);
        if (query.Tasks.Remove(place, out var older))
        {
            query.Replaced.Add(older);
            replaced.Add(older);
            _taskCount--;
        }

        var task = new QueryTask(plan, token, _host, _ => Pulse(query), OnReadersGone);
        query.Tasks.Add(place, task);
        query.IsOfTickets &= isOfTicket;
        query.UsedAt = _clock.GetTimestamp();
        _taskCount++;
        task.Start();
        query.Pulse();
        return task;
    }

    private WorkerQuery GetWhileLocked(string queryId)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        if (!_queries.TryGetValue(queryId, out var query))
        {
            query = new WorkerQuery(queryId) { UsedAt = _clock.GetTimestamp() };
            _queries.Add(queryId, query);
        }

        return query;
    }

    private void Pulse(WorkerQuery query)
    {
        lock (_gate)
        {
            query.Pulse();
        }
    }

    private static async Task EndReplacedAsync(List<QueryTask> replaced)
    {
        foreach (var task in replaced)
        {
            await task.CancelAsync("A later attempt replaced it.", isLost: false);
        }
    }

    private async Task<int> EndAsync(WorkerQuery query, string reason, bool isLost)
    {
        QueryTask[] tasks;
        lock (_gate)
        {
            tasks = [.. query.Tasks.Values];
            query.Pulse();
        }

        await Task.WhenAll(tasks.Concat(query.Replaced).Select(task => task.CancelAsync(reason, isLost)));
        lock (_gate)
        {
            _taskCount -= tasks.Length;
            query.IsEnded = true;
            query.Pulse();
        }

        return tasks.Length;
    }
}
