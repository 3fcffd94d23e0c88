using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <content>Tasks that run again.</content>
public static partial class QueryDecider
{
    /// <param name="state">The query.</param>
    /// <param name="failed">Tasks that failed themselves: they run elsewhere, where that is possible.</param>
    /// <param name="stale">Tasks that read what does not count any more.</param>
    /// <param name="why">How the query ends where that cannot be.</param>
    /// <param name="rules">Bounds.</param>
    /// <param name="nowUtc">The time.</param>
    private static QueryDecision RunAgain(
        QueryState state, IReadOnlyList<QueryTaskId> failed, IReadOnlyList<QueryTaskId> stale, QueryEnd why, QueryRules rules, DateTimeOffset nowUtc)
    {
        // Tasks that wait for a word about a loss run again together with what is lost, so they ask for nothing of their own here.
        var again = QueryRerun.Of(state, [.. failed, .. stale]);
        if (again.Count == 0)
        {
            return Nothing(state);
        }

        if (state.IsDelivering && again.Contains(state.ResultTask))
        {
            return End(state, why with { Message = $"{why.Message} Rows were handed out already, so the query cannot go on: run it again." });
        }

        foreach (var id in again)
        {
            if (state[id].NextAttempt > rules.AttemptsMax)
            {
                return End(state, why with { Message = $"{why.Message} Task {id.Number} of stage {id.Stage} had {state[id].NextAttempt - 1} attempts, the most there are: run the query again." });
            }
        }

        return Replace(state, again, failed, why, nowUtc);
    }

    private static QueryDecision Replace(QueryState state, IReadOnlyList<QueryTaskId> again, IReadOnlyList<QueryTaskId> failed, QueryEnd why, DateTimeOffset nowUtc)
    {
        var tasks = state.Tasks.ToBuilder();
        foreach (var id in again)
        {
            // Where it was stays known until it has a place; only what has one counts as work.
            tasks[state.IndexOf(id)] = state[id] with { Status = QueryTaskStatus.Pending, CopyWorker = null };
        }

        var placer = new QueryPlacer(state, tasks);
        if (!placer.HasWorkers)
        {
            return End(state, why with { Message = $"{why.Message} No other worker is left: start one, or run the query again later." });
        }

        var toSet = ImmutableArray.CreateBuilder<TaskPlacement>(again.Count);
        var toStop = ImmutableArray.CreateBuilder<TaskPlacement>();
        foreach (var id in again)
        {
            // A worker that is there replaces the older attempt by itself, so what need not move stays.
            var before = state[id];
            var hasFailed = failed.Contains(id);
            var stays = !hasFailed && placer.Has(before.Worker);
            var worker = stays ? placer.Keep(id, before.Worker) : placer.Place(id, hasFailed ? before.Worker : null);
            tasks[state.IndexOf(id)] = new QueryTask(before.NextAttempt, worker, QueryTaskStatus.Live) { SinceUtc = nowUtc };
            toSet.Add(new TaskPlacement(id, before.NextAttempt, worker));
            toStop.AddRange(CopiesOf(id, before).Where(copy => copy.Worker != worker));
        }

        state = state with { Tasks = tasks.ToImmutable(), RetryCount = state.RetryCount + again.Count };
        return new QueryDecision(WithoutOldDoubts(state), toSet.MoveToImmutable()) { ToStop = toStop.ToImmutable() };
    }

    private static QueryState WithoutOldDoubts(QueryState state) => state with { Doubts = [.. state.Doubts.Where(doubt => state[doubt.Reader].Status == QueryTaskStatus.Broken)] };

    private static QueryState Set(QueryState state, QueryTaskId id, QueryTask task) => state with { Tasks = state.Tasks.SetItem(state.IndexOf(id), task) };
}
