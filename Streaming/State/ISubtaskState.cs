using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State;

/// <summary>The state of one subtask of one operator, by named tables. One caller at a time, except for snapshots.</summary>
public interface ISubtaskState : IAsyncDisposable
{
    /// <summary>Whose state it is.</summary>
    SubtaskPlace Place { get; }

    /// <summary>The hashes of keys whose rows come back on restore.</summary>
    KeyRange Keys { get; }

    /// <summary>The smallest watermark of the operator's subtasks in the checkpoint that is restored, in microseconds.</summary>
    /// <value>Null when nothing is restored, or a subtask had no watermark.</value>
    long? RestoredWatermarkMicros { get; }

    /// <summary>
    /// Opens a map that is held in memory and rewritten with each checkpoint if it changed. On restore every subtask gets the entries of all
    /// subtasks of the operator; where several put the same key, the latest one counts.
    /// </summary>
    /// <param name="name">Name of the table in the operator; opened once.</param>
    /// <param name="options">Version of its values, and how to read the one before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">A stored version cannot be read (<see cref="FlowErrorCode.Unsupported"/>), or a file is lost or damaged.</exception>
    ValueTask<IGlobalTable> OpenGlobalAsync(string name, GlobalTableOptions options, CancellationToken cancellationToken);

    /// <summary>Opens a log of rows, whose restored rows <see cref="IRowTable.RestoreAsync"/> hands out.</summary>
    /// <param name="name">Name of the table in the operator; opened once.</param>
    /// <param name="options">What the rows are and how long they count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">A stored version cannot be read (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    ValueTask<IRowTable> OpenRowsAsync(string name, RowTableOptions options, CancellationToken cancellationToken);

    /// <summary>
    /// What the tables hold now becomes a snapshot. Nothing is written here, so that the operator goes on at once. What an earlier
    /// snapshot that is not written yet holds becomes part of this one too: either may fail without a loss.
    /// </summary>
    /// <param name="epoch">Number of the checkpoint; above that of every earlier one.</param>
    /// <param name="watermarkMicros">The subtask's watermark in microseconds; null when it has none.</param>
    /// <param name="commitData">What a sink wants back with the commit; empty for others.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is not above the last one.</exception>
    IStateSnapshot Freeze(long epoch, long? watermarkMicros, ReadOnlyMemory<byte> commitData);

    /// <summary>Compacted files take the place of those that they were made from, from the next checkpoint on. Repeating it is safe.</summary>
    /// <param name="compacted">Tables with their new files; those of other subtasks' keys are left out by themselves.</param>
    void Replace(IReadOnlyList<TableState> compacted);
}

/// <summary>Shorter calls of <see cref="ISubtaskState"/>.</summary>
public static class SubtaskStateExtensions
{
    /// <summary>As <see cref="ISubtaskState.OpenGlobalAsync"/>, for a table that reads no version but its own.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">Name of the table in the operator.</param>
    /// <param name="version">Version of its values. At least 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static ValueTask<IGlobalTable> OpenGlobalAsync(this ISubtaskState state, string name, int version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.OpenGlobalAsync(name, new GlobalTableOptions { Version = version }, cancellationToken);
    }
}
