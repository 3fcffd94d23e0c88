using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.State;

/// <summary>Puts what the subtasks of an operator wrote together.</summary>
public static class OperatorStates
{
    /// <summary>The event time that a subtask had reached; of another parallelism than it was, the least of all of them.</summary>
    /// <param name="restored">What it begins from; null for nothing.</param>
    /// <param name="place">The subtask.</param>
    /// <returns>Null for none.</returns>
    public static long? WatermarkOf(OperatorState? restored, SubtaskPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        if (restored is not { HasMinWatermarkMicros: true })
        {
            return null;
        }

        // What was given out at a later event time would be given out again by a subtask that begins at an earlier one.
        return restored.WatermarksMicros.Count == place.Parallelism ? restored.WatermarksMicros[place.Index] : restored.MinWatermarkMicros;
    }

    /// <summary>The operator in a checkpoint.</summary>
    /// <param name="operatorId">Name of the operator.</param>
    /// <param name="subtasks">What each subtask wrote, in the order of their index; all of them.</param>
    /// <returns>Its tables with each file once, its watermarks (none when a subtask has none), and what sinks wait to commit.</returns>
    public static OperatorState Merge(string operatorId, IReadOnlyList<SubtaskState> subtasks)
    {
        ArgumentException.ThrowIfNullOrEmpty(operatorId);
        ArgumentNullException.ThrowIfNull(subtasks);
        var merged = new OperatorState { OperatorId = operatorId, Parallelism = (uint)subtasks.Count };
        foreach (var table in subtasks.SelectMany(subtask => subtask.Tables).GroupBy(table => (table.Name, table.Kind, table.Version)).OrderBy(group => group.Key.Name, StringComparer.Ordinal))
        {
            merged.Tables.Add(new TableState
            {
                Name = table.Key.Name,
                Kind = table.Key.Kind,
                Version = table.Key.Version,
                Files = { FileLists.InOrder(table.SelectMany(one => one.Files)) },
            });
        }

        if (subtasks.Count > 0 && subtasks.All(subtask => subtask.HasWatermarkMicros))
        {
            merged.MinWatermarkMicros = subtasks.Min(subtask => subtask.WatermarkMicros);
            merged.MaxWatermarkMicros = subtasks.Max(subtask => subtask.WatermarkMicros);
            if (merged.MinWatermarkMicros != merged.MaxWatermarkMicros)
            {
                merged.WatermarksMicros.Add(subtasks.Select(subtask => subtask.WatermarkMicros));
            }
        }

        for (var i = 0; i < subtasks.Count; i++)
        {
            if (!subtasks[i].CommitData.IsEmpty)
            {
                merged.Commits.Add(new SubtaskCommit { OperatorId = operatorId, SubtaskIndex = (uint)i, Data = subtasks[i].CommitData });
            }
        }

        return merged;
    }
}
