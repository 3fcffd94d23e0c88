using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State;

/// <summary>Where the state of a job's subtasks is kept. Thread-safe; the states that it opens are not.</summary>
public interface IStateBackend
{
    /// <summary>Opens the state of a subtask. Nothing is read before a table is opened.</summary>
    /// <param name="place">Whose state.</param>
    /// <param name="restored">The operator in the checkpoint to begin from, of any parallelism; null to begin from nothing.</param>
    ISubtaskState Open(SubtaskPlace place, OperatorState? restored);
}
