using System.Collections.Immutable;
using OrleansFlow.Errors;

namespace OrleansFlow.Decisions.Queries;

/// <summary>
/// Decides where the tasks of a query run, which of them run again when something is lost, and when the query ends. Pure: the same state, command
/// and time always give the same decision.
/// </summary>
public static partial class QueryDecider
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
            return command is QueryCommand.Place or QueryCommand.Release or QueryCommand.BeginDelivery ? new QueryDecision(state, [], "The query has ended.") : Nothing(state);
        }

        if (!state.IsPlaced && command is not (QueryCommand.Place or QueryCommand.Abort or QueryCommand.Tick))
        {
            return new QueryDecision(state, [], "The query is not placed.");
        }

        return command switch
        {
            QueryCommand.Place place => Place(state, place, nowUtc),
            QueryCommand.Release release => Release(state, release, nowUtc),
            QueryCommand.Finish finish => Finish(state, finish, rules, nowUtc),
            QueryCommand.Fail fail => Fail(state, fail, rules, nowUtc),
            QueryCommand.LoseWorker lose => Lose(state, lose.Worker, lose.Reason, rules, nowUtc),
            QueryCommand.SeeWorkers see => Nothing(See(state, see.Workers)),
            QueryCommand.BeginDelivery begin => state.Has(state.ResultTask) && state[state.ResultTask] is { Status: QueryTaskStatus.Live or QueryTaskStatus.Finished } task && task.Attempt == begin.Attempt
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
            Tasks = [.. state.Tasks.Select(task => task.Status == QueryTaskStatus.Finished ? task : task with { Status = QueryTaskStatus.Ended, CopyWorker = null })],
        },
        []);

    private static QueryDecision Place(QueryState state, QueryCommand.Place place, DateTimeOffset nowUtc)
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

        var placed = state with
        {
            Stages = place.Stages,
            Workers = place.Workers,
            Tasks = [.. Enumerable.Repeat(QueryTask.None, place.Stages.Sum(stage => stage.TaskCount))],
            DeadlineUtc = place.DeadlineUtc,
        };
        return Begin(placed, nowUtc);
    }

    private static QueryDecision Release(QueryState state, QueryCommand.Release release, DateTimeOffset nowUtc)
    {
        var stages = state.Stages.ToBuilder();
        foreach (var one in release.Stages)
        {
            if (one.Stage < 0 || one.Stage >= stages.Count || !stages[one.Stage].IsHeld || one.Shape.IsHeld)
            {
                return new QueryDecision(state, [], $"Stage {one.Stage} is not held, or gets no tasks.");
            }

            stages[one.Stage] = one.Shape;
        }

        if (StageShape.Fault(stages.ToImmutable()) is { } fault)
        {
            return new QueryDecision(state, [], fault);
        }

        var tasks = ImmutableArray.CreateBuilder<QueryTask>();
        for (var stage = 0; stage < stages.Count; stage++)
        {
            for (var number = 0; number < stages[stage].TaskCount; number++)
            {
                tasks.Add(state.Stages[stage].IsHeld ? QueryTask.None : state[new QueryTaskId(stage, number)]);
            }
        }

        state = state with { Stages = stages.ToImmutable(), Tasks = tasks.ToImmutable() };
        return state.Workers.All(worker => worker.IsLost)
            ? End(state, new QueryEnd(FlowErrorCode.WorkerLost, "No worker is left: start one, or run the query again later."))
            : Begin(state, nowUtc);
    }

    /// <summary>Gives every task that has no attempt its first one.</summary>
    private static QueryDecision Begin(QueryState state, DateTimeOffset nowUtc)
    {
        var tasks = state.Tasks.ToBuilder();
        var placer = new QueryPlacer(state, tasks);
        var toSet = ImmutableArray.CreateBuilder<TaskPlacement>();
        foreach (var id in state.TaskIds())
        {
            if (tasks[state.IndexOf(id)].Attempt == 0)
            {
                var placed = new QueryTask(1, placer.Place(id), QueryTaskStatus.Live) { SinceUtc = nowUtc };
                tasks[state.IndexOf(id)] = placed;
                toSet.Add(new TaskPlacement(id, placed.Attempt, placed.Worker));
            }
        }

        return new QueryDecision(state with { Tasks = tasks.ToImmutable() }, toSet.ToImmutable());
    }

    private static QueryDecision Finish(QueryState state, QueryCommand.Finish finish, QueryRules rules, DateTimeOffset nowUtc)
    {
        if (IsCopy(state, finish.Task, finish.Attempt))
        {
            return FinishCopy(state, finish.Task, rules, nowUtc);
        }

        if (!Counts(state, finish.Task, finish.Attempt) || state[finish.Task].Status != QueryTaskStatus.Live)
        {
            return Nothing(state);
        }

        var finished = state[finish.Task] with { Status = QueryTaskStatus.Finished, FinishedUtc = nowUtc, CopyWorker = null };
        return Nothing(Set(state, finish.Task, finished)) with { ToStop = CopiesOf(finish.Task, state[finish.Task]) };
    }

    private static QueryDecision Fail(QueryState state, QueryCommand.Fail fail, QueryRules rules, DateTimeOffset nowUtc)
    {
        if (IsCopy(state, fail.Task, fail.Attempt))
        {
            // The attempt that counts goes on as if there had been none.
            return Nothing(Set(state, fail.Task, state[fail.Task] with { CopyWorker = null }));
        }

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
                    Tasks = Set(state, fail.Task, state[fail.Task] with { Status = QueryTaskStatus.Broken }).Tasks,
                    Doubts = state.Doubts.Add(new QueryDoubt(fail.Task, lost.Task, lost.Attempt, nowUtc + rules.LossGrace, fail.Message)),
                });
        }

        var why = new QueryEnd(fail.Code, fail.Message);
        return !CanBeRunAgain(fail.Code) ? End(state, why)
            : state[fail.Task].CopyWorker is null ? RunAgain(state, [fail.Task], [], why, rules, nowUtc)
            : TakeOver(state, [fail.Task], why, rules, nowUtc);
    }

    private static QueryDecision Lose(QueryState state, string worker, string reason, QueryRules rules, DateTimeOffset nowUtc)
    {
        var index = state.Workers.IndexOf(state.Workers.FirstOrDefault(known => known.Id == worker && !known.IsLost));
        if (index < 0)
        {
            return Nothing(state);
        }

        state = state with { Workers = state.Workers.SetItem(index, state.Workers[index] with { IsLost = true }) };
        foreach (var id in state.TaskIds().Where(id => state[id].CopyWorker == worker).ToList())
        {
            state = Set(state, id, state[id] with { CopyWorker = null });
        }

        var copied = state.TaskIds().Where(id => state[id].CopyWorker is not null && state[id].Worker == worker).ToList();
        return TakeOver(state, copied, new QueryEnd(FlowErrorCode.WorkerLost, $"Worker '{worker}' was lost: {reason}"), rules, nowUtc);
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
                return Lose(state, producer.Worker, $"its rows could not be read: {doubt.Message}", rules, nowUtc);
            }
        }

        return Copy(state, rules, nowUtc);
    }

    private static bool Counts(QueryState state, QueryTaskId task, int attempt) => state.Has(task) && state[task].Attempt == attempt && state[task].Status != QueryTaskStatus.Ended;
}
