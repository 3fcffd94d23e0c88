namespace OrleansFlow.Storage;

/// <summary>
/// Writes several states of one grain in one transaction. A storage of the project offers it beside Orleans' <c>IGrainStorage</c>; where it is
/// missing, a grain with several rows writes them under new names first and the row that refers to them last.
/// </summary>
public interface IGrainStorageBatch
{
    /// <summary>Applies every change or none; durable when it returns.</summary>
    /// <param name="grain">Text of the grain's id.</param>
    /// <param name="changes">At most one for each state name. Each gets its <see cref="GrainStateChange.NextETag"/>.</param>
    /// <param name="cancellationToken">Ends the wait. Whether the changes took effect is then not known.</param>
    /// <exception cref="Exception">
    /// Orleans' <c>InconsistentStateException</c>: an etag is not the stored one, and nothing was changed.
    /// <see cref="Errors.FlowException"/> with <c>store_full</c>: nothing was changed; <c>store_unavailable</c>: it is not known.
    /// </exception>
    Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken);
}
