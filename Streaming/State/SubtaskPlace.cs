namespace OrleansFlow.Streaming.State;

/// <summary>Whose state is meant: one subtask of one operator.</summary>
/// <param name="OperatorId">Name of the operator in the program; the same in every version of it.</param>
/// <param name="Index">Which subtask. 0 to <paramref name="Parallelism"/> - 1.</param>
/// <param name="Parallelism">Subtasks of the operator. At least 1.</param>
public sealed record SubtaskPlace(string OperatorId, int Index, int Parallelism)
{
    /// <summary>The hashes of keys that the subtask owns.</summary>
    public KeyRange Keys => KeyRange.Of(Index, Parallelism);
}
