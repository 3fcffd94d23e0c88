using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What others can see of a run: what is durable.</content>
internal sealed partial class WorkflowRunGrain
{
    private const int PageMax = 1_000;

    /// <summary>Wakes those who wait for the end; a signal of its own, because they may be many and the commits before it too.</summary>
    private CommitSignal? _end;

    public Task<WorkflowRunView?> GetAsync(CancellationToken cancellationToken)
    {
        _pump?.ThrowIfFailed();
        return Task.FromResult(Committed is { } state ? ViewOf(state) : null);
    }

    public async IAsyncEnumerable<WorkflowRunView> WatchEndAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Require();
        _watchers++;
        try
        {
            while (Committed is not { IsFinal: true })
            {
                _pump!.ThrowIfFailed();
                await (_end ??= new CommitSignal()).WaitAsync(cancellationToken);
            }
        }
        finally
        {
            _watchers--;
        }

        yield return ViewOf(Committed!);
    }

    public Task<WorkflowContextView> GetContextAsync(CancellationToken cancellationToken)
    {
        var state = RequireCommitted();
        return Task.FromResult(new WorkflowContextView(state.Snapshot, state.SnapshotVersion, state.Deltas));
    }

    public Task<IReadOnlyList<WorkflowItemView>> GetItemsAsync(long after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, PageMax);
        var state = RequireCommitted();
        var items = state.Left?.Items ?? state.Items;
        return Task.FromResult<IReadOnlyList<WorkflowItemView>>([.. items.Values.SkipWhile(item => item.Id <= after).Take(limit).Select(item => new WorkflowItemView
        {
            Item = item.Id,
            Node = item.Node < 0 ? item.Update ?? "" : state.Workflow.Nodes[item.Node].Name,
            Status = item.Status,
            Attempts = item.Attempts,
            Epoch = item.Epoch,
            Worker = item.Status == WorkItemStatus.InProgress && item.Worker is not null ? new WorkerId(item.Worker) : default,
            DueUtc = item.DueUtc,
            Signal = item.Status == WorkItemStatus.WaitingForSignal ? item.Signal : null,
            Input = item.Input,
        })]);
    }

    public Task<IReadOnlyList<WorkflowErrorView>> GetErrorsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<WorkflowErrorView>>(
        [.. RequireCommitted().Errors.Select(error => new WorkflowErrorView(error.Item, error.Node, error.Attempt, error.Message, error.TimeUtc))]);

    public async Task<WorkflowHistoryPage> GetHistoryAsync(long after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(after, -1);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, PageMax);
        Require();
        while (true)
        {
            var (first, commits) = await _store.ReadLogAsync(after, limit);
            var from = default(Payload);
            if (first > after + 1)
            {
                if (await ReadBeforeAsync(first) is not { } before)
                {
                    // This link was deleted meanwhile.
                    continue;
                }

                from = new Payload(WorkflowRunJson.Write(before));
            }

            return new WorkflowHistoryPage(first, commits, commits.Count > 0 && first + commits.Count < _store.Next, from);
        }
    }

    /// <summary>The run before a commit with which the kept history begins.</summary>
    private Task<WorkflowRunState?> ReadBeforeAsync(long first) =>
        _store.ReadBeforeAsync(first, (name, version) => _definitions.RequireAsync(GrainFactory, name, version, _stopped));

    public async Task<IReadOnlyList<RunReason>> WhyAsync(CancellationToken cancellationToken)
    {
        var state = RequireCommitted();
        if (state.IsFinal)
        {
            return [new RunReason(Word(state.Status), state.Failure ?? state.Reason ?? $"Run '{_id}' has {Word(state.Status)}; nothing is left to do.", null)];
        }

        var reasons = new List<RunReason>();
        if (state.Status == WorkflowRunStatus.Paused)
        {
            reasons.Add(new RunReason("paused", $"Run '{_id}' is paused{(state.Reason is null ? "" : $" ({state.Reason})")}: 'flow workflow resume {_id}' lets it go on.", null, state.DeadlineUtc));
        }

        foreach (var group in state.Items.Values.GroupBy(item => (item.Status, item.Node)).OrderBy(group => group.Key))
        {
            reasons.Add(await ReasonOfAsync(state, group.First(), group.Count(), cancellationToken));
        }

        return reasons;
    }

    private static string Word(WorkflowRunStatus status) => status.ToString().ToLower(CultureInfo.InvariantCulture);

    private async Task<RunReason> ReasonOfAsync(WorkflowRunState state, WorkItem item, int count, CancellationToken cancellationToken)
    {
        var node = item.Node < 0 ? item.Update! : state.Workflow.Nodes[item.Node].Name;
        var items = count == 1 ? $"Item {item.Id} of node '{node}'" : $"{count} items of node '{node}'";
        return item.Status switch
        {
            WorkItemStatus.Pending => await PendingReasonAsync(state, item, items, node, cancellationToken),
            WorkItemStatus.InProgress => new("running", $"{items}: worker '{item.Worker}' has it since {item.LeasedUtc:O}.", node, item.LimitUtc),
            WorkItemStatus.WaitingRetry => new("backing_off", $"{items} failed {item.Attempts} times; the next attempt is at {item.DueUtc:O}.", node, item.DueUtc),
            WorkItemStatus.WaitingForSignal => new("waiting_for_signal", $"{items} waits for signal '{item.Signal}': 'flow workflow signal {_id} {item.Signal}' sends it.", node, item.DueUtc),
            WorkItemStatus.Joining => new("waiting_for_items", $"{items} has {item.Parts.Count} of the items that it joins.", node, item.DueUtc),
            WorkItemStatus.WaitingForChildren => new("waiting_for_children", $"{items} waits for runs {string.Join(", ", item.Children.Where(child => child.Status == WorkflowRunStatus.Running).Take(5).Select(child => $"'{child.Child}'"))}.", node),
            _ => new("sleeping", $"{items} waits until {item.DueUtc:O}.", node, item.DueUtc),
        };
    }

    private async Task<RunReason> PendingReasonAsync(WorkflowRunState state, WorkItem item, string items, string node, CancellationToken cancellationToken)
    {
        var plan = PlanOf(state);
        var queue = await GrainFactory.GetGrain<IRoleQueueGrain>(QueueOf(plan.RoleOf(item.Node))).GetStatusAsync(cancellationToken);
        var serves = $"workflow '{state.Workflow.Name}' version {state.Workflow.Version}{(item.Node >= 0 && state.Workflow.Nodes[item.Node].Role is { } role ? $", role '{role}'" : "")}";
        if (queue.WorkerCount == 0)
        {
            return new("no_worker", $"{items} waits: no worker that serves {serves} is connected.", node);
        }

        if (queue.Unserved is { Count: > 0 })
        {
            return new("no_worker", $"{items} waits: the workers of {serves} have another definition than the one the run is on. Deploy that one, or raise the version of the new one.", node);
        }

        return queue.FullKeys?.Contains(plan.LimitKeys[Math.Max(0, item.Node)] ?? "") == true
            ? new("limit", $"{items} waits for others with concurrency key '{state.Workflow.Nodes[item.Node].ConcurrencyKey}' to end.", node)
            : new("slots_full", $"{items} waits: {queue.WorkerCount} workers serve {serves}, {queue.FreeSlots} of their slots are free.", node);
    }

    private WorkflowRunState RequireCommitted()
    {
        Require();
        return Committed ?? throw new OrleansFlow.Errors.FlowException(OrleansFlow.Errors.FlowErrorCode.NotFound, $"Workflow run '{_id}' is being accepted; ask again.");
    }

    private WorkflowRunView ViewOf(WorkflowRunState state)
    {
        var inFlight = _leases.Count;
        return new WorkflowRunView
        {
            RunId = _id,
            Workflow = state.Workflow.Name,
            Version = state.Workflow.Version,
            Status = state.Status,
            StartedUtc = state.StartedUtc,
            EndedUtc = state.EndedUtc,
            Output = OutputOf(state),
            Failure = state.Failure ?? state.Reason,
            FailureCode = state.FailureCode,
            Steps = state.Counters.Total,
            CompletedSteps = state.Counters.Completed,
            FailedSteps = state.Counters.Failed,
            Retries = state.Counters.Retries,
            PendingItems = state.Pending.Count,
            ItemsInFlight = inFlight,
            WaitingItems = Math.Max(0, state.Items.Count - state.Pending.Count - inFlight),
            NextDueUtc = state.NextDueUtc,
            ContextVersion = state.ContextVersion,
            Parent = state.ParentRun is null ? default : new RunId(state.ParentRun),
            Attributes = state.Attributes,
            DeadlineUtc = state.DeadlineUtc,
            IdempotencyKey = state.IdempotencyKey,
        };
    }

    private static Payload OutputOf(WorkflowRunState state) => state.Status != WorkflowRunStatus.Completed || state.Outputs.IsEmpty
        ? default
        : state.Workflow.Output == OutputRule.List ? Payload.ArrayOf(state.Outputs) : state.Outputs[0];
}
