using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <content>Speculative copies of slow tasks: when they start, and which of the two attempts counts in the end.</content>
public static partial class QueryDecider
{
    private static bool IsCopy(QueryState state, QueryTaskId task, int attempt) =>
        state.Has(task) && state[task] is { CopyWorker: not null, IsLive: true } known && known.CopyAttempt == attempt;

    private static ImmutableArray<TaskPlacement> CopiesOf(QueryTaskId id, QueryTask task) =>
        task.CopyWorker is { } worker ? [new TaskPlacement(id, task.CopyAttempt, worker) { IsCopy = true }] : [];

    /// <summary>Starts copies of tasks that take far longer than others of their stage.</summary>
    private static QueryDecision Copy(QueryState state, QueryRules rules, DateTimeOffset nowUtc)
    {
        if (rules.Speculation is not { } speculation)
        {
            return Nothing(state);
        }

        var room = speculation.CopiesMax - state.Tasks.Count(task => task.CopyWorker is not null);
        var toSet = ImmutableArray.CreateBuilder<TaskPlacement>();
        foreach (var id in room > 0 ? QueryStragglers.Of(state, speculation, rules.AttemptsMax, nowUtc) : [])
        {
            var task = state[id];
            var worker = new QueryPlacer(state, state.Tasks.ToBuilder()).Place(id, not: task.Worker);
            if (worker == task.Worker)
            {
                // There is no other one, and beside itself it would be no faster.
                break;
            }

            var copied = task with { CopyAttempt = task.NextAttempt, CopyWorker = worker };
            state = Set(state, id, copied) with { RetryCount = state.RetryCount + 1 };
            toSet.AddRange(CopiesOf(id, copied));
            if (toSet.Count == room)
            {
                break;
            }
        }

        return new QueryDecision(state, toSet.ToImmutable());
    }

    /// <summary>A copy has made all its rows first. Whoever began to read the other attempt begins anew; where nobody may, the other one stays.</summary>
    private static QueryDecision FinishCopy(QueryState state, QueryTaskId id, QueryRules rules, DateTimeOffset nowUtc)
    {
        var (task, copies) = (state[id], CopiesOf(id, state[id]));
        if (QueryStragglers.ReadersOf(state, id, rules.AttemptsMax) is not { } readers)
        {
            return Nothing(Set(state, id, task with { CopyWorker = null })) with { ToStop = copies };
        }

        var winner = new QueryTask(task.CopyAttempt, task.CopyWorker!, QueryTaskStatus.Finished) { SinceUtc = task.SinceUtc, FinishedUtc = nowUtc };
        var decision = Replace(WithoutOldDoubts(Set(state, id, winner)), readers, [], QueryEnd.Complete, nowUtc);
        return decision with { Moved = copies, ToStop = decision.ToStop.Add(new TaskPlacement(id, task.Attempt, task.Worker)) };
    }

    /// <summary>Copies become the attempts that count, because the others are gone; what else is lost runs again.</summary>
    private static QueryDecision TakeOver(QueryState state, IReadOnlyList<QueryTaskId> copied, QueryEnd why, QueryRules rules, DateTimeOffset nowUtc)
    {
        var moved = copied.SelectMany(id => CopiesOf(id, state[id])).ToImmutableArray();
        foreach (var copy in moved)
        {
            state = Set(state, copy.Task, new QueryTask(copy.Attempt, copy.Worker, QueryTaskStatus.Live) { SinceUtc = nowUtc });
        }

        return RunAgain(WithoutOldDoubts(state), [], [.. copied.SelectMany(id => QueryStragglers.LiveReadersOf(state, id)).Distinct()], why, rules, nowUtc) is var decision && decision.State.End is null
            ? decision with { Moved = moved }
            : decision;
    }
}
