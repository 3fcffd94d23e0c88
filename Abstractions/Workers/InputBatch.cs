using OrleansFlow.Arrow;

namespace OrleansFlow.Workers;

/// <summary>One batch of a task's input. The worker disposes <see cref="Batch"/> after <see cref="RoleHandler.ProcessBatchAsync"/> returned.</summary>
/// <param name="Uid">Names the batch for logs and metrics; the same input gives the same uid in every attempt.</param>
/// <param name="Batch">Rows, where the input is Arrow; null where the handler needs only <paramref name="Payload"/>.</param>
/// <param name="Payload">Anything else the handler's own reader wants to hand on.</param>
public sealed record InputBatch(string Uid, RecordBatch? Batch = null, object? Payload = null)
{
    /// <summary>
    /// Where a later attempt begins once everything up to this batch is done: a text of the reader's own, at most 2 048 characters. It is kept with
    /// the next accepted output. Null: the reader cannot begin in the middle.
    /// </summary>
    public string? Position { get; init; }
}
