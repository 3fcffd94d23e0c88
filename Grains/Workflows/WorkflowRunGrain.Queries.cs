using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>Questions about the context, which a worker answers: leased like steps, and stored nowhere.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>Numbers from here on are queries'; no run has so many items.</summary>
    private const int FirstQuery = 2_000_000_000;

    /// <summary>Most queries of a run that wait at the same time.</summary>
    private const int QueriesMax = 1_000;

    private SortedDictionary<long, OpenQuery>? _queries;
    private long _lastQuery = FirstQuery - 1;

    public async Task<Payload> QueryAsync(string name, Payload argument, CancellationToken cancellationToken)
    {
        _askers++;
        try
        {
            return await AnswerQueryAsync(name, argument, cancellationToken);
        }
        finally
        {
            RestUnasked();
        }
    }

    private async Task<Payload> AnswerQueryAsync(string name, Payload argument, CancellationToken cancellationToken)
    {
        await RequireNamedAsync("query", name, RequireCommitted().Workflow, static workflow => workflow.Queries, cancellationToken);
        var state = RequireCommitted();
        if (_queries?.Count >= QueriesMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"{QueriesMax} queries of run '{_id}' wait already; ask again later.");
        }

        var id = ++_lastQuery;
        var query = new OpenQuery(name, argument);
        (_queries ??= []).Add(id, query);
        var role = PlanOf(state).RoleOf(-1);
        Owe(role).Queries.Add(id);
        Deliver();
        try
        {
            await ((Task)query.Answer.Task).WaitInTurnAsync(cancellationToken);
            return await query.Answer.Task;
        }
        finally
        {
            _queries.Remove(id);
            Owe(role).Ended.Add(id);
            Deliver();
        }
    }

    private LeaseGrant? GrantQuery(TaskId task, WorkerId worker)
    {
        if (_queries is null || !_queries.TryGetValue(task.Index, out var query) || query.Worker is not null || Committed is not { } state)
        {
            return null;
        }

        query.Worker = worker;
        var nowUtc = _clock.GetUtcNow();

        // Numbers begin again with each activation. What an earlier one granted must not answer another question: its epochs are of another time.
        query.Epoch = Math.Max(query.Epoch + 1, (nowUtc - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        query.ExpiresUtc = nowUtc + _leaseOptions.Duration;
        Arm(query.ExpiresUtc);
        return new LeaseGrant
        {
            Token = new LeaseToken(task, query.Epoch),
            Role = PlanOf(state).RoleOf(-1),
            Attempt = 1,

            // What the worker keeps of the context is about steps; a query sees what is durable, whole.
            Step = StepTaskJson.Write(new StepTask
            {
                Kind = StepTaskKind.Query, Name = query.Name, Input = query.Argument,
                HasSnapshot = true, Snapshot = state.Snapshot, BaseVersion = state.SnapshotVersion, Deltas = [.. state.Deltas],
            }),
        };
    }

    private EffectReceipt EndQuery(AttemptOutcome outcome)
    {
        if (!IsCurrent(outcome.Token, out var query))
        {
            return new EffectReceipt(false, LeaseLost);
        }

        switch (outcome.End)
        {
            case AttemptEnd.Completed:
                query.Answer.TrySetResult(StepOutcomeJson.Read(outcome.Step.Utf8).Result);
                break;
            case AttemptEnd.Failed:
                query.Answer.TrySetException(new FlowException(FlowErrorKind.OfWire(outcome.Failure!.Reason).Code, $"Query '{query.Name}' of run '{_id}' failed: {outcome.Failure.Message}"));
                break;
            default:
                OfferAgain(outcome.Token.TaskId.Index, query);
                break;
        }

        return new EffectReceipt(true);
    }

    private bool LoseQuery(LeaseToken token)
    {
        if (token.TaskId.Index < FirstQuery)
        {
            return false;
        }

        if (IsCurrent(token, out var query))
        {
            OfferAgain(token.TaskId.Index, query);
        }

        return true;
    }

    private bool RenewQuery(LeaseToken token, WorkerId worker, DateTimeOffset expiresUtc)
    {
        if (token.TaskId.Index < FirstQuery || !IsCurrent(token, out var query) || query.Worker != worker)
        {
            return false;
        }

        query.ExpiresUtc = expiresUtc;
        return true;
    }

    private void ExpireQueries(DateTimeOffset nowUtc)
    {
        foreach (var (id, query) in _queries ?? [])
        {
            if (query.Worker is not null && query.ExpiresUtc <= nowUtc)
            {
                OfferAgain(id, query);
            }
        }
    }

    private void EndQueries()
    {
        foreach (var query in _queries?.Values.ToList() ?? [])
        {
            query.Answer.TrySetException(new FlowException(FlowErrorCode.StoreUnavailable, $"Query '{query.Name}' was not answered before run '{_id}' moved to another silo; ask again."));
        }
    }

    private TaskView? ViewOfQuery(TaskId task) => _queries is null || !_queries.TryGetValue(task.Index, out var query)
        ? null
        : new TaskView
        {
            TaskId = task,
            Role = PlanOf(_pump!.Tentative).RoleOf(-1),
            Status = query.Worker is null ? FlowTaskStatus.Ready : FlowTaskStatus.Leased,
            Epoch = query.Epoch,
            Worker = query.Worker ?? default,
            DueUtc = query.Worker is null ? null : query.ExpiresUtc,
        };

    private bool IsCurrent(LeaseToken token, out OpenQuery query)
    {
        query = null!;
        return _queries?.TryGetValue(token.TaskId.Index, out query!) == true && query.Worker is not null && query.Epoch == token.Epoch;
    }

    private void OfferAgain(long id, OpenQuery query)
    {
        query.Worker = null;
        Owe(PlanOf(_pump!.Tentative).RoleOf(-1)).Queries.Add(id);
        Deliver();
    }

    /// <summary>A query that was not answered yet.</summary>
    private sealed class OpenQuery(string name, Payload argument)
    {
        public string Name { get; } = name;

        public Payload Argument { get; } = argument;

        public TaskCompletionSource<Payload> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WorkerId? Worker { get; set; }

        public long Epoch { get; set; }

        public DateTimeOffset ExpiresUtc { get; set; }
    }
}
