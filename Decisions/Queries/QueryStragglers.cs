namespace OrleansFlow.Decisions.Queries;

/// <summary>
/// Which tasks are so slow that a copy of them should start. Only where a copy can read all that the task reads, and can take its place without rows being
/// lost or repeated: every row that it reads is kept, and so is every row that it makes, or nobody has begun to read it.
/// </summary>
internal static class QueryStragglers
{
    /// <summary>The tasks, the slowest first.</summary>
    /// <param name="state">The query.</param>
    /// <param name="rules">What is slow.</param>
    /// <param name="attemptsMax">Attempts of a task; the last one is left for a loss.</param>
    /// <param name="nowUtc">The time.</param>
    public static IReadOnlyList<QueryTaskId> Of(QueryState state, SpeculationRules rules, int attemptsMax, DateTimeOffset nowUtc)
    {
        var found = new List<(QueryTaskId Task, TimeSpan Elapsed)>();
        for (var stage = 0; stage < state.Stages.Length; stage++)
        {
            var count = state.Stages[stage].TaskCount;
            var finished = TimesOf(state, stage);
            if (finished.Count == count || finished.Count < Math.Max(1, (int)(rules.Share * count)))
            {
                continue;
            }

            var middle = finished[(finished.Count - 1) / 2];
            var limit = middle * rules.Factor > rules.After ? middle * rules.Factor : rules.After;
            for (var number = 0; number < count; number++)
            {
                var id = new QueryTaskId(stage, number);
                if (state[id] is { Status: QueryTaskStatus.Live, CopyWorker: null } task && task.NextAttempt < attemptsMax
                    && BeganUtc(state, id) is { } beganUtc && nowUtc - beganUtc is var elapsed && elapsed >= limit
                    && ReadersOf(state, id, attemptsMax) is not null)
                {
                    found.Add((id, elapsed));
                }
            }
        }

        return [.. found.OrderByDescending(one => one.Elapsed).Select(one => one.Task)];
    }

    /// <summary>The tasks that run again when another attempt takes the place of a task; null: none can, or nobody needs it.</summary>
    public static IReadOnlyList<QueryTaskId>? ReadersOf(QueryState state, QueryTaskId id, int attemptsMax)
    {
        var live = LiveReadersOf(state, id);
        if (live.Count == 0)
        {
            return id == state.ResultTask || !state.Stages.Any(stage => stage.IsHeld && stage.Inputs.Any(input => input.Producer == id.Stage)) ? null : [];
        }

        if (state.Stages.Any(stage => !stage.IsHeld && stage.Inputs.Any(input => input.Producer == id.Stage && !input.IsMaterialized)))
        {
            return null;
        }

        var again = QueryRerun.Of(state, live);
        return again.All(reader => reader != id && state[reader].Status != QueryTaskStatus.Finished && state[reader].NextAttempt <= attemptsMax && (!state.IsDelivering || reader != state.ResultTask))
            ? again
            : null;
    }

    /// <summary>Tasks that have begun to read a task's rows and have not read all that they need; of rows that may be others the next time, also those that have.</summary>
    public static IReadOnlyList<QueryTaskId> LiveReadersOf(QueryState state, QueryTaskId id)
    {
        var isVolatile = state.Stages[id.Stage].IsVolatile;
        var readers = new List<QueryTaskId>();
        for (var stage = id.Stage + 1; stage < state.Stages.Length; stage++)
        {
            for (var number = 0; number < state.Stages[stage].TaskCount; number++)
            {
                var reader = new QueryTaskId(stage, number);
                if ((isVolatile || state[reader].Status != QueryTaskStatus.Finished) && state.Stages[stage].Inputs.Any(input => input.Producer == id.Stage && Reads(state, input, number, id.Number)))
                {
                    readers.Add(reader);
                }
            }
        }

        return readers;
    }

    private static bool Reads(QueryState state, StageLink input, int reader, int producer)
    {
        var (first, count) = input.ReadBy(reader, state.Stages[input.Producer].TaskCount);
        return producer >= first && producer < first + count;
    }

    /// <summary>How long the finished tasks of a stage took, the fastest first.</summary>
    private static List<TimeSpan> TimesOf(QueryState state, int stage)
    {
        var times = new List<TimeSpan>();
        for (var number = 0; number < state.Stages[stage].TaskCount; number++)
        {
            var id = new QueryTaskId(stage, number);
            if (state[id].Status == QueryTaskStatus.Finished)
            {
                var beganUtc = BeganUtc(state, id) ?? state[id].FinishedUtc;
                times.Add(state[id].FinishedUtc > beganUtc ? state[id].FinishedUtc - beganUtc : TimeSpan.Zero);
            }
        }

        times.Sort();
        return times;
    }

    /// <summary>Since when a task has had all that it reads; null: it has not, or what it reads cannot be read twice.</summary>
    private static DateTimeOffset? BeganUtc(QueryState state, QueryTaskId id)
    {
        var beganUtc = state[id].SinceUtc;
        foreach (var input in state.Stages[id.Stage].Inputs)
        {
            var (first, count) = input.ReadBy(id.Number, state.Stages[input.Producer].TaskCount);
            for (var number = first; number < first + count; number++)
            {
                var producer = state[new QueryTaskId(input.Producer, number)];
                if (!input.IsMaterialized || producer.Status != QueryTaskStatus.Finished)
                {
                    return null;
                }

                beganUtc = producer.FinishedUtc > beganUtc ? producer.FinishedUtc : beganUtc;
            }
        }

        return beganUtc;
    }
}
