using System.Collections.Immutable;
using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Queries;

/// <summary>
/// Decides where the tasks of a query run, which of them run again when something is lost, and when the query ends. Pure: the same state, command
/// and time always give the same decision.
/// </summary>
public static class QueryDecider
{
    /// <summary>Decides.</summary>
    /// <param name="state">The query as it is.</param>
    /// <param name="command">What has happened, or is wanted.</param>
    /// <param name="rules">Bounds.</param>
    /// <param name="nowUtc">The time.</param>
    public static QueryDecision Decide(QueryState state, QueryCommand command, QueryRules rules, DateTimeOffset nowUtc)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(command);
        if (state.End is not null)
        {
            return command is QueryCommand.Place or QueryCommand.BeginDelivery ? new QueryDecision(state, [], "The query has ended.") : Nothing(state);
        }

        if (!state.IsPlaced && command is not (QueryCommand.Place or QueryCommand.Abort or QueryCommand.Tick))
        {
            return new QueryDecision(state, [], "The query is not placed.");
        }

        return command switch
        {
            QueryCommand.Place place => Place(state, place),
            QueryCommand.Finish finish => Finish(state, finish),
            QueryCommand.Fail fail => Fail(state, fail, rules, nowUtc),
            QueryCommand.LoseWorker lose => Lose(state, lose.Worker, lose.Reason, rules),
            QueryCommand.SeeWorkers see => Nothing(See(state, see.Workers)),
            QueryCommand.BeginDelivery begin => state[state.ResultTask] is { Status: QueryTaskStatus.Live or QueryTaskStatus.Finished } task && task.Attempt == begin.Attempt
                ? Nothing(state with { IsDelivering = true })
                : new QueryDecision(state, [], $"Attempt {begin.Attempt} of the last stage is not the one that counts."),
            QueryCommand.Complete => End(state, QueryEnd.Complete),
            QueryCommand.Abort abort => End(state, new QueryEnd(abort.Code, abort.Reason)),
            QueryCommand.Tick => Tick(state, rules, nowUtc),
            _ => throw new ArgumentException($"Unknown command {command.GetType().Name}.", nameof(command)),
        };
    }

    /// <summary>Whether a task that failed so may succeed at another worker.</summary>
    public static bool CanBeRunAgain(FlowErrorCode code) =>
        FlowErrorKind.Of(code) is { Origin: FaultOrigin.External, Retry: RetryAdvice.Later }
        && code is not (FlowErrorCode.DeadlineExceeded or FlowErrorCode.BatchDeadlineExceeded or FlowErrorCode.StoreFull);

    private static QueryDecision Nothing(QueryState state) => new(state, []);

    private static QueryDecision End(QueryState state, QueryEnd end) => new(
        state with
        {
            End = end,
            Doubts = [],
            Tasks = [.. state.Tasks.Select(task => task.Status == QueryTaskStatus.Finished ? task : task with { Status = QueryTaskStatus.Ended })],
        },
        []);

    private static QueryDecision Place(QueryState state, QueryCommand.Place place)
    {
        if (state.IsPlaced)
        {
            return new QueryDecision(state, [], "The query is placed already.");
        }

        if (StageShape.Fault(place.Stages) is { } fault)
        {
            return new QueryDecision(state, [], fault);
        }

        if (place.Workers.IsDefaultOrEmpty)
        {
            return new QueryDecision(state, [], "There is no worker to place tasks at.");
        }

        var tasks = ImmutableArray.CreateBuilder<QueryTask>();
        tasks.AddRange(Enumerable.Repeat(QueryTask.None, place.Stages.Sum(stage => stage.TaskCount)));
        state = state with { Stages = place.Stages, Workers = place.Workers, Tasks = [.. tasks], DeadlineUtc = place.DeadlineUtc };
        var placer = new QueryPlacer(state, tasks);
        var toSet = ImmutableArray.CreateBuilder<TaskPlacement>(tasks.Count);
        foreach (var id in state.TaskIds())
        {
            var placed = new QueryTask(1, placer.Place(id), QueryTaskStatus.Live);
            tasks[state.IndexOf(id)] = placed;
            toSet.Add(new TaskPlacement(id, placed.Attempt, placed.Worker));
        }

        return new QueryDecision(state with { Tasks = tasks.ToImmutable() }, toSet.MoveToImmutable());
    }

    private static QueryDecision Finish(QueryState state, QueryCommand.Finish finish) => Counts(state, finish.Task, finish.Attempt) && state[finish.Task].Status == QueryTaskStatus.Live
        ? Nothing(state with { Tasks = state.Tasks.SetItem(state.IndexOf(finish.Task), state[finish.Task] with { Status = QueryTaskStatus.Finished }) })
        : Nothing(state);

    private static QueryDecision Fail(QueryState state, QueryCommand.Fail fail, QueryRules rules, DateTimeOffset nowUtc)
    {
        if (!Counts(state, fail.Task, fail.Attempt))
        {
            return Nothing(state);
        }

        if (fail.Lost is { } lost && state.Has(lost.Task))
        {
            // Whoever reads an older attempt than the newest is about to be replaced itself.
            return state[lost.Task].Attempt != lost.Attempt || state[fail.Task].Status != QueryTaskStatus.Live
                ? Nothing(state)
                : Nothing(state with
                {
                    Tasks = state.Tasks.SetItem(state.IndexOf(fail.Task), state[fail.Task] with { Status = QueryTaskStatus.Broken }),
                    Doubts = state.Doubts.Add(new QueryDoubt(fail.Task, lost.Task, lost.Attempt, nowUtc + rules.LossGrace, fail.Message)),
                });
        }

        return CanBeRunAgain(fail.Code)
            ? RunAgain(state, [fail.Task], fail.Code, fail.Message, rules)
            : End(state, new QueryEnd(fail.Code, fail.Message));
    }

    private static QueryDecision Lose(QueryState state, string worker, string reason, QueryRules rules)
    {
        var index = state.Workers.IndexOf(state.Workers.FirstOrDefault(known => known.Id == worker && !known.IsLost));
        if (index < 0)
        {
            return Nothing(state);
        }

        state = state with { Workers = state.Workers.SetItem(index, state.Workers[index] with { IsLost = true }) };
        return RunAgain(state, [], FlowErrorCode.WorkerLost, $"Worker '{worker}' was lost: {reason}", rules);
    }

    private static QueryState See(QueryState state, ImmutableArray<QueryWorker> workers)
    {
        var known = state.Workers.ToBuilder();
        foreach (var worker in workers)
        {
            var index = state.Workers.IndexOf(state.Workers.FirstOrDefault(one => one.Id == worker.Id));
            if (index < 0)
            {
                known.Add(worker);
            }
            else
            {
                known[index] = worker with { IsLost = known[index].IsLost };
            }
        }

        return state with { Workers = known.ToImmutable() };
    }

    private static QueryDecision Tick(QueryState state, QueryRules rules, DateTimeOffset nowUtc)
    {
        if (state.DeadlineUtc <= nowUtc)
        {
            return End(state, new QueryEnd(FlowErrorCode.DeadlineExceeded, "The query did not end in its time. Ask for less, or give it more time."));
        }

        foreach (var doubt in state.Doubts)
        {
            if (doubt.UntilUtc <= nowUtc && state[doubt.Producer] is var producer && producer.Attempt == doubt.Attempt)
            {
                return Lose(state, producer.Worker, $"its rows could not be read: {doubt.Message}", rules);
            }
        }

        return Nothing(state);
    }

    private static QueryDecision RunAgain(QueryState state, IReadOnlyList<QueryTaskId> failed, FlowErrorCode code, string message, QueryRules rules)
    {
        // Tasks that wait for a word about a loss run again together with what is lost, so they ask for nothing of their own here.
        var again = QueryRerun.Of(state, failed);
        if (again.Count == 0)
        {
            return Nothing(state);
        }

        if (state.IsDelivering && again.Contains(state.ResultTask))
        {
            return End(state, new QueryEnd(code, $"{message} Rows were handed out already, so the query cannot go on: run it again."));
        }

        foreach (var id in again)
        {
            if (state[id].Attempt >= rules.AttemptsMax)
            {
                return End(state, new QueryEnd(code, $"{message} Task {id.Number} of stage {id.Stage} had {state[id].Attempt} attempts, the most there are: run the query again."));
            }
        }

        return Replace(state, again, failed, code, message);
    }

    private static QueryDecision Replace(QueryState state, IReadOnlyList<QueryTaskId> again, IReadOnlyList<QueryTaskId> failed, FlowErrorCode code, string message)
    {
        var tasks = state.Tasks.ToBuilder();
        foreach (var id in again)
        {
            // Where it was stays known until it has a place; only what has one counts as work.
            tasks[state.IndexOf(id)] = state[id] with { Status = QueryTaskStatus.Pending };
        }

        var placer = new QueryPlacer(state, tasks);
        if (!placer.HasWorkers)
        {
            return End(state, new QueryEnd(code, $"{message} No other worker is left: start one, or run the query again later."));
        }

        var toSet = ImmutableArray.CreateBuilder<TaskPlacement>(again.Count);
        foreach (var id in again)
        {
            // A worker that is there replaces the older attempt by itself, so what need not move stays.
            var before = state[id];
            var hasFailed = failed.Contains(id);
            var worker = !hasFailed && placer.Has(before.Worker) ? before.Worker : placer.Place(id, hasFailed ? before.Worker : null);
            tasks[state.IndexOf(id)] = new QueryTask(before.Attempt + 1, worker, QueryTaskStatus.Live);
            toSet.Add(new TaskPlacement(id, before.Attempt + 1, worker));
        }

        state = state with { Tasks = tasks.ToImmutable(), RetryCount = state.RetryCount + again.Count };
        return new QueryDecision(state with { Doubts = [.. state.Doubts.Where(doubt => state[doubt.Reader].Status == QueryTaskStatus.Broken)] }, toSet.MoveToImmutable());
    }

    private static bool Counts(QueryState state, QueryTaskId task, int attempt) => state.Has(task) && state[task].Attempt == attempt && state[task].Status != QueryTaskStatus.Ended;
}
