using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.State;

/// <summary>Puts what the subtasks of an operator wrote together.</summary>
public static class OperatorStates
{
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
