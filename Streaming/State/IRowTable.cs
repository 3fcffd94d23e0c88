using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State;

/// <summary>A log of rows that is part of the checkpoints. One caller at a time.</summary>
public interface IRowTable
{
    /// <summary>
    /// The rows of the checkpoint whose key belongs to this subtask, in the order of their epochs; of a timed table only those that are not
    /// older than the operator's smallest watermark less the retention. A keyed table hands out its log: of several rows of one key the last one counts.
    /// </summary>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>Batches of the table's schema, which the caller disposes. Once only, before the first freeze.</returns>
    /// <exception cref="FlowException">A file is lost (<see cref="FlowErrorCode.DataFileMissing"/>) or damaged (<see cref="FlowErrorCode.StateCorrupt"/>).</exception>
    IAsyncEnumerable<RecordBatch> RestoreAsync(CancellationToken cancellationToken);

    /// <summary>Adds rows, which the next snapshot writes.</summary>
    /// <param name="rows">Rows of the table's schema. The table takes the batch over, whatever comes of the call.</param>
    /// <exception cref="ArgumentException">The columns are not those of the table, or a time or hash is null.</exception>
    void Append(RecordBatch rows);
}
