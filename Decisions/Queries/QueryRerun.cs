namespace OrleansFlow.Decisions.Queries;

/// <summary>
/// Which tasks run again when some are lost. Rows that are not kept are gone when they are read, so tasks that hand rows to each other without
/// keeping them run again together; rows that are kept are a border that only their own loss crosses upwards, and only readers that
/// have not finished downwards. Where other rows may come of it than before, all readers run again: else some would have read the older rows
/// and some the newer ones, and a row would count twice or not at all.
/// </summary>
internal static class QueryRerun
{
    /// <summary>The tasks, in the order of the state; empty when nothing that is lost is needed any more.</summary>
    /// <param name="state">The query.</param>
    /// <param name="failed">Tasks that must run again in any case.</param>
    public static IReadOnlyList<QueryTaskId> Of(QueryState state, IEnumerable<QueryTaskId> failed)
    {
        var readers = Readers(state);
        var again = new bool[state.Tasks.Length];
        var isOther = new bool[state.Tasks.Length];
        var open = new Queue<QueryTaskId>();
        foreach (var id in failed)
        {
            Add(id);
        }

        // Producers last: whether their rows are needed depends on who runs again.
        foreach (var id in state.TaskIds().Reverse())
        {
            if (IsLost(state, state[id].Worker) && (state[id].IsLive || IsNeeded(id)))
            {
                Add(id);
            }
        }

        while (open.TryDequeue(out var id))
        {
            foreach (var (reader, isKept) in readers[state.IndexOf(id)])
            {
                if (!isKept || state[reader].Status != QueryTaskStatus.Finished || isOther[state.IndexOf(id)])
                {
                    Add(reader, isOther[state.IndexOf(id)]);
                }
            }

            foreach (var input in state.Stages[id.Stage].Inputs)
            {
                var (first, count) = input.ReadBy(id.Number, state.Stages[input.Producer].TaskCount);
                for (var number = first; number < first + count; number++)
                {
                    var producer = new QueryTaskId(input.Producer, number);
                    if (!input.IsMaterialized || IsLost(state, state[producer].Worker))
                    {
                        Add(producer);
                    }
                }
            }
        }

        return [.. state.TaskIds().Where(id => again[state.IndexOf(id)])];

        // What reads other rows makes other rows.
        void Add(QueryTaskId id, bool readsOther = false)
        {
            var index = state.IndexOf(id);
            var makesOther = readsOther || state.Stages[id.Stage].IsVolatile;
            if (!again[index] || (makesOther && !isOther[index]))
            {
                (again[index], isOther[index]) = (true, makesOther);
                open.Enqueue(id);
            }
        }

        // Of a stage that is held nobody knows yet which rows it will read.
        bool IsNeeded(QueryTaskId id) => id == state.ResultTask
            || state.Stages.Any(stage => stage.IsHeld && stage.Inputs.Any(input => input.Producer == id.Stage))
            || readers[state.IndexOf(id)].Exists(read => state[read.Reader].Status != QueryTaskStatus.Finished || again[state.IndexOf(read.Reader)]);
    }

    /// <summary>Whether a worker is lost.</summary>
    public static bool IsLost(QueryState state, string worker) => state.Workers.Any(known => known.IsLost && known.Id == worker);

    private static List<(QueryTaskId Reader, bool IsKept)>[] Readers(QueryState state)
    {
        var readers = new List<(QueryTaskId, bool)>[state.Tasks.Length];
        for (var index = 0; index < readers.Length; index++)
        {
            readers[index] = [];
        }

        foreach (var id in state.TaskIds())
        {
            foreach (var input in state.Stages[id.Stage].Inputs)
            {
                var (first, count) = input.ReadBy(id.Number, state.Stages[input.Producer].TaskCount);
                var from = state.IndexOf(new QueryTaskId(input.Producer, first));
                for (var number = 0; number < count; number++)
                {
                    readers[from + number].Add((id, input.IsMaterialized));
                }
            }
        }

        return readers;
    }
}
